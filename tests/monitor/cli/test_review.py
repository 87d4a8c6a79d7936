"""`ade-monitor review`: from the sample to training data, as its users see it."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.embedded import environment_of
from monitor.review import read_stratum_verdicts
from monitor.settings import Settings
from monitor.store.roles import READER, REVIEWER
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.store.batches import POSTED, Tables
from tests.monitor.store.conftest import migrated
from tests.monitor.store.logins import login
from tests.monitor.store.reviews.review_items import TEXT, fill, reported
from training.corpora.reading_log import ReadingLog
from training.corpora.reviews import read_reviews
from training.examples import AnnotatedSpan, Example

__all__ = ["migrated"]  # a database alone: no broker is needed here

PAGE = (Path(__file__).parents[3] / "docs" / "review.md").read_text(encoding="utf-8")
WEEK = ["--since", "2026-06-29", "--until", "2026-07-06"]
SHAKY = (TEXT.index("shaky"), TEXT.index("shaky") + 5)
SLEEP = (TEXT.index("cannot sleep"), TEXT.index("cannot sleep") + 12)


def decide(run: RunCommand, settings: Settings, item: int, *verdict: str) -> dict[str, Any]:
    ended = run(settings, "review", "decide", str(item), *verdict, "--json")
    assert ended.status == 0, ended.err
    record: dict[str, Any] = json.loads(ended.out)
    return record


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_verdicts_become_training_data(
    run: RunCommand, migrated: Settings, tables: Tables, tmp_path: Path
) -> None:
    posts = [
        reported("1"),
        reported("2", "shaky", "cannot sleep"),
        reported("3"),
        reported("4"),
        reported("5"),
    ]
    await fill(migrated, [*posts, reported("6"), reported("7")])
    tables.run("UPDATE predictions SET label = 'NoADE', inclusion = 0.5 WHERE tweet_id IN ('6', '7')")
    tables.run("DELETE FROM mentions WHERE tweet_id IN ('6', '7')")
    with login(migrated, REVIEWER) as settings:
        drawn = run(settings, "review", "sample", *WEEK, "--reviewers", "1", "--json")
        assert (json.loads(drawn.out)["posts"], json.loads(drawn.out)["items"]) == (7, 8)
        items = {
            (name, start): item
            for name, start, item in tables.rows("SELECT tweet_id, start, item_id FROM review_items")
        }
        assert decide(run, settings, items["1", SHAKY[0]], "correct")["outcome"] == "correct"
        decide(run, settings, items["2", SHAKY[0]], "not-an-ade")
        waiting = run(settings, "review", "export")
        assert '"2"' not in waiting.out
        assert "wait" in waiting.err
        words = f"{SLEEP[0]}:{SLEEP[1]}"
        decide(run, settings, items["2", SLEEP[0]], "wrong-pt", "--pt", "tremor")
        decide(run, settings, items["3", SHAKY[0]], "wrong-span", "--span", words, "--pt", "none")
        decide(run, settings, items["4", SHAKY[0]], "cannot-tell")
        decide(run, settings, items["5", SHAKY[0]], "not-an-ade")
        decide(run, settings, items["6", None], "correct")
        decide(run, settings, items["7", None], "missed-ade", "--span", words, "--pt", "10022437")
        path = tmp_path / "reviews.jsonl"
        ended = run(settings, "review", "export", "--output", str(path), "--reason", "training")
        assert ended.status == 0, ended.err
    assert path.stat().st_mode & 0o077 == 0
    log = ReadingLog()
    examples = {example.id: example for example in read_reviews(path, log)["all"]}
    assert examples == {
        "1": Example("1", TEXT, 1, (AnnotatedSpan(*SHAKY, "10044565", "Tremor"),)),
        "2": Example("2", TEXT, 1, (AnnotatedSpan(*SLEEP, "10044565", "Tremor"),)),
        "3": Example("3", TEXT, 1, (AnnotatedSpan(*SLEEP),)),
        "5": Example("5", TEXT, 0),
        "6": Example("6", TEXT, 0),
        "7": Example("7", TEXT, 1, (AnnotatedSpan(*SLEEP, "10022437", "Insomnia"),)),
    }
    decisions = {"confirmed": 2, "corrected": 3, "rejected": 1, "unclear": 1}
    assert all(log.counts[f"reviews: {name}"] == count for name, count in decisions.items())
    [(reason, details)] = tables.rows(
        "SELECT reason, details FROM audit_entries WHERE action = 'export' ORDER BY number DESC LIMIT 1"
    )
    assert (reason, details["posts"], details["since"]) == ("training", 7, None)
    assert datetime.fromisoformat(details["until"]) <= datetime.now(UTC)
    # What the model said is still there.
    assert tables.rows("SELECT DISTINCT ptid FROM mentions WHERE tweet_id = '3'") == [("10044565",)]


async def test_a_missed_effect_of_a_positive_post_becomes_training_data_until_it_is_undone(
    run: RunCommand, migrated: Settings, tables: Tables
) -> None:
    await fill(migrated, [reported("1")])
    assert run(migrated, "review", "sample", *WEEK, "--reviewers", "1").status == 0
    spans = {"model": [list(SHAKY)], "both": [list(SHAKY), list(SLEEP)]}

    def exported() -> list[list[int]]:
        lines = run(migrated, "review", "export").out.splitlines()
        return [[span["start"], span["end"]] for line in lines for span in json.loads(line)["spans"]]

    words = f"{SLEEP[0]}:{SLEEP[1]}"
    missed = ("review", "missed", "1", "--span", words, "--pt", "10022437", "--drug", "zoloft", "--json")
    with login(migrated, REVIEWER) as settings:
        added = json.loads(run(settings, *missed).out)
        assert (added["state"], added["outcome"]) == ("done", "missed-ade")
        assert exported() == []  # the mention of the model waits
        decide(run, settings, 1, "correct")
        assert exported() == spans["both"]
        agreement = [
            json.loads(line) for line in run(settings, "review", "agreement", "--json").out.splitlines()
        ]
        assert [each["items"] for each in agreement] == [0, 0]
        assert run(settings, *missed).status == 2  # it is there already
        figures = read_stratum_verdicts(
            settings, datetime(2026, 6, 29, tzinfo=UTC), datetime(2026, 7, 6, tzinfo=UTC)
        )
        assert [(each.sampled, each.positives) for each in figures] == [(1, 1)]
        assert run(settings, "review", "undo", str(added["item_id"])).status == 0
        assert exported() == spans["model"]
        assert json.loads(run(settings, "review", "next", "--json").out) is None
        listed = run(settings, "review", "list", "--json").out.splitlines()
        assert [json.loads(line)["item_id"] for line in listed] == [1]
        assert json.loads(run(settings, *missed).out)["item_id"] == added["item_id"]
        assert exported() == spans["both"]
    history = "SELECT right_start, right_ptid, right_drug, decision FROM review_verdicts ORDER BY id"
    of_missed = (SLEEP[0], "10022437", "sertraline", "missed-ade")
    of_model = (None, None, None, "correct")
    assert tables.rows(history) == [of_missed, of_model, (None, None, None, None), of_missed]


async def test_an_export_replaces_a_file_only_on_request_and_once_complete(
    run: RunCommand, migrated: Settings, tables: Tables, tmp_path: Path
) -> None:
    await fill(migrated, [reported("1"), reported("2", "shaky", "cannot sleep")])
    assert run(migrated, "review", "sample", *WEEK, "--reviewers", "1").status == 0
    path = tmp_path / "reviews.jsonl"
    path.write_text("earlier")
    export = ("review", "export", "--output", str(path))
    refused = run(migrated, *export)
    assert refused.status == 2
    assert "--force" in refused.err
    tables.run("ALTER TABLE review_items RENAME TO hidden_items")
    assert run(migrated, *export, "--force").status == 1
    tables.run("ALTER TABLE hidden_items RENAME TO review_items")
    assert path.read_text() == "earlier"
    empty = run(migrated, *export, "--force")
    assert (empty.status, path.read_text()) == (0, "")
    assert "nothing matches" in empty.err
    for (item,) in tables.rows("SELECT min(item_id) FROM review_items GROUP BY tweet_id"):
        decide(run, migrated, item, "correct")
    assert run(migrated, *export, "--force").status == 0
    assert json.loads(path.read_text())["id"] == "1"
    assert "1 post left out" in run(migrated, "review", "export").err
    assert "left out" not in run(migrated, "review", "export", "--until", "2026-01-01").err
    assert names_in(tmp_path) == ["reviews.jsonl"]


async def test_windows_end_now_unless_until_is_stated(run: RunCommand, migrated: Settings) -> None:
    await fill(migrated, [reported("1", serious=True)])

    def window(*options: str) -> list[datetime]:
        record = json.loads(run(migrated, "review", *options, "--json").out)
        return [datetime.fromisoformat(record[name]) for name in ("since", "until")]

    serious = ("sample", "--strategy", "serious")
    since, until = (datetime(2026, *day, tzinfo=UTC) for day in ((6, 29), (7, 6)))
    assert window(*serious, "--until", "2026-07-08") == [since, until]
    assert window("drift", "--until", "2026-07-08") == [since, until]
    start, end = window(*serious, "--since", "2026-06-29")
    assert (start, datetime.now(UTC) - end < timedelta(minutes=5)) == (since, True)


async def test_an_item_is_shown_with_its_words_and_without_its_author(
    run: RunCommand, migrated: Settings
) -> None:
    await fill(
        migrated, [reported("bsky:did:plc:mallory/3k", author="mallory", url="https://x.example/mallory/1")]
    )
    assert run(migrated, "review", "sample", *WEEK).status == 0
    shown = run(migrated, "review", "next")
    assert shown.status == 0
    assert TEXT in shown.out.replace("\n", " ")
    assert "Tremor 10044565" in shown.out
    as_json = run(migrated, "review", "next", "--json")
    assert tuple(json.loads(as_json.out)["span"]) == SHAKY
    for ended in (shown, as_json):
        assert "mallory" not in ended.out + ended.err
    listed = run(migrated, "review", "list")
    assert "Tremor" in listed.out
    assert "shaky" not in listed.out
    assert json.loads(run(migrated, "review", "next", "--adjudicate", "--json").out) is None


async def test_the_examples_of_the_page_run(
    run: RunCommand, migrated: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await fill(migrated, [reported("1"), reported("2", serious=True)])
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            command = shlex.split(line.partition(" || ")[0])
            if command[2] == "sample":
                command += WEEK
            ended = run(migrated, *command[1:])
            assert ended.status == 0, (line, ended.err)
    assert (tmp_path / "reviews.jsonl").exists()
    assert "ade_review_precision_dropped 0.0" in (tmp_path / "review.prom").read_text()
    for name, value in environment_of(migrated).items():
        monkeypatch.setenv(name, value)
    [code] = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    exec(compile(code, "docs/review.md", "exec"), {})


async def test_mistakes_are_refused_with_status_2_and_advice(
    run: RunCommand, migrated: Settings, tmp_path: Path
) -> None:
    await fill(migrated, [reported("1")])
    assert run(migrated, "review", "sample", *WEEK, "--reviewers", "1").status == 0
    shaky = f"{SHAKY[0]}:{SHAKY[1]}"
    mistakes = [
        ["sample", "--strategy", "best"],
        ["sample", "--since", "2026-07-06", "--until", "2026-06-29"],
        ["sample", "--since", "2999-07-06"],
        ["missed", "1"],
        ["missed", "99", "--span", "0:2"],
        ["missed", "1", "--span", "0:999"],
        ["missed", "1", "--span", f"{SHAKY[0] + 2}:{SHAKY[1] + 2}"],
        ["sample", *WEEK, "--seed", "9"],
        ["next", "--strategy", "best"],
        ["decide", "1", "right"],
        ["decide", "99", "correct"],
        ["decide", "1", "missed-ade", "--span", "0:2"],
        ["decide", "1", "wrong-span"],
        ["decide", "1", "wrong-span", "--span", "0-2"],
        ["decide", "1", "wrong-span", "--span", "5:2"],
        ["decide", "1", "wrong-span", "--span", "0:999"],
        ["decide", "1", "wrong-span", "--span", shaky],
        ["decide", "1", "wrong-pt", "--pt", "nothing like it"],
        ["decide", "1", "wrong-pt", "--pt", "10044565"],
        ["decide", "1", "wrong-drug", "--drug", "zoloft"],
        ["decide", "1", "wrong-drug", "--drug", "no such drug"],
        ["decide", "1", "correct", "--pt", "10022437"],
        ["undo"],
        ["list", "--state", "closed"],
        ["list", "--outcome", "right"],
        ["agreement", "--since", "2026-07-06", "--until", "2026-06-29"],
        ["export", "--since", "yesterdayy"],
        ["export", "--output", "no-folder/reviews.jsonl"],
        ["export", "--output", "/proc/reviews.jsonl"],
        ["export", "--output", str(tmp_path)],
        ["drift", "--metrics", "no-folder/review.prom"],
        ["drift", "--metrics", "/proc/review.prom"],
        ["drift", "--metrics", str(tmp_path)],
    ]
    for arguments in mistakes:
        ended = run(migrated, "review", *arguments)
        assert ended.status == 2, (arguments, ended.err)
        assert "Traceback" not in ended.err
    for _ in range(2):
        again = run(migrated, "review", "decide", "1", "correct")
    assert again.status == 2
    assert "undo" in again.err


async def test_readers_may_list_and_measure_but_not_decide(run: RunCommand, migrated: Settings) -> None:
    await fill(migrated, [reported("1")])
    assert run(migrated, "review", "sample", *WEEK).status == 0
    with login(migrated, READER) as settings:
        for command in (["list"], ["agreement"], ["drift"], ["export"]):
            assert run(settings, "review", *command).status == 0, command
        for command in (["next"], ["decide", "1", "correct"], ["sample", *WEEK, "--strategy", "serious"]):
            assert run(settings, "review", *command).status == 1, command


async def test_a_drop_of_precision_ends_with_status_3_and_is_logged(
    run: RunCommand, migrated: Settings, tables: Tables
) -> None:
    earlier = POSTED - timedelta(days=7)
    posts = [reported(str(number), probability=0.99, posted_at=earlier) for number in range(20)]
    await fill(migrated, posts + [reported(str(number), probability=0.99) for number in range(20, 40)])
    for since, until in (("2026-06-22", "2026-06-29"), ("2026-06-29", "2026-07-06")):
        ended = run(migrated, "review", "sample", "--since", since, "--until", until, "--reviewers", "1")
        assert ended.status == 0, ended.err
    steady = run(migrated, "review", "drift", "--until", "2026-07-06")
    assert steady.status == 0
    tables.run(
        "INSERT INTO review_verdicts (item_id, decision) SELECT item_id, "
        "CASE WHEN tweet_id::int < 20 THEN 'correct' ELSE 'not-an-ade' END FROM review_items"
    )
    tables.run(
        "UPDATE review_items AS i SET state = 'done', outcome = v.decision, outcome_id = v.id "
        "FROM review_verdicts AS v WHERE v.item_id = i.item_id"
    )
    dropped = run(migrated, "review", "drift", "--until", "2026-07-06", "--json")
    assert dropped.status == 3
    record = json.loads(dropped.out)
    assert (record["dropped"], record["reviewed"], record["positives"]) == (True, 20, 0)
    assert "precision" in dropped.err
    assert run(migrated, "review", "drift", "--until", "2026-06-29").status == 0
