"""`ade-monitor cases`: a list, a case with its posts, and changes that the history keeps."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from monitor.findings import DrugLink, DrugMention, DrugNaming, Fact, FactKind, Findings
from monitor.records import ScoredPost
from monitor.settings import EnrichSettings, PrivacySettings, Settings
from monitor.store import Store
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.store.batches import mention_of, scored, write
from tests.monitor.store.events import apply, post_event

TEXT = "zoloft made me shaky, i ended up in the hospital [red]really[/]"


def post(
    tweet_id: str, *, serious: bool = False, drug: str | None = "sertraline", **fields: Any
) -> ScoredPost:
    mention = mention_of(TEXT, "shaky", pt=("10044565", "Tremor"))
    links = {}
    if drug is not None:
        named = DrugMention(0, 6, "zoloft", drug, DrugNaming.BRAND)
        links = {(mention.start, mention.end): DrugLink(named, 0.9)}
    start = TEXT.index("hospital")
    facts = (Fact(FactKind.HOSPITAL, start, start + 8, "hospital"),) if serious else ()
    missing = ("patient",) if drug else ("patient", "product")
    return replace(
        scored(tweet_id, TEXT, mention, **fields),
        findings=Findings(links=links, facts=facts, missing=missing),
    )


@pytest.fixture
async def filled(migrated: Settings) -> Settings:
    """Settings of a database with three cases: a serious one with two posts, one without a drug, another."""
    privacy = PrivacySettings(author_key=SecretStr("k" * 32))
    settings = migrated.model_copy(update={"privacy": privacy, "enrich": EnrichSettings()})
    store = Store(settings)
    rows = [
        post("1", author="ann", serious=True),
        post("2", author="ann"),
        post("3", author="bob", drug=None),
        post("4", author="cem", drug="acetaminophen + oxycodone"),
    ]
    await write(store, rows)
    await store.close()
    return settings


def cases(run: RunCommand, settings: Settings, *options: str) -> list[dict[str, Any]]:
    ended = run(settings, "cases", "list", "--json", *options)
    assert ended.status == 0, ended.err
    return [json.loads(line) for line in ended.out.splitlines()]


def test_cases_have_their_posts_facts_and_what_is_missing(run: RunCommand, filled: Settings) -> None:
    [serious] = cases(run, filled, "--serious")
    assert (serious["drug"], serious["posts"], serious["facts"]) == ("sertraline", 2, ["hospital"])
    assert serious["missing"] == ["patient"]
    [without] = [case for case in cases(run, filled) if case["drug"] is None]
    assert without["missing"] == ["patient", "product"]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--drug", "Zoloft"], 1),
        (["--drug", "oxycodone"], 1),
        (["--drug", "percocet"], 1),
        (["--drug", "warfarin"], 0),
        (["--pt", "tremor"], 3),
        (["--pt", "10044565", "--not-serious"], 2),
        (["--status", "closed"], 0),
        (["--status", "closed", "--status", "new"], 3),
        (["--since", "2026-07-01"], 3),
        (["--since", "2026-07-02"], 0),
        (["--limit", "2"], 2),
        (["--owner", "ann"], 0),
        (["--due-before", "2030-01-01"], 0),
    ],
)
def test_filters_find_the_cases_that_match(
    run: RunCommand, filled: Settings, options: list[str], count: int
) -> None:
    assert len(cases(run, filled, *options)) == count


def test_changes_are_shown_in_the_history_and_the_same_again_changes_nothing(
    run: RunCommand, filled: Settings
) -> None:
    [case] = cases(run, filled, "--serious")
    change = ["--status", "open", "--owner", "dee", "--due", "2026-12-01", "--note", "wrote to the author"]
    for _ in range(2):
        ended = run(filled, "cases", "set", case["case_id"][:8], *change[:-2], "--by", "eve")
        assert ended.status == 0, ended.err
    assert run(filled, "cases", "set", case["case_id"], *change[-2:], "--by", "eve").status == 0
    details = json.loads(run(filled, "cases", "show", case["case_id"], "--json").out)
    assert (details["summary"]["status"], details["summary"]["owner"]) == ("open", "dee")
    assert details["summary"]["due_at"].startswith("2026-12-01T00:00:00")
    assert [(event["actor"], sorted(event["change"]), event["note"]) for event in details["events"]] == [
        ("eve", ["due_at", "owner", "status"], None),
        ("eve", [], "wrote to the author"),
    ]
    assert run(filled, "cases", "set", case["case_id"], "--owner", "", "--due", "").status == 0
    [after] = cases(run, filled, "--serious")
    assert (after["owner"], after["due_at"]) == (None, None)


def test_a_case_is_shown_with_its_posts_as_they_were_written(run: RunCommand, filled: Settings) -> None:
    [case] = cases(run, filled, "--serious")
    shown = run(filled, "cases", "show", case["case_id"])
    assert shown.status == 0
    assert TEXT in shown.out.replace("\n", " ")
    assert "hospital" in shown.out
    assert "\x1b" not in shown.out


async def test_a_case_whose_posts_were_erased_has_no_text_and_no_reporter(
    run: RunCommand, filled: Settings
) -> None:
    [case] = cases(run, filled, "--serious")
    assert run(filled, "cases", "set", case["case_id"], "--status", "open").status == 0
    store = Store(filled)
    await apply(store, post_event("delete", "1"), post_event("delete", "2"))
    await store.close()
    [after] = [each for each in cases(run, filled) if each["case_id"] == case["case_id"]]
    assert (after["posts"], after["facts"], after["missing"]) == (0, [], ["reporter", "patient"])
    shown = run(filled, "cases", "show", case["case_id"])
    assert shown.status == 0
    assert "zoloft" not in shown.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "ffffffffffffffff"],
        ["show", "abc"],
        ["show", "not-hex"],
        ["show", "%%%%%%%%"],
        ["set", "ffffffffffffffff", "--status", "open"],
        ["set", "ffffffffffffffff", "--status", "done"],
        ["set", "ffffffffffffffff"],
        ["set", "ffffffffffffffff", "--note", "  "],
        ["list", "--status", "done"],
        ["list", "--since", "yesterdayy"],
    ],
)
def test_mistakes_are_refused_with_a_message(run: RunCommand, filled: Settings, arguments: list[str]) -> None:
    ended = run(filled, "cases", *arguments)
    assert ended.status != 0
    assert ended.err
    assert "Traceback" not in ended.err


def test_the_example_of_the_page_runs(run: RunCommand, filled: Settings) -> None:
    page = (Path(__file__).parents[3] / "docs" / "cases.md").read_text(encoding="utf-8")
    [example] = [block.partition("```")[0] for block in page.split("```sh\nade-monitor cases")[1:]]
    [case] = cases(run, filled, "--serious")
    commands = f"ade-monitor cases{example}".replace("3f2a9c", case["case_id"]).splitlines()
    assert len(commands) == 4
    for command in commands:
        ended = run(filled, *shlex.split(command)[1:])
        assert ended.status == 0, (command, ended.err)
    assert json.loads(ended.out)["owner"] == "dee"


def test_a_due_date_may_be_counted_from_now(run: RunCommand, filled: Settings) -> None:
    [case] = cases(run, filled, "--serious")
    assert run(filled, "cases", "set", case["case_id"], "--due", "7d").status == 0
    [due] = [case["due_at"] for case in cases(run, filled, "--due-before", "8d")]
    assert timedelta(days=6) < datetime.fromisoformat(due) - datetime.now(UTC) <= timedelta(days=7)
    assert cases(run, filled, "--due-before", "6d") == []
