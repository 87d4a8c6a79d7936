"""The format of a file is detected from its start, and what is unknown is an error, never a guess."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.feed import (
    FILE_FORMATS,
    FeedError,
    FeedItem,
    Reject,
    Source,
    UnknownFormatError,
    detect_format,
    format_names,
    read_feed_items,
    require_format,
)
from monitor.feed.file_format import ReadOptions
from monitor.ingest.sources import SOURCES


def source_of_bytes(data: bytes, extension: str = "") -> Source:
    return Source(f"f{extension}", extension, io.BytesIO(data), data[:65_536])


@pytest.mark.parametrize(
    ("start", "extension", "form"),
    [
        ('{"id": "1"}', "", "jsonl"),
        ('{"id": "1"}\n{"id"', ".json", "jsonl"),
        ("broken\n", ".jsonl", "jsonl"),
        ('broken\n{"id": 1}\n', "", "jsonl"),
        ('{\n "id": 1\n}', ".jsonl", "json"),
        ('{"id": 1}{"id": 2}', "", "json"),
        ('[\n{"id": 1},\n{"id": 2}\n]', ".jsonl", "json"),
        ('window.YTD.tweets.part0 = [\n{"a": 1}\n]', ".js", "json"),
        ("garbage", ".json", "json"),
        ("id;text\n1;dizzy\n", ".csv", "csv"),
        ("id,text\n1,dizzy\n", "", "csv"),
        ("id\ttext\n1\tdizzy\n", "", "tsv"),
        ("1212092628029698048\ti, for one, am dizzy\n", ".tsv", "smm4h"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_format_is_detected(start: str, extension: str, form: str, encoding: str) -> None:
    detection = detect_format(source_of_bytes(start.encode(encoding), extension))
    assert detection.form.name == form
    assert detection.why


@pytest.mark.parametrize("start", [b"dizzy", b"\x00\x01", b"%PDF-1.7\n", b"<html><body>a</body></html>\n"])
def test_an_unknown_format_is_an_error_with_advice(start: bytes) -> None:
    with pytest.raises(UnknownFormatError, match="--format"):
        detect_format(source_of_bytes(start))


@pytest.mark.parametrize("form", FILE_FORMATS, ids=lambda form: form.name)
def test_a_named_format_is_used_whatever_the_file_is(form: object) -> None:
    name = getattr(form, "name", "")
    assert detect_format(source_of_bytes(b"id,text\n"), name).form is form


def test_a_named_source_is_json_of_any_shape() -> None:
    assert detect_format(source_of_bytes(b'{"id": "1"}\n'), "x-v2").form.name == "jsonl"
    assert detect_format(source_of_bytes(b'[{"id": "1"}]'), "x-v2").form.name == "json"
    with pytest.raises(UnknownFormatError, match="JSON"):
        detect_format(source_of_bytes(b"id,text\n1,dizzy\n"), "x-v2")


def test_names_of_formats_are_unique_and_known() -> None:
    names = format_names()
    assert len(set(names)) == len(names)
    assert {"auto", "jsonl", "csv", "tsv", "smm4h", *(source.name for source in SOURCES)} <= {*names}
    assert all(require_format(name) == name for name in names)
    with pytest.raises(FeedError, match="jsonl"):
        require_format("jsn")


PIECES = st.sampled_from(
    [
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"\\",
        b",",
        b";",
        b"\t",
        b"\n",
        b"\r\n",
        b"\0",
        b"id",
        b"text",
        b"1",
        b"PK\x03\x04",
    ]
) | st.binary(max_size=4)


@example(b"\xef\xbb\xbf", ".csv", "auto")
@example(b"\xff\xfe", ".json", "auto")
@example(b"PK\x03\x04[Content_Types].xml", ".xlsx", "auto")
@example(b"PAR1", "", "auto")
@given(
    st.lists(PIECES, max_size=30).map(b"".join),
    st.sampled_from(["", ".json", ".jsonl", ".csv", ".tsv", ".xlsx", ".parquet"]),
    st.sampled_from(format_names()),
)
def test_any_bytes_are_read_rejected_or_an_error_that_says_what_to_do(
    data: bytes, extension: str, name: str
) -> None:
    source = source_of_bytes(data, extension)
    try:
        items = list(read_feed_items(source, detect_format(source, name), ReadOptions(), name))
    except FeedError as error:
        assert str(error)
        return
    assert all(isinstance(item, FeedItem | Reject) for item in items)


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=4))
def test_json_is_never_read_as_a_table(document: dict[str, str]) -> None:
    for data in (json.dumps(document), json.dumps([document]), json.dumps(document, indent=1)):
        assert detect_format(source_of_bytes(data.encode(), ".csv")).form.name in ("json", "jsonl")


@pytest.mark.parametrize(
    "data", [b"1212092628029698048\n1212092628029698049\n", b"tweet_id\r\n1212092628029698048"]
)
@pytest.mark.parametrize("extension", ["", ".txt", ".csv"])
def test_a_file_of_ids_has_no_texts(data: bytes, extension: str) -> None:
    with pytest.raises(UnknownFormatError, match="only the ids"):
        detect_format(source_of_bytes(data, extension))
