"""JSON of any shape is split into its documents, and a fault costs one document."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.feed import json_documents
from monitor.feed.json_documents import split_documents
from monitor.feed.json_text import JsonText


class Drops(io.RawIOBase):
    """A stream that returns a few bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data = io.BytesIO(data)
        self._size = size

    def read1(self, _size: int) -> bytes:
        return self._data.read(self._size)


def split(data: bytes, size: int = 1_000) -> list[JsonText]:
    return [*split_documents(Drops(data, size))]  # type: ignore[arg-type]


def documents(data: bytes, size: int = 1_000) -> list[Any]:
    return [json.loads(text.data) for text in split(data, size)]


A, B = {"id": 1, "text": 'a "}]" b'}, {"id": 2, "user": {"tags": [[], {}]}}


@pytest.mark.parametrize(
    "data",
    [
        json.dumps([A, B]),
        json.dumps([A, B], indent=2),
        json.dumps(A) + json.dumps(B),
        json.dumps(A, indent=1) + "\n" + json.dumps(B, indent=1),
        f"{json.dumps(A)},\n{json.dumps(B)},\n",
        f"window.YTD.tweets.part0 = {json.dumps([A, B], indent=2)}",
        f"Grailbird.data.tweets_2014_01 = {json.dumps([A, B])};",
        f"{json.dumps([A])}\n{json.dumps([B])}\n",
        f"\n\n  [\n{json.dumps(A)},\n\n{json.dumps(B)}]\n",
    ],
    ids=[
        "array",
        "indented",
        "joined",
        "indented-joined",
        "commas",
        "archive",
        "old-archive",
        "two-arrays",
        "blank-lines",
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_each_object_is_a_document(data: str, size: int) -> None:
    assert documents(data.encode(), size) == [A, B]


def test_documents_have_the_line_on_which_they_start() -> None:
    data = json.dumps([A, B, A], indent=1).encode()
    lines = data.split(b"\n")
    for text in split(data, 5):
        assert lines[text.line - 1].strip() == b"{"
    assert len({text.line for text in split(data)}) == 3


@pytest.mark.parametrize("data", [b"", b" \n\t", b"[]", b"[ ]\n[]", b"window.YTD.tweet.part0 = [ ]"])
def test_nothing_has_no_document(data: bytes) -> None:
    assert split(data) == []


def test_a_broken_string_costs_one_document() -> None:
    lines = ["[", ' {"id": 1},', ' {"id": "2', '", "x": {"id": 20}},', ' {"id": 3}', "]"]
    texts = split("\n".join(lines).encode())
    assert [(text.line, text.data) for text in texts] == [
        (2, b'{"id": 1}'),
        (3, b'{"id": "2'),
        (5, b'{"id": 3}'),
    ]


def test_text_that_is_not_json_is_one_document_up_to_the_next_good_one() -> None:
    texts = split(b'what\nis {this}\n"it"? {"id": 1} and\nmore')
    assert [text.data for text in texts] == [b"what\nis", b"{this}", b'"it"?', b'{"id": 1}', b"and\nmore"]


@pytest.mark.parametrize("data", [b'[{"id": 1}, {"id"', b'[{"id": 1},', b'[{"id": 1}', b'{"id": 1}{"a": ['])
def test_a_cut_file_has_a_document_that_says_so(data: bytes) -> None:
    *whole, last = split(data)
    assert [text.data for text in whole] == [b'{"id": 1}']
    assert last.is_cut


def test_a_document_that_is_too_long_is_cut_and_the_next_one_is_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_documents, "MAX_LINE", 200)
    long = {"text": "x" * 1_000, "inner": [{"a": "y" * 500}]}
    texts = split(json.dumps([A, long, B]).encode(), 50)
    assert [text.is_too_long for text in texts] == [False, True, False]
    assert len(texts[1].data) <= 200
    assert json.loads(texts[2].data) == B


CHAT = {"name": "Migraine", "type": "private_supergroup", "id": 99}
MESSAGES = [{"id": 1, "text": "dizzy"}, {"id": 2, "text": ["a", {"type": "bold", "text": "b"}]}]


@pytest.mark.parametrize("size", [3, 1_000])
def test_the_messages_of_a_telegram_export_are_documents(size: int) -> None:
    export = json.dumps({**CHAT, "messages": MESSAGES, "end": {"messages": [1]}}, indent=1).encode()
    texts = split(export, size)
    assert [json.loads(text.data) for text in texts] == MESSAGES
    assert [text.chat for text in texts] == [CHAT, CHAT]


def test_an_export_of_all_chats_is_split_into_messages() -> None:
    other = {"name": "Left", "type": "public_channel", "id": 7}
    export = {
        "about": "…",
        "personal_information": {"user_id": 5, "list": [1, 2]},
        "chats": {"about": "…", "list": [{**CHAT, "messages": MESSAGES}, {**CHAT, "messages": []}]},
        "left_chats": {"list": [{**other, "messages": MESSAGES[:1]}]},
    }
    texts = split(json.dumps(export).encode(), 11)
    assert [(text.chat, json.loads(text.data)) for text in texts] == [
        (CHAT, MESSAGES[0]),
        (CHAT, MESSAGES[1]),
        (other, MESSAGES[0]),
    ]


def test_the_messages_of_other_objects_stay_in_them() -> None:
    post = {"id": 1, "text": "dizzy", "messages": [{"id": 2, "text": "no"}]}
    array = [{**CHAT, "messages": MESSAGES}]
    assert documents(json.dumps(post).encode()) == [post]
    assert documents(json.dumps(array).encode()) == array


def test_only_one_document_is_in_memory() -> None:
    class Endless(io.RawIOBase):
        def __init__(self) -> None:
            self.begun = False

        def read1(self, _size: int) -> bytes:
            data = b"" if self.begun else b'{"type": "t", "id": 1, "messages": ['
            self.begun = True
            return data + b'{"id": 1, "text": "dizzy"},\n' * 1_000

    splitter = json_documents._Splitter(Endless())  # type: ignore[arg-type]
    for number, _ in enumerate(splitter.documents()):
        if number == 100_000:
            break
        assert len(splitter._buffer) < 100_000


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=8), JSON, max_size=4), max_size=4)


@given(OBJECTS, st.sampled_from([None, 0, 1, 4]), st.booleans(), st.integers(1, 40))
def test_any_objects_are_split_as_they_were_joined(
    objects: list[dict[str, Any]], indent: int | None, in_array: bool, size: int
) -> None:
    if in_array:
        data = json.dumps(objects, indent=indent)
    else:
        data = "".join(json.dumps(part, indent=indent) for part in objects)
    assert documents(data.encode(), size) == objects


@example(b'{"a": "\n[{]}', 3)
@example(b'{"type": "t", "messages": [}', 2)
@given(
    st.lists(
        st.sampled_from(
            [b"{", b"}", b"[", b"]", b'"', b"\\", b",", b"\n", b"1", b'"messages":', b'"type":"t"']
        )
        | st.binary(max_size=3)
    ).map(b"".join),
    st.integers(1, 9),
)
def test_any_bytes_are_split(data: bytes, size: int) -> None:
    texts = split(data, size)
    assert [text.data for text in texts] == [text.data for text in split(data, 1_000)]
    assert all(text.data in data for text in texts)
