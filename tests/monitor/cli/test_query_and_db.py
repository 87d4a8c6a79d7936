"""`ade-monitor query` and `ade-monitor db`, as their users see them."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest
from pydantic import SecretStr

from monitor.cli import main
from monitor.cli.console import terminal_safe
from monitor.embedded.servers import free_port
from monitor.settings import DatabaseSettings, Settings
from monitor.store import Store, revisions
from tests.monitor.store.batches import mention_of, negative_tweet, positive_tweet, scored, write
from tests.processes import child_environment, environment_of

WILD = '=cmd|"a,b"\r\nعندي\tصداع ’💊\x1b[31m; sick'


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    status: int
    out: str
    err: str


Monitor = Callable[..., Ended]


@pytest.fixture
def monitor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Monitor:
    """`ade-monitor` from its entry point on, in this process: a second faster than in one of its own."""

    def run(settings: Settings | None, *arguments: str) -> Ended:
        for name, value in (environment_of(settings) if settings else {}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("COLUMNS", "120")
        monkeypatch.setattr(sys, "argv", ["ade-monitor", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return Ended(int(ended.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture
async def filled(store: Store, migrated: Settings) -> Settings:
    """Settings of a database with a wild tweet, a plain one and a negative one."""
    await write(
        store,
        [scored("1", WILD, mention_of(WILD, "sick", score=0.1)), positive_tweet("2"), negative_tweet("3")],
    )
    return migrated


def test_json_and_csv_give_the_tweets_back_as_they_were(monitor: Monitor, filled: Settings) -> None:
    lines = monitor(filled, "query", "--json").out.split("\n")
    objects = [json.loads(line) for line in lines if line]
    assert [one["tweet_id"] for one in objects] == ["2", "1"]
    assert objects[1]["text"] == WILD
    assert objects[1]["text"][objects[1]["start"] : objects[1]["end"]] == objects[1]["span"] == "sick"
    assert datetime.fromisoformat(objects[1]["posted_at"]).tzinfo is not None

    rows = list(csv.DictReader(io.StringIO(monitor(filled, "query", "--csv").out, newline="")))
    assert rows == [{k: "" if v is None else str(v) for k, v in one.items()} for one in objects]


def test_a_spreadsheet_gets_no_formula(monitor: Monitor, filled: Settings) -> None:
    ended = monitor(filled, "query", "--spreadsheet", "--text", "cmd")
    (row,) = csv.DictReader(io.StringIO(ended.out, newline=""))
    assert row["text"] == "'" + WILD
    assert row["span"] == "sick"


def test_the_table_shows_tweets_that_cannot_steer_the_terminal(monitor: Monitor, filled: Settings) -> None:
    ended = monitor(filled, "query")
    assert ended.status == 0
    assert "\x1b" not in ended.out
    assert "10044565" in ended.out
    assert "uncoded" in ended.out


def test_tamed_text_keeps_its_offsets() -> None:
    assert terminal_safe("a\x1b[2J\u202eb\n\u2028💊 صداع") == "a [2J b  💊 صداع"


def test_options_become_filters(monitor: Monitor, filled: Settings) -> None:
    options = [
        "--drug",
        "#zoloft",
        "--pt",
        "tremor",
        "--coded",
        "--min-probability",
        "0.5",
        "--min-score",
        "0.5",
    ]
    options += [
        "--since",
        "2026-07-01",
        "--until",
        "2026-07-01T12:35Z",
        "--bundle",
        "old",
        "--text",
        "day stop",
    ]
    ended = monitor(filled, "query", "--json", *options)
    assert [json.loads(line)["tweet_id"] for line in ended.out.splitlines()] == ["2"]
    assert ended.err == ""


def test_a_cut_list_and_an_empty_one_say_so_beside_the_results(monitor: Monitor, filled: Settings) -> None:
    cut = monitor(filled, "query", "--json", "--limit", "1")
    assert len(cut.out.splitlines()) == 1
    assert "--limit 0" in cut.err
    assert len(monitor(filled, "query", "--json", "-n", "0").out.splitlines()) == 2
    empty = monitor(filled, "query", "--drug", "aspirin")
    assert (empty.status, empty.out) == (0, "")
    assert empty.err


@pytest.mark.parametrize(
    "options",
    [
        ["--since", "yesterday"],
        ["--until", "2026-02-30"],
        ["--since", "99999999999w"],
        ["--since", "2026-07-02", "--until", "2026-07-01"],
        ["--drug", "💊"],
        ["--text", "..."],
        ["--min-score", "1.5"],
        ["--json", "--csv"],
    ],
    ids=" ".join,
)
def test_a_wrong_option_is_named_without_a_traceback(monitor: Monitor, options: list[str]) -> None:
    ended = monitor(None, "query", *options)
    assert ended.status == 2
    assert options[0] in ended.err
    assert "Traceback" not in ended.err


@pytest.fixture
async def overfull(store: Store, migrated: Settings) -> Settings:
    """Settings of a database with more to print than a pipe holds."""
    text = "so sick " * 100
    await write(store, [scored(str(n), text, mention_of(text, "sick")) for n in range(1_000)])
    return migrated


@pytest.mark.parametrize("form", ["--json", "--uncoded"])
def test_a_reader_that_had_enough_ends_the_command_quietly(overfull: Settings, form: str) -> None:
    command = [sys.executable, "-m", "monitor.cli", "query", "-n", "0", form]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=child_environment(overfull), stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""


def test_db_commands_take_a_database_from_empty_to_checked(monitor: Monitor, settings: Settings) -> None:
    unchecked = monitor(settings, "db", "check")
    assert unchecked.status == 1
    assert "`ade-monitor db upgrade`" in unchecked.err
    assert "none" in monitor(settings, "db", "revision").out
    assert monitor(settings, "db", "upgrade").status == 0
    assert monitor(settings, "db", "upgrade").status == 0
    assert revisions.required_revision() in monitor(settings, "db", "revision").out
    assert monitor(settings, "db", "check").status == 0


def test_db_commands_name_a_database_that_is_away_or_missing(monitor: Monitor, database_url: str) -> None:
    port = free_port()
    away = Settings(database=DatabaseSettings(url=SecretStr(f"postgresql://ade:s3cret@127.0.0.1:{port}/ade")))
    missing = Settings(database=DatabaseSettings(url=SecretStr(f"{database_url}_not")))
    for settings, named in ((away, f"127.0.0.1:{port}"), (missing, "_not")):
        for command in (["db", "upgrade"], ["db", "check"], ["query"]):
            ended = monitor(settings, *command)
            assert ended.status == 1
            assert named in ended.err
            assert "ADE_DATABASE__URL" in ended.err
            assert "s3cret" not in ended.err
            assert "Traceback" not in ended.err
