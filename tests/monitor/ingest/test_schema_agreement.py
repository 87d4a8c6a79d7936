"""The JSON Schema accepts the same messages as the reader, as far as a schema can."""

from __future__ import annotations

import calendar
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from monitor.cli.app import app
from monitor.errors import PoisonError
from monitor.schemas import schema_text
from tests.monitor.messages import read_post


def as_python_patterns(schema: Any) -> Any:
    """Translate ECMA-262 patterns, in which `$` is the very end; in `re` it also precedes a last line end."""
    if isinstance(schema, dict):
        return {
            name: part.replace("$", r"\Z")
            if name == "pattern" and isinstance(part, str)
            else as_python_patterns(part)
            for name, part in schema.items()
        }
    return [as_python_patterns(part) for part in schema] if isinstance(schema, list) else schema


SCHEMA = json.loads(schema_text("tweet"))
VALIDATOR = Draft202012Validator(as_python_patterns(SCHEMA))

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=70)
DATES = st.from_regex(SCHEMA["properties"]["created_at"]["pattern"]) | st.builds(
    "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{}{}".format,
    st.integers(1960, 2110),
    st.integers(0, 13),
    st.integers(0, 32),
    st.sampled_from(["T", "t", " ", "", "x"]),
    st.integers(0, 25),
    st.integers(0, 61),
    st.integers(0, 61),
    st.sampled_from(["", ".", ".1", ".123456789", ".1234567890", ",5"]),
    st.sampled_from(["", "Z", "z", "+00:00", "-0930", "+24:00", "+0:00", " UTC", "\n", "Z\n"]),
)
ODD_VALUES = st.sampled_from([None, True, 1.5, [], {}, "", " ", "\n", "\0", "1\n", -1, 0, 2**64 - 1, 2**64])
IDS = ANY_TEXT | st.integers() | st.integers(0, 2**65) | ODD_VALUES
CONTEXT_PARTS = st.fixed_dictionaries(
    {},
    optional={"kind": st.sampled_from(["quoted", "parent", "title", "place", "x", None]), "text": ANY_TEXT},
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "id": IDS | st.text("0123456789", min_size=60, max_size=520),
        "text": ANY_TEXT | ODD_VALUES,
        # If a text is HTML, only the reader can see whether it has any words.
        "html": ODD_VALUES.filter(lambda value: value is not True) | st.just(False),
        "author_id": IDS,
        "created_at": DATES | ODD_VALUES | ANY_TEXT,
        "lang": st.text("abc-", max_size=40) | ANY_TEXT | ODD_VALUES,
        "entities": ODD_VALUES,
        "platform": st.text("abc-", max_size=40) | ODD_VALUES,
        "kind": st.sampled_from(["original", "repost", "quote", "reply", "x"]) | ODD_VALUES,
        "referenced_id": IDS,
        "url": ANY_TEXT | ODD_VALUES,
        "edited_at": DATES | ODD_VALUES,
        "aliases": st.lists(IDS, max_size=3) | ODD_VALUES,
        "context": st.lists(CONTEXT_PARTS, max_size=3) | ODD_VALUES,
    },
)
NEARLY_VALID = st.tuples(DOCUMENTS, st.sets(st.sampled_from(["id", "text", "created_at", "author_id"]))).map(
    lambda drawn: {"id": "1", "text": "dizzy"} | {k: v for k, v in drawn[0].items() if k not in drawn[1]}
)


def refusal_reason(document: object) -> str | None:
    try:
        read_post(json.dumps(document).encode())
    except PoisonError as error:
        return error.reason
    return None


def is_impossible(date: str) -> bool:
    """Return True for a day such as February 30, or of 1969 in UTC."""
    if int(date[8:10]) > calendar.monthrange(int(date[:4]), int(date[5:7]))[1]:
        return True
    moment = datetime.fromisoformat(date.upper())
    return not 1970 <= (moment.astimezone(UTC) if moment.tzinfo else moment).year <= 2099


def has_impossible_day(document: object) -> bool:
    """Return True if a date is impossible in a way that a pattern cannot exclude."""
    if not isinstance(document, dict):
        return False
    pattern = VALIDATOR.evolve(schema=VALIDATOR.schema["properties"]["created_at"])
    dates = [document.get("created_at"), document.get("edited_at")]
    return any(is_impossible(date) for date in dates if isinstance(date, str) and pattern.is_valid(date))


@settings(max_examples=400)
@given(DOCUMENTS | NEARLY_VALID)
def test_a_document_is_valid_exactly_when_it_is_read(document: dict[str, Any]) -> None:
    reason = refusal_reason(document)
    if has_impossible_day(document):
        assert reason is not None
    else:
        assert VALIDATOR.is_valid(document) == (reason is None), reason


@pytest.mark.parametrize("length", [0, 1, 35, 36, 512, 513, 100_000, 100_001])
@pytest.mark.parametrize("field", ["id", "text", "author_id", "lang"])
def test_reader_and_schema_have_the_same_length_limits(field: str, length: int) -> None:
    document = {"id": "1", "text": "dizzy", field: "é" * length}
    assert VALIDATOR.is_valid(document) == (refusal_reason(document) is None)


@pytest.mark.parametrize("document", [None, 1, "dizzy", [], [1], True])
def test_reader_and_schema_refuse_what_is_not_an_object(document: object) -> None:
    assert not VALIDATOR.is_valid(document)
    assert refusal_reason(document) == "not-an-object"


def test_the_schema_is_valid_and_so_are_its_examples() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for example in SCHEMA["examples"]:
        assert VALIDATOR.is_valid(example)
        assert refusal_reason(example) is None


def test_the_command_prints_the_schema() -> None:
    result = CliRunner().invoke(app, ["schema", "tweet"])
    assert result.exit_code == 0
    assert json.loads(result.stdout) == SCHEMA
