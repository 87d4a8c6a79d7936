"""`ade-monitor signals`: the table, its filters, series and the refresh, and what wrong input gets.

The examples of docs/signals.md run here, too.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from rich.console import Console

from models.terminology import GroupKind, PtGroup
from monitor.cli import console, signal_columns, signal_tables
from monitor.embedded import Postgres
from monitor.settings import DatabaseSettings, Settings
from monitor.signals.indications import load_indications
from monitor.signals.signal_report import SignalPair, SignalReport
from monitor.store.label_import import LabelEffect, replace_label
from monitor.store.terminology_import import ReleaseContent, replace_terminology
from tests.monitor.cli.conftest import RunCommand

PTS = {"10022437": "Insomnia", "10028813": "Nausea", "10019211": "Headache", "10012378": "Depression"}
DRUGS = ("sertraline", "ibuprofen", "metformin", "warfarin")
PAGE = (Path(__file__).parents[3] / "docs" / "signals.md").read_text(encoding="utf-8")
FIRST = date(2026, 1, 5)
WEEKS = 20

CASES = """
WITH row AS (
    SELECT n, to_char(n, 'FM0000000000000000') AS case_id, day, drug, ptid, pt_name, platform, lang
    FROM unnest(%s::int[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
        AS row (n, day, drug, ptid, pt_name, platform, lang)
), times AS (
    INSERT INTO post_times (tweet_id, posted_at) SELECT 'post ' || n, day FROM row
), posts AS (
    INSERT INTO tweets (tweet_id, posted_at, text, platform, lang, author_hash)
    SELECT 'post ' || n, day, 'a text', platform, lang, 'author ' || n FROM row RETURNING tweet_id
), made AS (
    INSERT INTO cases (case_id, drug, effect, ptid, pt_name, first_at, last_at)
    SELECT case_id, drug, COALESCE('pt:' || ptid, 'words:x'), ptid, pt_name, day, day FROM row
), scored AS (
    INSERT INTO predictions (tweet_id, posted_at, bundle, label, probability)
    SELECT 'post ' || n, day, 'b', 'ADE', 0.9 FROM row
)
INSERT INTO case_posts (case_id, tweet_id, role) SELECT case_id, 'post ' || n, 'report' FROM row
"""


def generated_cases() -> list[tuple[date, str | None, str | None, str, str]]:
    """Return cases of all pairs in each week, more of sertraline and insomnia, and some that are left out."""
    rows: list[tuple[date, str | None, str | None, str, str]] = []
    for week in range(WEEKS):
        day = FIRST + timedelta(weeks=week)
        for drug in DRUGS:
            rows += [(day, drug, ptid, "x", "en") for ptid in list(PTS)[:3]]
        rows += [(day + timedelta(days=n % 7), "sertraline", "10022437", "x", "en") for n in range(4)]
        rows += [(day, "sertraline + metformin", "10012378", "reddit", "de")]
        rows += [(day, None, "10028813", "x", "en"), (day, "warfarin", None, "x", "en")]
    last = FIRST + timedelta(weeks=WEEKS - 1)
    rows += [(last, "warfarin", "10012378", "reddit", "de")] * 3
    rows += [(last + timedelta(days=n % 5), "ibuprofen", "10019211", "x", "en") for n in range(20)]
    return rows


@pytest.fixture(scope="module")
def filled(
    postgres: Postgres, _postgres_admin: psycopg.Connection[Any], _migrated_template: str
) -> Iterator[Settings]:
    """A database with generated cases, mentions, a release and a label, refreshed once."""
    name = "signals_of_commands"
    _postgres_admin.execute(f"CREATE DATABASE {name} TEMPLATE {_migrated_template}")
    settings = Settings(database=DatabaseSettings(url=SecretStr(postgres.url_of(name))))
    rows = generated_cases()
    days, drugs, ptids, platforms, langs = (list(column) for column in zip(*rows, strict=True))
    names = [PTS.get(ptid or "") for ptid in ptids]
    with psycopg.connect(postgres.url_of(name)) as connection:
        connection.execute(CASES, [list(range(len(rows))), days, drugs, ptids, names, platforms, langs])
        connection.execute(
            "INSERT INTO hourly_drug_counts (hour, bundle, drug, seen, positive) "
            "SELECT day, 'b', drug, 200, 10 FROM generate_series(%s::timestamptz, %s::timestamptz, '1 day') "
            "AS day CROSS JOIN unnest(%s::text[]) AS drug",
            [FIRST, FIRST + timedelta(weeks=WEEKS), list(DRUGS)],
        )
    groups = [
        *(
            PtGroup(ptid, GroupKind.PRIMARY_SOC, "1", "Psychiatric disorders")
            for ptid in ("10022437", "10012378")
        ),
        *(PtGroup(ptid, GroupKind.PRIMARY_SOC, "2", "Other disorders") for ptid in ("10028813", "10019211")),
        PtGroup("10012378", GroupKind.SMQ_NARROW, "3", "Depression and suicide"),
    ]
    replace_terminology(settings, "27.0", groups, ReleaseContent())
    replace_label(settings, "1", "sertraline", "text", [LabelEffect("10022437", "Insomnia", "warnings")])
    yield settings
    _postgres_admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def refreshed(filled: Settings) -> Settings:
    """The same after a refresh."""
    from monitor.store.signals import refresh_counts

    refresh_counts(filled)
    return filled


def pairs(run: RunCommand, settings: Settings, *options: str) -> list[dict[str, Any]]:
    ended = run(settings, "signals", "--json", *options)
    assert ended.status == 0, ended.err
    return [json.loads(line) for line in ended.out.splitlines()]


def names(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(row["drug"], row["event"]) for row in rows}


def test_before_the_first_refresh_the_answer_says_what_to_do(run: RunCommand, filled: Settings) -> None:
    ended = run(filled, "signals")
    assert ended.status == 0
    assert "signals refresh" in ended.err
    ended = run(filled, "signals", "refresh")
    assert ended.status == 0, ended.err
    assert ended.out == f"counted {len(generated_cases())} cases of {days_with_cases()} days\n"
    assert run(filled, "signals", "refresh").out == ""


def days_with_cases() -> int:
    return len({day for day, *_ in generated_cases()})


def test_the_disproportional_pair_comes_first_with_all_its_numbers(
    run: RunCommand, refreshed: Settings
) -> None:
    rows = pairs(run, refreshed, "--method", "ebgm")
    [first] = [row for row in rows if (row["drug"], row["event"]) == ("sertraline", "Insomnia")]
    assert (first["cases"], first["authors"]) == (5 * WEEKS, 5 * WEEKS)
    assert (first["drug_cases"], first["event_cases"]) == (8 * WEEKS, 8 * WEEKS)
    assert first["all_cases"] == 17 * WEEKS + 23
    assert [row["eb05"] for row in rows if row["signal"]] == sorted(
        (row["eb05"] for row in rows if row["signal"]), reverse=True
    )
    table = (100, 60, 60, 17 * 20 + 23 - 220)
    assert first["prr"] == pytest.approx((table[0] / 160) / (table[2] / (table[2] + table[3])))
    assert first["ror"] == pytest.approx(table[0] * table[3] / (table[1] * table[2]))
    assert first["listedness"] == "listed"
    assert first["mentions"] == 200 * (7 * WEEKS + 1)
    assert first["per_thousand_mentions"] == pytest.approx(1000 * 100 / first["mentions"])
    assert ("metformin", "Depression") in names(rows)
    [depression] = [row for row in rows if (row["drug"], row["event"]) == ("sertraline", "Depression")]
    assert depression["indication"]


def test_the_table_comes_with_the_warnings_of_the_field(run: RunCommand, refreshed: Settings) -> None:
    ended = run(refreshed, "signals")
    assert "Insomnia" in ended.out
    assert "not evidence" in " ".join(ended.out.split())
    assert "WEB-RADR" in ended.out
    assert "WEB-RADR" in run(refreshed, "signals", "--json").err


@pytest.mark.parametrize("method", ["consensus", "prr"])
@pytest.mark.parametrize("width", [80, 100, 120, 160, 200])
def test_a_terminal_shows_whole_intervals_at_any_width(
    run: RunCommand,
    refreshed: Settings,
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    method: str,
) -> None:
    terminal = Console(width=width, force_terminal=True, no_color=True, soft_wrap=True)
    for module in (console, signal_columns, signal_tables):
        monkeypatch.setattr(module, "out", terminal)
    ended = run(refreshed, "signals", "--drug", "sertraline", "--method", method)
    table = re.sub(r"\x1b\[[0-9;]*m", "", ended.out).split("These are leads")[0]
    shown = 4 if width >= 140 else 1 if method == "prr" else 2
    rows = pairs(run, refreshed, "--drug", "sertraline", "--method", method)
    assert len(re.findall(r"\(\S+, \S+\)", table)) == shown * len(rows)
    notes = [line for line in table.splitlines() if line.startswith("  ") and "taken for" in line]
    assert len(notes) == sum(row["indication"] for row in rows) > 0
    assert all(len(line) <= width for line in table.splitlines() if line not in notes)
    assert {"sertraline", "Insomnia", "Depression"} <= set(table.split())


def test_a_pipe_gets_one_line_for_each_pair(run: RunCommand, refreshed: Settings) -> None:
    lines = run(refreshed, "signals").out.splitlines()
    rows = pairs(run, refreshed)
    assert [line.split()[0] for line in lines[1 : len(rows) + 1]] == [row["drug"] for row in rows]
    assert lines[len(rows) + 1].startswith("These are leads")


def test_unknown_authors_are_noted_once(
    run: RunCommand, refreshed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "known author" not in run(refreshed, "signals").out
    assert "authors" not in run(refreshed, "signals").err
    from monitor.signals import report_building

    read = report_building.read_signals

    def without_authors(*arguments: Any) -> SignalReport:
        report = read(*arguments)
        return replace(report, pairs=[replace(pair, authors=0) for pair in report.pairs])

    monkeypatch.setattr(report_building, "read_signals", without_authors)
    ended = run(refreshed, "signals")
    assert "author" not in ended.out
    assert ended.err.count("authors of some cases") == 1


@pytest.mark.parametrize("option", ["--since=2027-12-01", "--until=2020-01-01"])
def test_a_window_without_counted_days_is_explained(
    run: RunCommand, refreshed: Settings, option: str
) -> None:
    ended = run(refreshed, "signals", option)
    assert ended.status == 0
    assert f"{option.partition('=')[0]} is " in ended.err


def test_csv_has_the_fields_of_json(run: RunCommand, refreshed: Settings) -> None:
    rows = list(csv.DictReader(io.StringIO(run(refreshed, "signals", "--csv").out)))
    objects = pairs(run, refreshed)
    assert [row["drug"] for row in rows] == [row["drug"] for row in objects]
    assert set(rows[0]) == set(objects[0])
    assert float(rows[0]["prr"]) == pytest.approx(objects[0]["prr"])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--drug", "zoloft", "--pt", "insomnia"], {("sertraline", "Insomnia")}),
        (["--drug", "SSRIs", "--pt", "10022437"], {("sertraline", "Insomnia")}),
        (["--pt", "10012378", "--lang", "en"], set()),
        (["--platform", "reddit"], {(d, "Depression") for d in ("sertraline", "metformin", "warfarin")}),
        (
            ["--listedness", "unlisted", "--soc", "Psychiatric disorders:primary"],
            {("sertraline", "Depression")},
        ),
        (["--smq", "Depression and suicide", "--drug", "warfarin"], {("warfarin", "Depression")}),
        (["--min-cases", "99", "--drug", "sertraline"], {("sertraline", "Insomnia")}),
        (["--by", "soc", "--drug", "warfarin", "--pt", "Nausea"], {("warfarin", "Other disorders")}),
        (["--by", "smq", "--drug", "warfarin"], {("warfarin", "Depression and suicide")}),
        (["--since", "2026-05-18", "--first-seen"], {("warfarin", "Depression")}),
        (["--since", "2026-05-18", "--rising"], {("ibuprofen", "Headache")}),
        (["--until", "2026-01-05"], set()),
        (["--without-indications", "--pt", "Depression", "--drug", "sertraline"], set()),
        (["--adjust", "both", "--drug", "warfarin", "--pt", "Depression"], {("warfarin", "Depression")}),
    ],
)
def test_filters_choose_pairs(
    run: RunCommand, refreshed: Settings, options: list[str], expected: set[tuple[str, str]]
) -> None:
    assert names(pairs(run, refreshed, *options)) == expected


def test_filters_of_pairs_do_not_change_their_numbers(run: RunCommand, refreshed: Settings) -> None:
    rows = pairs(run, refreshed)
    for row in rows[:3]:
        assert pairs(run, refreshed, "--drug", row["drug"], "--pt", row["code"]) == [row]
    only = pairs(run, refreshed, "--only", "signals")
    assert only == [row for row in rows if row["signal"]]
    assert len(pairs(run, refreshed, "--limit", "1")) == 1


def test_strata_take_the_difference_between_platforms_out_of_the_expected_cases(
    run: RunCommand, refreshed: Settings
) -> None:
    # Depression is only on one platform: there, no drug has more of it than expected.
    options = ["--pt", "Depression", "--drug", "warfarin"]
    [crude], [adjusted] = (
        pairs(run, refreshed, *options),
        pairs(run, refreshed, *options, "--adjust", "platform"),
    )
    assert adjusted["expected"] == pytest.approx(3)
    assert crude["prr"] == adjusted["prr"]
    assert crude["expected"] != adjusted["expected"]


def test_a_file_of_indications_marks_pairs(run: RunCommand, refreshed: Settings, tmp_path: Path) -> None:
    path = tmp_path / "indications.tsv"
    path.write_text("drug\tpt\n# a comment\nCoumadin\t10028813\n", encoding="utf-8")
    [row] = pairs(run, refreshed, "--indications", str(path), "--drug", "warfarin", "--pt", "Nausea")
    assert row["indication"]
    path.write_text("warfarin;Nausea\n", encoding="utf-8")
    ended = run(refreshed, "signals", "--indications", str(path))
    assert ended.status == 2
    assert "line 1" in ended.err


def test_corrections_say_when_nothing_was_reviewed(run: RunCommand, refreshed: Settings) -> None:
    ended = run(refreshed, "signals", "--corrected", "--drug", "sertraline")
    assert ended.status == 0
    assert "not reviewed" in ended.err


REVIEWED = """
WITH sample AS (
    INSERT INTO review_samples (strategy, since, until, seed)
    VALUES ('random', '2026-01-05', '2026-05-25', 1) RETURNING sample_id
), stratum AS (
    INSERT INTO review_strata (sample_id, stratum, label, band, drug, lang, stored, size, drawn)
    SELECT sample_id, 0, 'ADE', '0.80-0.95', 'other', 'en', 400, 400, 40 FROM sample
), item AS (
    INSERT INTO review_items (tweet_id, bundle, version, label, probability, state, outcome)
    SELECT 'post ' || n, 'b', 1, 'ADE', 0.9, 'done', CASE WHEN n % 4 = 0 THEN 'not-an-ade' ELSE 'correct' END
    FROM generate_series(0, 39) AS n RETURNING item_id
)
INSERT INTO review_sample_items (sample_id, item_id, stratum, post)
SELECT sample_id, item_id, 0, row_number() OVER (ORDER BY item_id) FROM sample CROSS JOIN item
"""


@contextmanager
def reviewed(settings: Settings, *statements: str) -> Iterator[None]:
    """Add verdicts, and remove them afterwards."""
    with psycopg.connect(settings.database.url.get_secret_value(), autocommit=True) as connection:
        try:
            for statement in statements:
                connection.execute(statement.encode())
            yield
        finally:
            connection.execute("DELETE FROM review_samples; DELETE FROM review_items")


def test_cases_are_corrected_by_the_verdicts_of_the_window(run: RunCommand, refreshed: Settings) -> None:
    options = ["--corrected", "--drug", "sertraline", "--pt", "Insomnia"]
    with reviewed(refreshed, REVIEWED):
        [row] = pairs(run, refreshed, *options)
        assert row["corrected_low"] < row["corrected_cases"] < row["cases"] == 5 * WEEKS
        assert row["corrected_cases"] == pytest.approx(0.75 * row["cases"], rel=0.1)
        assert row["corrected_prr_low"] < row["prr"] < row["corrected_prr_high"]
        assert "corrected" in run(refreshed, "signals", *options).out


def test_corrections_leave_indications_out_as_the_other_measures_do(
    run: RunCommand, refreshed: Settings
) -> None:
    # If the model is always right, corrected and crude numbers differ by the noise of the verdicts alone.
    options = ["--corrected", "--without-indications", "--drug", "sertraline", "--pt", "Insomnia"]
    with reviewed(refreshed, REVIEWED.replace("'en'", "'other'").replace("n % 4 = 0", "false")):
        [row] = pairs(run, refreshed, *options)
    assert row["drug_cases"] == 7 * WEEKS  # not those of depression
    assert row["corrected_prr"] == pytest.approx(row["prr"], rel=0.03)


ANOTHER_STRATUM = """
WITH stratum AS (
    INSERT INTO review_strata (sample_id, stratum, label, band, drug, lang, stored, size, drawn)
    SELECT sample_id, 1, 'ADE', '0.80-0.95', 'ibuprofen', 'en', 400, 400, 40 FROM review_samples
    RETURNING sample_id
), item AS (
    INSERT INTO review_items (tweet_id, bundle, version, label, probability, state, outcome)
    SELECT 'post ' || n, 'b', 1, 'ADE', 0.9, 'done', 'not-an-ade' FROM generate_series(40, 79) AS n
    RETURNING item_id
)
INSERT INTO review_sample_items (sample_id, item_id, stratum, post)
SELECT sample_id, item_id, 1, row_number() OVER (ORDER BY item_id) FROM stratum CROSS JOIN item
"""


def test_rare_drugs_have_the_precision_of_the_merged_stratum(run: RunCommand, refreshed: Settings) -> None:
    with reviewed(refreshed, REVIEWED.replace("'en'", "'other'"), ANOTHER_STRATUM):
        [row] = pairs(run, refreshed, "--corrected", "--drug", "sertraline", "--pt", "Insomnia")
        [ibuprofen] = pairs(run, refreshed, "--corrected", "--drug", "ibuprofen", "--pt", "Headache")
    assert row["corrected_cases"] == pytest.approx(0.75 * row["cases"], rel=0.1)
    assert ibuprofen["corrected_cases"] < 0.1 * ibuprofen["cases"]


def test_cases_that_come_too_late_for_final_days_are_reported(run: RunCommand, refreshed: Settings) -> None:
    final = "UPDATE signal_days SET final = {}, refreshed_at = {} WHERE day = '{}'"
    with psycopg.connect(refreshed.database.url.get_secret_value(), autocommit=True) as connection:
        connection.execute(final.format("true", "'2026-01-06'", FIRST).encode())
        try:
            cases = sum(day == FIRST for day, *_ in generated_cases())
            assert f"{cases} cases of 1 final day" in " ".join(
                run(refreshed, "signals", "refresh").err.split()
            )
            assert "1 final day" in run(refreshed, "signals").err
        finally:
            connection.execute(final.format("false", "now()", FIRST).encode())
    assert "final day" not in run(refreshed, "signals").err


def test_the_series_has_a_row_for_each_week_with_its_rate(run: RunCommand, refreshed: Settings) -> None:
    ended = run(refreshed, "signals", "series", "advil", "headache", "--json")
    assert ended.status == 0, ended.err
    weeks = [json.loads(line) for line in ended.out.splitlines()]
    assert [week["cases"] for week in weeks] == [1] * (WEEKS - 1) + [21]
    assert weeks[0]["per_thousand_mentions"] == pytest.approx(1000 / 1400)
    assert weeks[-1]["burst"] and not weeks[-3]["burst"]
    assert "burst" in ended.err
    table = run(refreshed, "signals", "series", "advil", "headache", "--since", "2026-05-04")
    assert "2026-05-04" in table.out
    assert "2026-04-27" not in table.out
    assert "not evidence" in " ".join(table.out.split())


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--since", "2026-03-01", "--until", "2026-02-01"], "is not before"),
        (["--since", "yesterdayy"], "is not a date or time"),
        (["--pt", "Insomia"], "Insomnia"),
        (["--drug", "zzzzqqq"], "not in the dictionary"),
        (["--by", "smq-broad"], "has no such groups"),
        (["--soc", "Psychiatric disorder:primary"], "Psychiatric disorders"),
        (["--min-cases", "3,5"], "--min-cases"),
        (["--min-cases", "0"], "--min-cases"),
        (["--first-seen"], "--since"),
        (["--rising", "--since", "7d", "--lang", "en"], "mention"),
        (["--json", "--csv"], "exclude"),
        (["--coding", "99.9"], "99.9"),
        (["series", "zoloft", "Insomia"], "Insomnia"),
        (["series", "zzzzqqq", "Insomnia"], "not in the dictionary"),
        (["series", "zoloft", "Insomnia", "--since", "2026-03-01", "--until", "2026-02-01"], "is not before"),
    ],
)
def test_mistakes_end_with_status_2_and_a_hint(
    run: RunCommand, refreshed: Settings, arguments: list[str], hint: str
) -> None:
    ended = run(refreshed, "signals", *arguments)
    assert ended.status == 2
    assert hint in " ".join(ended.err.replace("│", " ").split())
    assert "--text" not in ended.err  # which this command does not have
    assert ended.out == ""


def commands_of_the_page() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return sorted({line for block in blocks for line in block.splitlines()})


@pytest.mark.parametrize("command", commands_of_the_page())
def test_the_commands_of_the_page_run(run: RunCommand, refreshed: Settings, command: str) -> None:
    program, *arguments = shlex.split(command)
    ended = run(refreshed, *arguments)
    assert (program, ended.status) == ("ade-monitor", 0), ended.err
    if "refresh" not in arguments:
        assert "no pair" not in ended.err, "the example shows nothing"


def test_the_page_explains_every_field_and_its_file_of_indications_can_be_read(tmp_path: Path) -> None:
    fields = SignalPair.__dataclass_fields__
    section = PAGE.partition("## The fields")[2]
    assert [name for name in fields if f"`{name}`" not in section] == []
    path = tmp_path / "indications.tsv"
    (example,) = re.findall(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    path.write_text(example, encoding="utf-8")
    loaded = load_indications(path, str.casefold)
    assert loaded["coumadin"] == {"10037377"}
    assert "major depression" in loaded["sertraline"]
