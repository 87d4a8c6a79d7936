"""docs/messages.md has the reasons, headers and limits of the code."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.main import get_command

from monitor.cli.app import app
from monitor.deadletters import MOVED_FROM, RECEIPT_FOR, REPLAYED_FROM, SENT_TO, dead_letter
from monitor.errors import PoisonError
from monitor.feed import FEED_REASONS, FILE_FORMATS, contract_fields
from monitor.ingest.contract import MAX_BYTES, REASONS
from monitor.ingest.field_checks import MAX_ID, MAX_LANG, MAX_TEXT
from monitor.ingest.unread_offsets import UNREAD_REASONS
from monitor.records import ContextKind, ContextPart, EventKind, Origin, Post, PostKind, RefusedMessage
from monitor.stream.batch_results import MODEL_CRASH, MODEL_ERROR
from tests.monitor.messages import read_post

PAGE = (Path(__file__).parents[3] / "docs" / "messages.md").read_text(encoding="utf-8")
DATE = datetime(2026, 1, 1, tzinfo=UTC)
FULL_POST = Post(
    "1",
    "dizzy",
    "7",
    DATE,
    "en",
    "x",
    PostKind.QUOTE,
    "2",
    "https://x.com",
    DATE,
    ("3",),
    (ContextPart(ContextKind.QUOTED, "zoloft"),),
)


def table(header: str) -> set[str]:
    """Return the words in the first column of all tables with this header."""
    tables = re.findall(rf"^\| {header} \|.*\n\|-.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return {
        word
        for rows in tables
        for row in rows.splitlines()
        for word in re.findall(r"`([^`]+)`", row.split("|")[1])
    }


def test_the_page_lists_every_reason_and_no_other() -> None:
    assert table("reason") == {*REASONS, *UNREAD_REASONS, *FEED_REASONS, MODEL_CRASH, MODEL_ERROR}


def test_the_page_lists_every_format_of_files_and_no_other() -> None:
    assert table("format") == {form.name for form in FILE_FORMATS}


def test_the_page_lists_every_event_and_every_field_of_the_contract() -> None:
    assert {f"`{event}`" for event in EventKind} <= {*re.findall("`[a-z_]+`", PAGE)}
    assert table("field") >= set(contract_fields(FULL_POST))


def test_the_options_on_the_page_exist() -> None:
    commands = {name: get_command(app).commands[name] for name in ("feed", "deadletters", "topics")}  # type: ignore[attr-defined]
    feed_options = {
        option
        for parameter in commands["feed"].params
        for option in parameter.opts + parameter.secondary_opts
    }
    others = {
        option
        for group in ("deadletters", "topics")
        for command in commands[group].commands.values()
        for parameter in command.params
        for option in parameter.opts
    }
    files = PAGE[PAGE.index("## Files") : PAGE.index("## Dead letters")]
    letters = PAGE[PAGE.index("## Dead letters") :]
    assert {*re.findall(r"(?<![\w-])--[a-z][a-z-]+", files)} - {"--long"} <= feed_options
    assert {*re.findall(r"(?<![\w-])--[a-z][a-z-]+", letters)} <= others


def test_the_page_names_every_header() -> None:
    origin = Origin("t", 0, 0, datetime(2026, 1, 1, tzinfo=UTC), source="x-v2")
    letter = dead_letter(RefusedMessage(origin, PoisonError("empty", "x")))
    names = [name for name, _ in letter.headers]
    for name in [*names, MOVED_FROM, RECEIPT_FOR, SENT_TO, REPLAYED_FROM]:
        assert f"`{name}`" in PAGE


@pytest.mark.parametrize("limit", [MAX_BYTES, MAX_TEXT, MAX_ID, MAX_LANG])
def test_the_page_names_every_limit(limit: int) -> None:
    assert f"{limit:,}" in PAGE


def test_the_tweets_on_the_page_are_valid() -> None:
    examples = re.findall(r'\{"id": "[0-9]+", "text": "[^"]+"\}', PAGE)
    assert len(examples) >= 3
    for example in examples:
        read_post(example.encode())
