"""The format of a file is told by its extension and its first line."""

from __future__ import annotations

import pytest

from monitor.feed import FeedError, Format
from monitor.feed.file_formats import detect_format
from monitor.feed.source import SourceLine


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
def test_the_format_is_told(first: bytes, extension: str, kind: Format) -> None:
    assert detect_format(SourceLine(1, first), extension=extension, name="f") is kind


@pytest.mark.parametrize("first", [b"dizzy", b'[{"id": "1", "text": "dizzy"}]', b"\x00\x01"])
def test_what_is_no_format_is_an_error_that_says_what_to_do(first: bytes) -> None:
    with pytest.raises(FeedError, match=r"--format|jq"):
        detect_format(SourceLine(1, first), extension="", name="f")
