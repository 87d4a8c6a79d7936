"""Access to unchecked JSON: what is missing or of another type is None."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ingest.sources.json_access import (
    first_text,
    first_value,
    id_text,
    mapping,
    nested,
    set_present,
)

DOCUMENT: dict[str, Any] = {"a": {"b": {"c": 1}, "list": [{"c": 2}]}, "null": None, "empty": "", "text": "x"}


@pytest.mark.parametrize(
    ("names", "value"),
    [(("a", "b", "c"), 1), (("a", "x", "c"), None), (("a", "list", "c"), None), (("text", "c"), None)],
)
def test_a_path_that_leads_nowhere_is_none(names: tuple[str, ...], value: object) -> None:
    assert nested(DOCUMENT, *names) == value


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()))
def test_a_value_that_is_not_an_object_has_nothing_in_it(value: object) -> None:
    assert nested(value, "a") is None
    assert mapping(value) is None


def test_the_first_value_that_is_there_counts() -> None:
    assert first_value(DOCUMENT, "x", "null", "empty", "text") == ""
    assert first_text(DOCUMENT["null"], 7, DOCUMENT["empty"], "x") == "x"
    assert first_text(None) is None


@pytest.mark.parametrize(
    ("value", "expected"), [(7, "7"), (0, "0"), (-7, -7), (True, True), (1.5, 1.5), ("7", "7")]
)
def test_only_numbers_that_are_ids_become_text(value: object, expected: object) -> None:
    assert id_text(value) is expected or id_text(value) == expected
    assert type(id_text(value)) is type(expected)


def test_a_value_that_is_not_there_sets_no_field() -> None:
    fields: dict[str, Any] = {}
    set_present(fields, "lang", None)
    set_present(fields, "text", "")
    assert fields == {"text": ""}
