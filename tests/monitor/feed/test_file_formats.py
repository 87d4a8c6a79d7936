"""The format of a file is detected from its extension and its first line."""

from __future__ import annotations

import pytest

from monitor.feed import FeedError, Format
from monitor.feed.file_formats import detect_format
from monitor.feed.source import SourceLine
from tests.monitor.feed.reading import positions, read


@pytest.mark.parametrize(
    ("first", "extension", "kind"),
    [
        (b'{"id": "1"}', "", Format.JSONL),
        (b'  {"id": "1"}', ".txt", Format.JSONL),
        (b"broken", ".jsonl", Format.JSONL),
        (b"id;text", ".csv", Format.CSV),
        (b"id,text", "", Format.CSV),
        (b"id\ttext", "", Format.TSV),
        (b"id\ttext", ".tsv", Format.TSV),
        (b"tweet_id\ttext\tlabel", ".tsv", Format.TSV),
        (b"tweet_id\ttweet", ".tsv", Format.SMM4H),
        (b"1212092628029698048\ti, for one, am dizzy", ".tsv", Format.SMM4H),
    ],
)
def test_the_format_is_detected(first: bytes, extension: str, kind: Format) -> None:
    assert detect_format(SourceLine(1, first), extension=extension, name="f") is kind


@pytest.mark.parametrize("first", [b"dizzy", b'[{"id": "1", "text": "dizzy"}]', b"\x00\x01"])
def test_an_unknown_format_is_an_error_with_advice(first: bytes) -> None:
    with pytest.raises(FeedError, match=r"--format|jq"):
        detect_format(SourceLine(1, first), extension="", name="f")


@pytest.mark.parametrize("header", [b"", b"tweet_id\ttweet\n"])
def test_the_text_of_smm4h_is_the_rest_of_the_line(header: bytes) -> None:
    tweets, rejects = read(header + b'10\t"so" dizzy,\tand more\r\n11\t"\n', Format.SMM4H)
    assert tweets == [{"id": "10", "text": '"so" dizzy,\tand more'}, {"id": "11", "text": '"'}]
    assert not rejects


def test_smm4h_lines_without_a_tab_or_with_wrong_bytes_are_rejected() -> None:
    tweets, rejects = read(b"10 dizzy\n11\t\xff\n12\t \n13\tfine\n", Format.SMM4H)
    assert [tweet["id"] for tweet in tweets] == ["13"]
    assert positions(rejects) == [(1, "wrong-columns"), (2, "not-utf8"), (3, "blank-text")]
