"""The ten questions of docs/analysis.md: command, SQL and Python run, and their answers agree."""

from __future__ import annotations

import json
import re
import shlex
import warnings
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from models.terminology import GroupKind, PtGroup
from monitor.client import Monitor, SignalWarning
from monitor.findings import DrugLink, DrugMention, DrugNaming, Fact, FactKind, Findings
from monitor.records import ScoredPost
from monitor.settings import Settings
from monitor.store import Store
from monitor.store.analyst_views import ANALYST_VIEWS
from monitor.store.label_import import LabelEffect, replace_label
from monitor.store.roles import READER
from monitor.store.signals import refresh_counts
from monitor.store.terminology_import import ReleaseContent, replace_terminology
from tests.monitor.cli.conftest import RunCommand, run
from tests.monitor.store.batches import Tables, mention_of, scored, write
from tests.monitor.store.conftest import migrated
from tests.monitor.store.logins import connected, login

__all__ = ["migrated", "run"]  # a database alone: no broker is needed here

PAGE = (Path(__file__).parents[3] / "docs" / "analysis.md").read_text(encoding="utf-8")
QUESTIONS = re.split(r"^## (?=\d+\. )", PAGE.partition("## The views")[0], flags=re.MULTILINE)[1:]
TERMS = {
    "tremor": ("10044565", "Tremor"),
    "insomnia": ("10022437", "Insomnia"),
    "nausea": ("10028813", "Nausea"),
}


def block(question: str, language: str) -> str:
    """Return the code block of a language."""
    (code,) = re.findall(rf"^```{language}\n(.*?)^```", question, re.MULTILINE | re.DOTALL)
    return str(code)


def post(tweet_id: str, drug: str, effect: str, month: int = 7, *, serious: bool = False) -> ScoredPost:
    """Return a post of an author of its own about a drug and an effect."""
    text = f"{drug} gave me {effect}, i was in the hospital"
    mention = mention_of(text, effect, pt=TERMS[effect])
    named = DrugMention(0, len(drug), drug, drug, DrugNaming.BRAND)
    start = text.index("hospital")
    facts = (Fact(FactKind.HOSPITAL, start, start + 8, "hospital"),) if serious else ()
    links = {(mention.start, mention.end): DrugLink(named, 0.9)}
    row = scored(
        tweet_id,
        text,
        mention,
        author=f"author {tweet_id}",
        posted_at=datetime(2026, month, 1, 9, tzinfo=UTC),
    )
    return replace(row, findings=Findings((named,), links, facts=facts))


@pytest.fixture
async def filled(store: Store, migrated: Settings, tables: Tables) -> Settings:
    """Settings of a database with nine cases, a label, a release and two reviewed mentions."""
    rows = [post(str(n), "sertraline", "tremor", serious=n == 0) for n in range(4)]
    rows += [post("4", "sertraline", "insomnia", 9), post("5", "ibuprofen", "tremor")]
    rows += [post(str(n), "ibuprofen", "nausea") for n in range(6, 9)]
    await write(store, rows)
    sentence = "Insomnia is common."
    replace_label(migrated, "1", "sertraline", "text", [LabelEffect(*TERMS["insomnia"], "adverse", sentence)])
    groups = [
        PtGroup(TERMS[name][0], kind, "10029205", "Nervous system disorders")
        for name in ("tremor",)
        for kind in (GroupKind.SOC, GroupKind.PRIMARY_SOC)
    ]
    replace_terminology(migrated, "26.1", groups, ReleaseContent())
    tables.run(
        "INSERT INTO review_items "
        '(tweet_id, bundle, version, start, "end", label, probability, ptid, pt_name, drug, state, outcome, '
        "decided_at) "
        "SELECT tweet_id, bundle, version, start, \"end\", 'ADE', 0.9, ptid, pt_name, drug, 'done', "
        "CASE tweet_id WHEN '8' THEN 'not-an-ade' ELSE 'correct' END, now() FROM mentions "
        "WHERE tweet_id IN ('7', '8')"
    )
    refresh_counts(migrated)
    return migrated


