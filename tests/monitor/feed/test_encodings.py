"""Encodings are detected from the first bytes, and transcoded in constant memory."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feed.encodings import (
    EncodingNameError,
    detect_encoding,
    is_western,
    normalized_encoding,
    utf8_stream,
)

TEXT = "id\ttext\n1\tI feel café-dizzy today\n"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_unicode_encodings_are_detected(encoding: str) -> None:
    data = TEXT.encode(encoding)
    detected = detect_encoding(data)
    assert detected is not None
    assert utf8_stream(io.BytesIO(data), detected).read() == TEXT.encode()


def test_plain_utf8_needs_no_transcoding() -> None:
    assert detect_encoding(TEXT.encode()) is None
    assert not is_western(TEXT.encode())


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_western_text_is_distinguished_from_broken_utf8(encoding: str) -> None:
    assert is_western(TEXT.encode(encoding))
    assert not is_western(("café " * 5).encode() + b"\xff")
    assert not is_western("café".encode()[:-1])


def test_an_unknown_encoding_is_an_error() -> None:
    with pytest.raises(EncodingNameError, match="utf-17"):
        normalized_encoding("utf-17")
    with pytest.raises(EncodingNameError):
        normalized_encoding("base64")


def test_carriage_returns_of_old_files_become_line_ends() -> None:
    stream = utf8_stream(io.BytesIO(b"a\rb\r"), "mac-roman", old_line_ends=True)
    assert list(stream) == [b"a\n", b"b\n"]


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200).filter(lambda text: text[:1] != "\ufeff")
)
def test_a_stream_with_a_byte_order_mark_is_transcoded_whole(text: str) -> None:
    data = text.encode("utf-16")
    assert utf8_stream(io.BytesIO(data), "utf-16").read() == text.encode()


@given(st.binary(max_size=200))
def test_any_bytes_have_an_encoding_or_none(data: bytes) -> None:
    encoding = detect_encoding(data)
    is_western(data)
    utf8_stream(io.BytesIO(data), encoding or "utf-8").read().decode()
