"""A dead letter keeps what matters of a message, and is never too large for the broker."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.deadletters import StoredLetter, dead_letter
from monitor.errors import PoisonError
from monitor.records import Origin, RefusedMessage

READ_AT = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
NOW = datetime(2026, 3, 14, 9, 27, tzinfo=UTC)


def refused(
    value: bytes | None, *, key: bytes | None = b"1", reason: str = "not-json", detail: str = "cut off"
) -> RefusedMessage:
    return RefusedMessage(Origin("tweets", 3, 12, READ_AT, key, value), PoisonError(reason, detail))


def headers_of(value: bytes | None) -> dict[str, str]:
    return {name: text.decode() for name, text in dead_letter(refused(value), at=NOW).headers}


def test_the_headers_have_the_reason_and_the_origin() -> None:
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


def test_the_header_that_names_the_source_is_kept() -> None:
    origin = replace(refused(b"{}").origin, source="x-v2")
    assert dict(dead_letter(RefusedMessage(origin, refused(b"{}").error)).headers)["source"] == b"x-v2"
    assert "source" not in headers_of(b"{}")


@pytest.mark.parametrize("reason", ["not-json", "model-error"])
def test_the_reason_is_that_of_the_refusal(reason: str) -> None:
    assert dead_letter(refused(b"x", reason=reason)).reason == reason


def test_a_letter_is_dated_now_by_default() -> None:
    before = datetime.now(UTC)
    headers = dict(dead_letter(refused(b"x")).headers)
    assert before <= datetime.fromisoformat(headers["ade-dead-lettered-at"].decode()) <= datetime.now(UTC)


def test_key_and_value_stay_as_they_were() -> None:
    letter = dead_letter(refused(b"\xfe\0", key=b"\xff"))
    assert (letter.key, letter.value) == (b"\xff", b"\xfe\0")
    assert dead_letter(refused(b"x", key=None)).key is None


def test_a_long_detail_is_cut_to_500_characters() -> None:
    headers = dict(dead_letter(refused(b"x", detail="é" * 600)).headers)
    assert headers["ade-detail"].decode() == "é" * 500


def test_null_and_empty_values_can_be_distinguished() -> None:
    assert headers_of(None)["ade-value-length"] == "-1"
    assert headers_of(b"")["ade-value-length"] == "0"


@given(st.integers(0, 3_000_000), st.integers(0, 3_000_000), st.text(st.characters(exclude_categories=[])))
def test_a_letter_is_always_smaller_than_a_request_may_be(value: int, key: int, detail: str) -> None:
    letter = dead_letter(refused(b"v" * value, key=b"k" * key, reason="too-large", detail=detail * 1_000))
    assert len(letter.value) == min(value, 900_000)
    assert letter.key == b"k" * min(key, 4_096)
    size = len(letter.value) + len(letter.key or b"") + sum(len(n) + len(t) for n, t in letter.headers)
    assert size < 1_000_000
    assert dict(letter.headers)["ade-value-length"] == str(value).encode()


def stored(value: bytes, **headers: str) -> StoredLetter:
    named = {f"ade-{name.replace('_', '-')}": text for name, text in headers.items()}
    return StoredLetter(0, 12, b"1", value, named, None)


def test_a_stored_letter_has_the_reason_of_its_header_or_none_that_is_known() -> None:
    assert stored(b"x", reason="bad-date").reason == "bad-date"
    assert stored(b"x").reason == "unknown"


def test_a_stored_letter_is_whole_if_its_value_has_the_length_of_the_original() -> None:
    assert stored(b"abc", value_length="3").whole
    assert not stored(b"abc", value_length="4").whole
    assert not stored(b"", value_length="-1").whole
    assert stored(b"abc").whole


def test_only_a_null_value_was_null() -> None:
    assert stored(b"", value_length="-1").was_null
    assert not stored(b"", value_length="0").was_null
    assert stored(b"", value_length="-1").record()["value"] is None
    assert stored(b"", value_length="0").record()["value"] == ""


def test_the_source_of_a_stored_letter_is_that_of_its_header_or_its_shape() -> None:
    tweet = b'{"data": {"id": "1", "text": " "}}'
    assert stored(tweet).source == "x-v2"
    assert stored(b"[" + tweet + b"]").source == "x-v2"
    assert StoredLetter(0, 12, None, tweet, {"source": "contract"}, None).source == "contract"
    for value in (b"", b"not json", b"[]", b"5", b'{"a": 1}'):
        assert stored(value).source is None
