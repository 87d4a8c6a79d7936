"""Fields of JSON objects that the user chose by their paths."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feed.field_mapping import MISSING, FieldMapping, value_at

DOCUMENT: dict[str, Any] = {
    "nr": 7,
    "user": {"names": [{"short": "bob"}]},
    "user.id": 5,
    "when": "2026-03-14 09:26:53 +0200",
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("nr", 7),
        ("user.names.0.short", "bob"),
        ("user.id", 5),
        ("user.names.1.short", MISSING),
        ("user.names.short", MISSING),
        ("nr.x", MISSING),
        ("", MISSING),
    ],
)
def test_a_path_leads_to_a_value(path: str, value: object) -> None:
    assert value_at(DOCUMENT, path) == value


def test_chosen_fields_replace_those_of_the_source() -> None:
    mapping = FieldMapping(id="nr", author_id="user.names.0.short", created_at="when")
    assert mapping.apply(DOCUMENT, {"id": "1", "text": "dizzy"}) == {
        "id": 7,
        "text": "dizzy",
        "author_id": "bob",
        "created_at": "2026-03-14T09:26:53+02:00",
    }


def test_html_in_a_chosen_text_is_detected_whatever_the_source_says_of_its_own() -> None:
    fields = {"id": "1", "text": "plain", "html": False}
    document = {"body": "<p>so <b>dizzy</b></p>"}
    assert FieldMapping(text="body").apply(document, fields) == {"id": "1", "text": document["body"]}
    assert FieldMapping(id="body").apply(document, fields)["html"] is False


def test_a_chosen_field_that_an_object_lacks_is_missing() -> None:
    assert FieldMapping(text="body").apply(DOCUMENT, {"id": "1", "text": "not this"}) == {"id": "1"}


def test_an_empty_mapping_changes_nothing() -> None:
    assert FieldMapping().empty
    assert FieldMapping().apply(DOCUMENT, {"id": "1"}) == {"id": "1"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda values: (
        st.lists(values, max_size=3) | st.dictionaries(st.text("ab0.", max_size=3), values, max_size=3)
    ),
)


@given(JSON, st.text("ab01.", max_size=8))
def test_any_path_of_any_value_has_a_value_or_none(document: Any, path: str) -> None:
    value_at(document, path)
