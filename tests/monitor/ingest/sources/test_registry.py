"""Detection: each object is read by its own source, and no object at all makes a source fail."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import PoisonError
from monitor.ingest import read_items, read_message
from monitor.ingest.sources import SOURCES, PostSource, source_named, source_of
from monitor.records import ComplianceEvent, Post
from tests.monitor.ingest.sources.examples import EXAMPLES

PAIRS = [(name, document) for name, documents in EXAMPLES.items() for document in documents]
KEYS = sorted({key for _, document in PAIRS for key in document} | {"text", "id", "user", "data", "tweet"})

ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=4)
    ),
    max_leaves=10,
)


def test_every_source_has_examples_and_a_description() -> None:
    assert {source.name for source in SOURCES} == EXAMPLES.keys()
    assert all(source.title for source in SOURCES)
    assert len({source.name for source in SOURCES}) == len(SOURCES)


@pytest.mark.parametrize(("name", "document"), PAIRS)
def test_an_object_is_recognized_by_its_own_source_first(name: str, document: dict[str, Any]) -> None:
    source = source_of(document)
    assert source is not None
    assert source.name == name


@pytest.mark.parametrize(("name", "document"), PAIRS)
def test_naming_the_source_gives_the_same_as_detecting_it(name: str, document: dict[str, Any]) -> None:
    assert list(read_items(document, source_named(name))) == list(read_items(document))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_an_object_of_something_else_is_refused_if_its_source_is_named(source: PostSource) -> None:
    [error] = read_items({"weather": "dizzy"}, source)
    assert isinstance(error, PoisonError)
    assert error.reason == "missing-field"


@pytest.mark.parametrize(("name", "document"), PAIRS)
def test_the_examples_are_valid(name: str, document: dict[str, Any]) -> None:
    assert [item for item in read_items(document) if isinstance(item, PoisonError)] == []


@pytest.mark.parametrize("extra", [{"conversation_id": "5"}, {"public_metrics": {}}, {"full_text": "x"}])
def test_a_message_of_our_contract_may_have_fields_of_a_platform(extra: dict[str, Any]) -> None:
    message = {"id": "forum:5", "text": "dizzy", "platform": "forum"} | extra
    [post] = read_items(message)
    assert isinstance(post, Post)
    assert (post.id, post.text, post.platform) == ("forum:5", "dizzy", "forum")


@given(st.sampled_from(SOURCES), st.dictionaries(st.sampled_from(KEYS) | st.text(), ODD))
def test_any_object_is_read_by_any_source_without_an_exception(source: Any, document: dict[str, Any]) -> None:
    source.recognizes(document)
    assert all(
        isinstance(item, Post | ComplianceEvent | PoisonError) for item in read_items(document, source)
    )


@given(st.data())
def test_an_object_with_a_wrong_value_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    name, example = data.draw(st.sampled_from(PAIRS))
    document = copy.deepcopy(example)
    inner: Any = document
    while True:
        key = data.draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
        if isinstance(inner[key], dict | list) and inner[key] and data.draw(st.booleans()):
            inner = inner[key]
            continue
        inner[key] = data.draw(ODD)
        break
    for source in (None, source_named(name)):
        items = list(read_items(document, source))
        assert all(isinstance(item, Post | ComplianceEvent | PoisonError) for item in items)


@given(ODD)
def test_any_json_value_on_the_topic_is_read_or_refused(document: Any) -> None:
    with suppress(PoisonError):
        read_message(json.dumps(document).encode())


@given(st.binary(max_size=200))
def test_any_bytes_on_the_topic_are_read_or_refused(value: bytes) -> None:
    with suppress(PoisonError):
        read_message(value)
