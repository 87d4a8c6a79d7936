"""A dead letter: what it keeps of a message, and that a broker always takes it."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from monitor.deadletters import dead_letter
from monitor.errors import PoisonError
from monitor.records import Origin

ORIGIN = Origin("tweets", 3, 12, datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC))
NOW = datetime(2026, 3, 14, 9, 27, tzinfo=UTC)


def headers_of(value: bytes | None, detail: str = "cut off") -> dict[str, str]:
    letter = dead_letter(PoisonError("not-json", detail), origin=ORIGIN, key=b"1", value=value, at=NOW)
    return {name: text.decode() for name, text in letter.headers}


def test_the_headers_tell_why_and_from_where() -> None:
    assert headers_of(b'{"id":') == {
        "ade-reason": "not-json",
        "ade-detail": "cut off",
        "ade-topic": "tweets",
        "ade-partition": "3",
        "ade-offset": "12",
        "ade-timestamp": "2026-03-14T09:26:53+00:00",
        "ade-dead-lettered-at": "2026-03-14T09:27:00+00:00",
        "ade-value-length": "6",
    }


def test_key_and_value_stay_as_they_were() -> None:
    letter = dead_letter(PoisonError("not-utf8", "x"), origin=ORIGIN, key=b"\xff", value=b"\xfe\0")
    assert (letter.key, letter.value) == (b"\xff", b"\xfe\0")


def test_null_and_empty_can_be_told_apart() -> None:
    assert headers_of(None)["ade-value-length"] == "-1"
    assert headers_of(b"")["ade-value-length"] == "0"


@given(st.integers(0, 3_000_000), st.integers(0, 3_000_000), st.text(st.characters(exclude_categories=[])))
def test_a_letter_is_always_smaller_than_a_request_may_be(value: int, key: int, detail: str) -> None:
    error = PoisonError("too-large", detail * 1_000)
    letter = dead_letter(error, origin=ORIGIN, key=b"k" * key, value=b"v" * value)
    assert len(letter.value) == min(value, 900_000)
    size = len(letter.value) + len(letter.key or b"") + sum(len(n) + len(t) for n, t in letter.headers)
    assert size < 1_000_000
    assert dict(letter.headers)["ade-value-length"] == str(value).encode()
