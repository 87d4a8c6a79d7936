"""Lines: numbered, bounded, and as they are."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from monitor.feed.lines import Line, read_lines


def test_line_ends_and_the_byte_order_mark_are_left_out() -> None:
    data = b"\xef\xbb\xbfone\r\ntwo\n\nfour \xff\x85 still four"
    assert list(read_lines(io.BytesIO(data))) == [
        Line(1, b"one"),
        Line(2, b"two"),
        Line(3, b""),
        Line(4, b"four \xff\x85 still four"),
    ]


def test_a_line_that_is_too_long_is_cut_and_the_next_one_is_whole() -> None:
    data = b"a" * 1_000 + b"\n" + b"b" * 10 + b"\n" + b"c" * 11
    assert list(read_lines(io.BytesIO(data), longest=10)) == [
        Line(1, b"a" * 10, whole=False),
        Line(2, b"b" * 10),
        Line(3, b"c" * 10, whole=False),
    ]


@given(st.binary(max_size=100).filter(lambda data: not data.startswith(b"\xef\xbb\xbf")), st.integers(1, 20))
def test_no_bytes_appear_or_vanish(data: bytes, longest: int) -> None:
    lines = list(read_lines(io.BytesIO(data), longest))
    expected = data.split(b"\n")
    if not expected[-1]:
        expected.pop()
    assert [line.number for line in lines] == list(range(1, len(expected) + 1))
    for line, whole in zip(lines, expected, strict=True):
        assert whole.startswith(line.data)
        if line.whole:
            assert line.data == whole.removesuffix(b"\r")
        else:
            assert len(line.data) == longest < len(whole)
