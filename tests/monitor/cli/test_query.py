"""`ade-monitor query`, as its users see it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime

import pytest

from models.terminal import terminal_safe
from monitor.findings import DrugLink, DrugMention, DrugNaming, Findings
from monitor.kafka import open_producer
from monitor.records import PostKind
from monitor.settings import EnrichSettings, KafkaSettings, Settings
from monitor.store import Store
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.store.batches import linked_to, mention_of, negative_tweet, positive_tweet, scored, write
from tests.processes import child_environment

WILD = '=cmd|"a,b"\r\nعندي\tصداع ’💊\x1b[31m; sick'

FILTERS = (
    "--drug #zoloft --pt tremor --coded --min-probability 0.5 --min-score 0.5 --since 2026-07-01 "
    "--until 2026-07-01T12:35Z --bundle old --text"
)


@pytest.fixture
async def filled(store: Store, migrated: Settings) -> Settings:
    """Settings of a database with a wild tweet, a plain one and a negative one."""
    wild = scored("1", WILD, mention_of(WILD, "sick", score=0.1))
    zoloft = DrugMention(9, 16, "#Zoloft", "sertraline", DrugNaming.BRAND, "N06AB06")
    await write(store, [wild, linked_to(zoloft, positive_tweet("2")), negative_tweet("3")])
    return migrated


def test_json_contains_the_tweets_unchanged_and_csv_without_controls(
    run: RunCommand, filled: Settings
) -> None:
    lines = run(filled, "query", "--json").out.split("\n")
    effects = [json.loads(line) for line in lines if line]
    assert [effect["tweet_id"] for effect in effects] == ["2", "1"]
    wild = effects[1]
    assert wild["text"] == WILD
    assert wild["text"][wild["start"] : wild["end"]] == wild["span"] == "sick"
    assert datetime.fromisoformat(wild["posted_at"]).tzinfo is not None

    wild["text"] = WILD.replace("\r", " ").replace("\t", " ").replace("\x1b", " ")
    rows = list(csv.DictReader(io.StringIO(run(filled, "query", "--csv").out, newline="")))
    assert rows == [{k: "" if v is None else str(v) for k, v in effect.items()} for effect in effects]


def test_a_spreadsheet_has_no_formula(run: RunCommand, filled: Settings) -> None:
    ended = run(filled, "query", "--spreadsheet", "--text", "cmd")
    (row,) = csv.DictReader(io.StringIO(ended.out, newline=""))
    assert row["text"] == "'" + terminal_safe(WILD)
    assert row["span"] == "sick"


def test_the_table_shows_coded_and_uncoded_effects(run: RunCommand, filled: Settings) -> None:
    ended = run(filled, "query")
    assert ended.status == 0
    assert "\x1b" not in ended.out
    assert "10044565" in ended.out
    assert "uncoded" in ended.out


def test_all_options_together_filter(run: RunCommand, filled: Settings) -> None:
    ended = run(filled, "query", "--json", *FILTERS.split(), "day stop")
    assert [json.loads(line)["tweet_id"] for line in ended.out.splitlines()] == ["2"]
    assert ended.err == ""


@pytest.mark.parametrize("name", ["sertraline", "Lustral", "#ZOLOFT", "ssri", "antidepressants"])
def test_a_drug_is_found_by_any_of_its_names_and_its_classes(
    run: RunCommand, filled: Settings, name: str
) -> None:
    ended = run(filled, "query", "--json", "--drug", name)
    assert [json.loads(line)["drug"] for line in ended.out.splitlines()] == ["sertraline"]
    assert "did you mean sertraline" in run(filled, "query", "--drug", "zolofft").err


def test_a_cut_list_and_an_empty_list_are_noted_on_stderr(run: RunCommand, filled: Settings) -> None:
    cut = run(filled, "query", "--json", "--limit", "1")
    assert len(cut.out.splitlines()) == 1
    assert "--limit 0" in cut.err
    assert len(run(filled, "query", "--json", "-n", "0").out.splitlines()) == 2
    empty = run(filled, "query", "--drug", "aspirin")
    assert (empty.status, empty.out) == (0, "")
    assert empty.err


def test_a_list_that_just_fits_is_not_called_cut(run: RunCommand, filled: Settings) -> None:
    ended = run(filled, "query", "--json", "--limit", "2")
    assert len(ended.out.splitlines()) == 2
    assert ended.err == ""


@pytest.mark.parametrize(
    "options",
    [
        ["--since", "yesterday"],
        ["--until", "2026-02-30"],
        ["--since", "99999999999w"],
        ["--since", "2026-07-02", "--until", "2026-07-01"],
        ["--drug", "💊"],
        ["--drug", "zolofft"],
        ["--drug", "no such drug"],
        ["--text", "..."],
        ["--min-score", "1.5"],
        ["--listedness", "listed milder"],
        ["--json", "--csv"],
    ],
    ids=" ".join,
)
def test_an_invalid_option_is_named_without_a_traceback(run: RunCommand, options: list[str]) -> None:
    ended = run(None, "query", *options)
    assert ended.status == 2
    assert options[0] in ended.err
    assert "Traceback" not in ended.err
    assert "Value error" not in ended.err


@pytest.mark.parametrize("command", ["query", "cases list", "export effects --output x.csv"])
def test_an_unknown_pt_is_an_error_with_names_that_are_close(
    run: RunCommand, filled: Settings, command: str
) -> None:
    ended = run(filled, *command.split(), "--pt", "Insomia")
    assert ended.status == 2
    assert "Insomnia" in ended.err
    assert run(filled, "query", "--pt", "99999999").status == 2


@pytest.mark.parametrize("pt", ["insomnia", "10022437", "Tremor"])
def test_a_known_pt_without_effects_is_accepted(run: RunCommand, migrated: Settings, pt: str) -> None:
    ended = run(migrated, "query", "--pt", pt)
    assert (ended.status, ended.out) == (0, "")


async def test_a_pt_that_only_a_mention_has_is_known(
    run: RunCommand, store: Store, migrated: Settings
) -> None:
    await write(store, [scored("1", "so sick", mention_of("so sick", "sick", pt=("99999998", "Own term")))])
    for pt in ("own term", "99999998"):
        assert len(run(migrated, "query", "--json", "--pt", pt).out.splitlines()) == 1
    assert "Own term" in run(migrated, "query", "--pt", "own therm").err


@pytest.fixture
async def large(store: Store, migrated: Settings) -> Settings:
    """Settings of a database with more to print than a pipe can contain."""
    text = "so sick " * 100
    await write(store, [scored(str(n), text, mention_of(text, "sick")) for n in range(1_000)])
    return migrated


@pytest.mark.parametrize("form", ["--json", pytest.param("--uncoded", marks=pytest.mark.slow)])
def test_a_closed_pipe_ends_the_command_quietly(large: Settings, form: str) -> None:
    command = [sys.executable, "-m", "monitor.cli", "query", "-n", "0", form]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=child_environment(large), stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""


def test_messages_that_wait_for_a_worker_are_counted_on_stderr(run: RunCommand, filled: Settings) -> None:
    assert "wait" not in run(filled, "query", "--drug", "aspirin").err
    producer = open_producer(filled.kafka)
    for _ in range(3):
        producer.send(filled.kafka.topic, b"{}").get(30)
    producer.close()
    empty = run(filled, "query", "--drug", "aspirin")
    assert "3 messages wait" in empty.err
    matches = run(filled, "query", "--json")
    assert len(matches.out.splitlines()) == 2
    assert "3 messages wait" in matches.err


def test_a_query_succeeds_while_the_broker_is_away(run: RunCommand, filled: Settings) -> None:
    away = filled.model_copy(update={"kafka": KafkaSettings(bootstrap_servers="127.0.0.1:1")})
    ended = run(away, "query", "--json")
    assert (ended.status, ended.err) == (0, "")
    assert len(ended.out.splitlines()) == 2


async def test_the_table_shows_the_drug_and_of_which_post_a_copy_is(
    run: RunCommand, migrated: Settings
) -> None:
    settings = migrated.model_copy(update={"enrich": EnrichSettings()})
    store = Store(settings)
    row = positive_tweet("77")
    [mention] = row.prediction.mentions
    drug = DrugMention(9, 15, "zoloft", "sertraline", DrugNaming.BRAND)
    findings = Findings(links={(mention.start, mention.end): DrugLink(drug, 0.9)})
    repost = positive_tweet("78", kind=PostKind.REPOST, referenced_id="77")
    await write(store, [replace(row, findings=findings), replace(repost, findings=findings)])
    await store.close()
    shown = " ".join(run(settings, "query").out.split())
    assert shown.count("sertraline") == 2
    assert shown.count("copy of 77") == 1