def test_the_answers_of_all_three_ways_agree(run: RunCommand, filled: Settings) -> None:
    assert len(QUESTIONS) == 10
    with login(filled, READER) as settings, connected(settings) as connection:
        commands, rows, frames = [], [], []
        monitor = Monitor(settings)
        for question in QUESTIONS:
            ended = run(settings, *shlex.split(block(question, "sh"))[1:])
            assert ended.status == 0, (question, ended.err)
            commands.append([json.loads(line) for line in ended.out.splitlines()])
            rows.append(connection.execute(block(question, "sql")).fetchall())
            frames.append(answer_of(monitor, block(question, "python")))

    def values(number: int, *names: str) -> list[tuple[Any, ...]]:
        return [tuple(row[name] for name in names) for row in commands[number - 1]]

    def agree(number: int, command: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
        assert (
            sorted(command) == sorted(rows[number - 1]) == sorted(frames[number - 1]) == sorted(expected)
        ), number

    agree(1, values(1, "event", "cases"), [("Tremor", 4), ("Insomnia", 1)])
    ((text, span),) = values(2, "text", "span")
    agree(2, [(datetime(2026, 9, 1, 9, tzinfo=UTC), text, span)], frames[1])
    assert span == "insomnia"
    ((case_id, drug, pt),) = values(3, "case_id", "drug", "pt_name")
    agree(3, [(case_id, drug, pt, datetime(2026, 7, 1, 9, tzinfo=UTC))], frames[2])
    assert (drug, pt) == ("sertraline", "Tremor")
    agree(4, sorted(set(values(4, "drug", "pt_name"))), [("sertraline", "Tremor")])
    assert values(5, "pt_name", "sentence") == frames[4] == [(row[0], row[2]) for row in rows[4]]
    prr = {(row[0], row[1]): row[3] for row in rows[5]}
    assert prr.keys() == {("sertraline", "Tremor")}
    # 4 of 5 cases of sertraline, and 1 of 3 of ibuprofen, because reviewers refused one of its cases.
    assert float(prr["sertraline", "Tremor"]) == pytest.approx((4 / 5) / (1 / 3))
    assert [row[3] for row in values(6, "drug", "event", "cases", "prr")] == [pytest.approx(2.4)]
    assert [row[3] for row in frames[5]] == [pytest.approx(2.4)]
    assert [row[:2] for row in rows[6]] == values(7, "drug", "event") == [("sertraline", "Insomnia")]
    assert [row[:2] for row in frames[6]] == [("sertraline", "Insomnia")]
    assert [(cases, mentions) for _, cases, mentions, _ in rows[7]] == [(4, 4), (0, 1)]
    assert sum(row[1] for row in frames[7]) == 5
    agree(9, values(9, "tweet_id", "drug", "pt_name"), frames[8])
    assert len(frames[8]) == 5
    outcomes = Counter(outcome for (outcome,) in values(10, "outcome"))
    assert dict(rows[9]) == outcomes == Counter(outcome for (outcome,) in frames[9])
    assert outcomes == {"correct": 1, "not-an-ade": 1}


def answer_of(monitor: Monitor, code: str) -> list[tuple[Any, ...]]:
    """Run a block of Python, and return the rows of its `answer`."""
    names: dict[str, Any] = {"monitor": monitor}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SignalWarning)
        exec(code, names)
    return [tuple(row) for row in names["answer"].itertuples(index=False)]


def test_the_page_has_every_column_of_every_view(tables: Tables) -> None:
    views = PAGE.partition("## The views")[2]
    for name in ANALYST_VIEWS:
        (line,) = re.findall(rf"^\| `{name}` .*", views, re.MULTILINE)
        columns = [
            column
            for (column,) in tables.rows(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
                "ORDER BY ordinal_position",
                name,
            )
        ]
        assert re.findall(r"`(\w+)`", line)[1:] == columns
