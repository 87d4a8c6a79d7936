"""Damaged objects: no source raises, what is read can be stored, and no other platform takes them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from html import escape
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.errors import PoisonError
from monitor.ingest import REASONS, Item, read_items, read_message
from monitor.ingest.field_checks import MAX_ALIASES, MAX_CONTEXT_PARTS, MAX_ID, MAX_TEXT, MAX_URL
from monitor.ingest.sources import SOURCES, source_of
from monitor.records import ComplianceEvent, Post
from tests.monitor.ingest.sources.examples import EXAMPLES
from tests.monitor.ingest.sources.examples_platforms import (
    COMMENT,
    MESSAGE,
    RECORD,
    STATUS,
    export,
    jetstream,
)
from tests.monitor.ingest.sources.examples_x import V2_POST

PAIRS = [(name, document) for name, documents in EXAMPLES.items() for document in documents]
OTHER_PLATFORMS = ("bluesky", "mastodon", "reddit", "telegram")
CHARACTERS = st.characters(exclude_categories=[])

JSON_VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(CHARACTERS, max_size=20)
    | st.sampled_from(["", " ", "<p></p>", "at://", "https://", "[deleted]", "9" * 400, "\ud800", "RT @x: "]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def platform_of(source: str) -> str:
    """Return the platform whose objects a source reads; ours are of no platform."""
    return source if source in (*OTHER_PLATFORMS, "contract") else "x"


def places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container of a document with each of its keys or positions."""
    waiting = [document]
    while waiting:
        inner = waiting.pop()
        for key in list(inner) if isinstance(inner, dict) else range(len(inner)):
            yield inner, key
            if isinstance(inner[key], dict | list):
                waiting.append(inner[key])


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, Any]:
    """Draw the name of a source, and one of its examples after one or two changes anywhere."""
    name, original = draw(st.sampled_from(PAIRS))
    document = copy.deepcopy(original)
    for _ in range(draw(st.integers(1, 2))):
        candidates = list(places(document))
        if not candidates:
            break
        inner, key = draw(st.sampled_from(candidates))
        change = draw(st.sampled_from(["drop", "replace", "cut", "nest", "repeat", "text"]))
        value = inner[key]
        if change == "drop":
            del inner[key]
        elif change == "replace":
            inner[key] = draw(JSON_VALUE)
        elif change == "cut" and isinstance(value, str | list):
            inner[key] = value[: draw(st.integers(0, len(value)))]
        elif change == "nest":
            inner[key] = draw(st.sampled_from([[value], {"data": value}, {"text": value}, [[]]]))
        elif change == "repeat" and isinstance(value, str):
            inner[key] = value * 1_000
        elif change == "text" and not isinstance(value, str):
            inner[key] = json.dumps(value)
    return name, document


def assert_is_storable(item: Item) -> None:
    if isinstance(item, PoisonError):
        assert item.reason in REASONS
    elif isinstance(item, ComplianceEvent):
        assert item.author_id if item.kind.about_author else item.post_id
    else:
        assert isinstance(item, Post)
        assert item.text.strip()
        assert len(item.text) <= MAX_TEXT
        assert len(item.aliases) <= MAX_ALIASES
        assert len(item.context) <= MAX_CONTEXT_PARTS
        assert len(item.url or "") <= MAX_URL
        for identifier in (item.id, item.author_id, item.referenced_id, *item.aliases):
            assert identifier is None or 0 < len(identifier) <= MAX_ID
        for text in (item.id, item.text, item.lang or "", *(part.text for part in item.context)):
            assert "\0" not in text


@given(damaged())
def test_a_damaged_object_is_read_or_refused_and_what_is_read_can_be_stored(case: tuple[str, Any]) -> None:
    _, document = case
    for source in (None, *SOURCES):
        for item in read_items(document, source):
            assert_is_storable(item)


@given(damaged())
def test_a_damaged_object_is_never_read_as_one_of_another_platform(case: tuple[str, Any]) -> None:
    name, document = case
    source = source_of(document) if isinstance(document, dict) else None
    if source is None or source.name == "contract":
        return
    assert platform_of(source.name) == platform_of(name)
    for item in read_items(document):
        assert not isinstance(item, Post) or item.platform in (None, platform_of(source.name))


@given(JSON_VALUE | st.lists(JSON_VALUE), st.sampled_from([None, *(source.name for source in SOURCES)]))
@example({"did": [], "time_us": {}, "kind": "commit", "commit": 7}, "bluesky")
@example({"event": "update", "payload": "\ud800"}, "mastodon")
@example({"kind": "Listing", "data": {"children": [[], None, {"kind": {}, "data": {}}]}}, "reddit")
@example({"messages": [[], {"text": [{}, None]}], "name": 7, "id": []}, "telegram")
def test_any_json_with_any_named_source_is_read_or_refused(document: Any, source: str | None) -> None:
    value = json.dumps(document).encode()
    try:
        items = read_message(value, source)
    except PoisonError as refusal:
        items = [refusal]
    for item in items:
        assert_is_storable(item)
        if isinstance(item, Post):
            item.text.encode()
            item.id.encode()


@given(damaged(), st.data())
def test_a_message_that_is_cut_or_has_a_wrong_byte_is_read_or_refused(
    case: tuple[str, Any], data: st.DataObject
) -> None:
    whole = json.dumps(case[1]).encode()
    place = data.draw(st.integers(0, len(whole) - 1))
    for value in (whole[:place], whole[:place] + data.draw(st.binary(max_size=2)) + whole[place + 1 :]):
        try:
            items = read_message(value)
        except PoisonError as refusal:
            items = [refusal]
        for item in items:
            assert_is_storable(item)


@given(st.dictionaries(st.sampled_from(["id", "text", "data", "kind", "did", "event"]), JSON_VALUE))
def test_an_object_without_the_fields_of_a_platform_is_of_no_platform(document: dict[str, Any]) -> None:
    source = source_of(document)
    assert source is None or platform_of(source.name) not in ("mastodon", "telegram")


HTML_TEXT = "<p>zoloft gave me a <b>terrible</b> headache</p>"
IN_HTML = [
    jetstream(record=RECORD | {"text": HTML_TEXT}),
    STATUS | {"content": HTML_TEXT},
    COMMENT | {"body": HTML_TEXT},
    COMMENT | {"body": escape(HTML_TEXT)},
    export(MESSAGE | {"text": HTML_TEXT}),
    V2_POST | {"text": HTML_TEXT},
    {"id": "1", "text": HTML_TEXT},
]


@pytest.mark.parametrize("document", IN_HTML)
def test_html_is_converted_whatever_the_source(document: dict[str, Any]) -> None:
    [post] = read_items(document)
    assert isinstance(post, Post)
    assert post.text == "zoloft gave me a terrible headache"
