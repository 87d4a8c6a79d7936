"""`ade-monitor rules`, as its users see it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.settings import Settings
from monitor.store import Store
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.store.batches import negative_tweet, write
from tests.monitor.store.test_stored_reports import HOSPITAL, enriched, tweet

RULES = """
[[rule]]
name = "spam"
action = "drop"
when = { source = "memes" }
[[rule]]
name = "severe"
severity = "high"
when = { drug = "Zoloft", serious = true }
[[rule]]
name = "seldom"
cooldown = "2d"
cooldown_by = "rule"
when = { pt = "Tremor" }
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "rules.toml"
    path.write_text(RULES)
    return str(path)


@pytest.fixture
async def filled(store: Store, migrated: Settings) -> Settings:
    """Settings of a database with a serious post, a plain one, a joke and a negative one."""
    joke = enriched(tweet("3", platform="memes"), HOSPITAL)
    posts = [enriched(tweet("1"), HOSPITAL), enriched(tweet("2")), joke, negative_tweet("4")]
    await write(store, posts)
    return migrated


def test_list_shows_the_rules_in_their_order(run: RunCommand, file: str) -> None:
    ended = run(None, "rules", "list", file)
    rows = [line.split() for line in ended.out.splitlines()[1:]]
    assert [row[:2] for row in rows] == [["1", "spam"], ["2", "severe"], ["3", "seldom"]]
    assert "sertraline" in ended.out
    lines = run(None, "rules", "list", file, "--json").out.splitlines()
    rules = [json.loads(line) for line in lines]
    assert [(rule["action"], rule["severity"], rule["cooldown_s"], rule["line"]) for rule in rules] == [
        ("drop", None, None, 2),
        ("alert", "high", None, 6),
        ("alert", None, 172_800, 10),
    ]


def test_without_a_file_the_default_rule_is_listed(run: RunCommand) -> None:
    ended = run(None, "rules", "list")
    assert (ended.status, "default" in ended.out, "alerts.rules" in ended.err) == (0, True, True)


def test_list_notes_what_is_not_checked_and_not_sent(run: RunCommand, file: str) -> None:
    notes = " ".join(run(None, "rules", "list", file).err.split())
    assert "PT names are not checked" in notes
    assert "Tremor" in notes
    assert "the alerts of severe, seldom" in notes
    assert "[route.default]" in notes
    default = "[route.default]\ntype = 'email'\nhost = 'localhost'\nfrom = 'a@example.org'\n"
    Path(file).write_text(f"{RULES.replace('Tremor', '10044565')}{default}to = ['b@example.org']")
    notes = run(None, "rules", "list", file).err
    assert "PT names" not in notes
    assert "[route.default]" not in notes


def test_a_wrong_file_is_shown_without_a_traceback(run: RunCommand, file: str) -> None:
    Path(file).write_text(RULES.replace("Zoloft", "Zolft"))
    ended = run(None, "rules", "list", file)
    assert ended.status == 1
    assert 'line 9, rule 2 "severe", when.drug: ' in ended.err
    assert "zoloft" in ended.err
    assert "Traceback" not in ended.err


def test_test_counts_what_would_have_fired(run: RunCommand, filled: Settings, file: str) -> None:
    result = json.loads(run(filled, "rules", "test", file, "--since", "2026-07-01", "--json").out)
    assert (result["effects"], result["alerts"], result["dropped"]) == (6, 2, 2)
    assert [tuple(rule.values()) for rule in result["rules"]] == [
        ("spam", 2, 0, 0),
        ("severe", 2, 2, 0),
        ("seldom", 2, 1, 1),
    ]
    rules = {alert["effect"]: alert["rules"] for alert in result["newest"]}
    assert rules == {"pt:10044565": ["severe", "seldom"], "words:can't stop": ["severe"]}
    for alert in result["newest"]:
        assert (alert["tweet_id"], alert["severity"], alert["drug"]) == ("1", "high", "sertraline")


def test_test_shows_the_newest_alerts_and_the_counts(run: RunCommand, filled: Settings, file: str) -> None:
    ended = run(filled, "rules", "test", file, "--since", "2026-07-01", "-n", "1")
    assert "2 alerts" in ended.out
    assert "only the newest 1 of 2" in " ".join(ended.err.split())
    nothing = run(filled, "rules", "test", file, "--since", "2030-01-01")
    assert "0 alerts" in nothing.out


def test_test_names_the_rules_whose_cooldown_it_cannot_try(
    run: RunCommand, filled: Settings, tmp_path: Path
) -> None:
    rule = '[[rule]]\nname = "{}"\ncooldown = "1d"\ncooldown_by = "{}"\n'
    path = tmp_path / "cooldowns.toml"
    path.write_text(rule.format("quiet", "author") + rule.format("seldom", "rule"))
    ended = run(filled, "rules", "test", str(path), "--json", "--since", "2026-01-01")
    assert ended.status == 0
    assert "quiet" in ended.err
    assert "seldom" not in ended.err


@pytest.mark.parametrize(("tweet_id", "words"), [("1", "yes  severe"), ("2", "no   severe"), ("3", "spam")])
def test_explain_shows_why(run: RunCommand, filled: Settings, file: str, tweet_id: str, words: str) -> None:
    assert words in run(filled, "rules", "test", file, "--explain", tweet_id).out
    lines = run(filled, "rules", "test", file, "--explain", tweet_id, "--json").out.splitlines()
    effects = [json.loads(line) for line in lines]
    assert {effect["effect"] for effect in effects} == {"pt:10044565", "words:can't stop"}
    for effect in effects:
        applied = {rule["name"] for rule in effect["rules"] if rule["applies"]}
        assert (effect["alert"] is not None) == bool(applied & {"severe", "seldom"})


def test_a_post_that_is_not_stored_cannot_be_explained(run: RunCommand, filled: Settings, file: str) -> None:
    for tweet_id in ("4", "5"):  # a negative one, and none
        ended = run(filled, "rules", "test", file, "--explain", tweet_id)
        assert (ended.status, f"'{tweet_id}'" in ended.err) == (1, True)


def test_nothing_is_written(run: RunCommand, filled: Settings, store: Store, file: str) -> None:
    for option in (["--since", "2026-07-01"], ["--explain", "1"]):
        assert run(filled, "rules", "test", file, *option).status == 0
    assert run(filled, "query", "--json").out.count("\n") == 6
