"""The message contract: valid messages are read, and all others are refused in the same way."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.errors import PoisonError
from monitor.ingest import REASONS, read_message
from monitor.ingest.contract import MAX_BYTES
from monitor.ingest.field_checks import MAX_ID, MAX_TEXT
from monitor.records import ComplianceEvent, ContextKind, ContextPart, EventKind, Post, PostKind
from tests.monitor.messages import read_post

V2_TWEET = {
    "id": "1212092628029698048",
    "text": "day 3 on zoloft and i can't stop shaking 😬",
    "author_id": "2244994945",
    "created_at": "2019-12-31T19:26:16.000Z",
    "lang": "en",
    "edit_history_tweet_ids": ["1212092628029698048"],
    "public_metrics": {"retweet_count": 7, "like_count": 38},
    "entities": {"hashtags": [{"start": 0, "end": 3, "tag": "x"}]},
}


def value_of(**fields: object) -> bytes:
    return json.dumps({"id": "1", "text": "dizzy"} | fields).encode()


def test_a_tweet_object_of_the_v2_api_is_valid_as_it_is() -> None:
    assert read_post(json.dumps(V2_TWEET).encode()) == Post(
        id="1212092628029698048",
        text="day 3 on zoloft and i can't stop shaking 😬",
        author_id="2244994945",
        created_at=datetime(2019, 12, 31, 19, 26, 16, tzinfo=UTC),
        lang="en",
        platform="x",
        url="https://x.com/i/status/1212092628029698048",
    )


def test_id_and_text_are_enough() -> None:
    assert read_post(b' {"id": "1", "text": "dizzy"}\n') == Post("1", "dizzy")


@pytest.mark.parametrize("field", ["html", "author_id", "created_at", "lang"])
def test_an_optional_field_may_be_null(field: str) -> None:
    assert read_post(value_of(**{field: None})) == Post("1", "dizzy")


def test_an_id_may_be_any_64_bit_number_and_keeps_all_digits() -> None:
    assert read_post(value_of(id=2**64 - 1, author_id=0)) == Post("18446744073709551615", "dizzy", "0")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-02-29T12:00:00Z", datetime(2024, 2, 29, 12, tzinfo=UTC)),
        ("2024-02-29t12:00:00.5z", datetime(2024, 2, 29, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2024-02-29 12:00:00", datetime(2024, 2, 29, 12, tzinfo=UTC)),
        ("2024-02-29T12:00:00.123456789+0530", datetime(2024, 2, 29, 6, 30, 0, 123_456, tzinfo=UTC)),
        ("1970-01-01T00:00:00-14:00", datetime(1970, 1, 1, 14, tzinfo=UTC)),
        ("2099-12-31T23:59:59+00:00", datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_with_its_zone_and_without_one_as_utc(written: str, expected: datetime) -> None:
    moment = read_post(value_of(created_at=written)).created_at
    assert moment == expected
    assert moment is not None and moment.utcoffset() == timedelta(0)


def test_each_character_that_postgres_cannot_store_becomes_a_replacement_character() -> None:
    written = b'{"id": "1", "text": "a\\u0000b\\ud800c\\udfffd \\ud83d\\ude2c \\\\ud800"}'
    assert read_post(written).text == "a\ufffdb\ufffdc\ufffdd 😬 \\ud800"


def test_if_a_field_occurs_twice_the_last_one_counts() -> None:
    assert read_post(b'{"id": "1", "text": "first", "text": "last"}').text == "last"


def test_the_longest_text_and_the_longest_value_are_read() -> None:
    assert len(read_post(value_of(text="☹" * MAX_TEXT)).text) == MAX_TEXT
    assert read_post(value_of().ljust(MAX_BYTES)).text == "dizzy"


BAD_MESSAGES = {
    "null value": (None, "empty"),
    "no bytes": (b"", "empty"),
    "white space": (b" \r\n\t", "empty"),
    "not UTF-8": (b'{"id": "1", "text": "\xff"}', "not-utf8"),
    "a surrogate as bytes": (b'{"id": "1", "text": "\xed\xa0\x80"}', "not-utf8"),
    "cut off": (b'{"id": "1", "text": "diz', "not-json"),
    "byte order mark": (b"\xef\xbb\xbf" + value_of(), "not-json"),
    "two objects": (value_of() + value_of(), "not-json"),
    "NaN": (b"NaN", "not-json"),
    "NaN in a field that is ignored": (b'{"id": "1", "text": "dizzy", "score": NaN}', "not-json"),
    "Infinity": (b'{"id": Infinity, "text": "dizzy"}', "not-json"),
    "deep nesting": (b'{"id": "1", "text": "dizzy", "x": ' + b"[" * 100_000, "not-json"),
    "closed deep nesting": (b"[" * 100_000 + b"]" * 100_000, "not-json"),
    "deep nesting and a lone surrogate": (b'["\\ud800",' + b"[" * 100_000, "not-json"),
    "an integer of 5000 digits": (b'{"text": "dizzy", "id": ' + b"9" * 5_000 + b"}", "not-json"),
    "raw control character": (b'{"id": "1", "text": "a\x00b"}', "not-json"),
    "an empty array": (b"[]", "not-an-object"),
    "an array of numbers": (b"[42]", "not-an-object"),
    "a number": (b"42", "not-an-object"),
    "a string": (b'"dizzy"', "not-an-object"),
    "null": (b"null", "not-an-object"),
    "no id": (b'{"text": "dizzy"}', "missing-field"),
    "no text": (b'{"id": "1"}', "missing-field"),
    "text null": (value_of(text=None), "wrong-type"),
    "text a number": (value_of(text=42), "wrong-type"),
    "id an object": (value_of(id={"$oid": "1"}), "wrong-type"),
    "id true": (value_of(id=True), "wrong-type"),
    "id rounded": (value_of(id=1.212092628029698e18), "wrong-type"),
    "author a list": (value_of(author_id=["1"]), "wrong-type"),
    "date a number": (value_of(created_at=1_577_820_376), "wrong-type"),
    "language a number": (value_of(lang=1), "wrong-type"),
    "id empty": (value_of(id=""), "bad-id"),
    "id blank": (value_of(id="  "), "bad-id"),
    "id too long": (value_of(id="1" * (MAX_ID + 1)), "bad-id"),
    "id with a line end": (value_of(id="1\n"), "bad-id"),
    "id with NUL": (value_of(id="1\0"), "bad-id"),
    "id with a lone surrogate": (value_of(id="1\ud800"), "bad-id"),
    "id negative": (value_of(id=-1), "bad-id"),
    "id of 65 bits": (value_of(id=2**64), "bad-id"),
    "id of 4000 digits": (b'{"text": "dizzy", "id": ' + b"9" * 4_000 + b"}", "bad-id"),
    "text empty": (value_of(text=""), "blank-text"),
    "text blank": (value_of(text=" \n\u3000"), "blank-text"),
    "text too long": (value_of(text="a" * (MAX_TEXT + 1)), "too-long"),
    "language too long": (value_of(lang="a" * 36), "too-long"),
    "date in words": (value_of(created_at="yesterday"), "bad-date"),
    "date empty": (value_of(created_at=""), "bad-date"),
    "February 30": (value_of(created_at="2024-02-30T00:00:00Z"), "bad-date"),
    "second 60": (value_of(created_at="2016-12-31T23:59:60Z"), "bad-date"),
    "1969 in UTC": (value_of(created_at="1970-01-01T00:00:00+14:00"), "bad-date"),
    "2100 in UTC": (value_of(created_at="2099-12-31T23:59:59-00:01"), "bad-date"),
    "the year 1": (value_of(created_at="0001-01-01T00:00:00Z"), "bad-date"),
    "the year 9999": (value_of(created_at="9999-12-31T23:59:59-12:00"), "bad-date"),
    "kind unknown": (value_of(kind="retweet"), "unknown-value"),
    "kind a number": (value_of(kind=1), "wrong-type"),
    "context not an array": (value_of(context="a thread"), "wrong-type"),
    "context of unknown kind": (value_of(context=[{"kind": "x", "text": "a"}]), "unknown-value"),
    "context without text": (value_of(context=[{"kind": "title"}]), "wrong-type"),
    "aliases not an array": (value_of(aliases="2"), "wrong-type"),
    "aliases with a blank id": (value_of(aliases=[" "]), "bad-id"),
    "too many aliases": (value_of(aliases=["2"] * 65), "too-long"),
    "URL too long": (value_of(url="a" * 2_049), "too-long"),
    "platform too long": (value_of(platform="a" * 33), "too-long"),
    "tombstone not an object": (b'{"tombstone": "1"}', "wrong-type"),
    "tombstone of unknown event": (b'{"tombstone": {"event": "x", "id": "1"}}', "unknown-value"),
    "tombstone without an id": (b'{"tombstone": {"event": "delete"}}', "missing-field"),
    "tombstone without an author": (b'{"tombstone": {"event": "user_delete", "id": "1"}}', "missing-field"),
    "html not a boolean": (value_of(html="yes"), "wrong-type"),
    "a byte more than 1 MiB": (value_of().ljust(1_048_577), "too-large"),
    "3 MB": (value_of(text="a" * 3_000_000), "too-large"),
}


@pytest.mark.parametrize(("value", "reason"), BAD_MESSAGES.values(), ids=BAD_MESSAGES.keys())
def test_a_bad_message_is_refused_with_its_reason(value: bytes | None, reason: str) -> None:
    with pytest.raises(PoisonError) as refusal:
        read_post(value)
    assert refusal.value.reason == reason


def test_the_bad_messages_above_cover_every_reason() -> None:
    with_header = {"unknown-source"}
    assert {reason for _, reason in BAD_MESSAGES.values()} | with_header == set(REASONS)


def test_an_unknown_source_in_the_header_is_refused() -> None:
    with pytest.raises(PoisonError) as refusal:
        read_message(value_of(), "myspace")
    assert refusal.value.reason == "unknown-source"


def test_all_fields_of_a_post_are_read() -> None:
    value = value_of(
        platform="bluesky",
        kind="reply",
        referenced_id="bsky:did:plc:a/1",
        url="https://example.org/1",
        edited_at="2026-03-14T09:26:53Z",
        aliases=["2", 3],
        context=[{"kind": "parent", "text": "how is zoloft?"}, {"kind": "title", "text": " "}],
    )
    assert read_post(value) == Post(
        "1",
        "dizzy",
        platform="bluesky",
        kind=PostKind.REPLY,
        referenced_id="bsky:did:plc:a/1",
        url="https://example.org/1",
        edited_at=datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC),
        aliases=("2", "3"),
        context=(ContextPart(ContextKind.PARENT, "how is zoloft?"),),
    )


def test_a_long_context_is_cut_and_not_refused() -> None:
    part = {"kind": "quoted", "text": "a" * 20_000}
    assert [len(part.text) for part in read_post(value_of(context=[part] * 20)).context] == [10_000] * 8


def test_a_tombstone_is_a_deletion_of_a_post_or_an_event_of_an_author() -> None:
    at = "2026-03-14T09:26:53Z"
    assert read_message(b'{"tombstone": {"id": 17}}') == [ComplianceEvent(EventKind.DELETE, "17")]
    assert read_message(
        json.dumps({"tombstone": {"event": "user_protect", "author_id": "4", "at": at}}).encode()
    ) == [
        ComplianceEvent(
            EventKind.USER_PROTECT, author_id="4", at=datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
        )
    ]


def test_a_tombstone_with_a_text_is_a_post() -> None:
    assert read_post(value_of(tombstone={"id": "2"})) == Post("1", "dizzy")


def test_an_array_has_several_posts_and_each_fault_is_separate() -> None:
    first, second, third = read_message(b'[{"id": "1", "text": "a"}, {"id": "2"}, {"id": "3", "text": "b"}]')
    assert (first, third) == (Post("1", "a"), Post("3", "b"))
    assert isinstance(second, PoisonError)


@given(st.sampled_from(["id", "text", "author_id", "created_at", "lang"]), st.text(max_size=100))
def test_a_refusal_never_quotes_the_content_of_a_field(field: str, rest: str) -> None:
    secret = "zolofthurts"
    for content in (secret + rest + "\n", [secret + rest], {secret: rest}):
        try:
            read_post(value_of(**{field: content}))
            read_post(value_of(**{field: content})[: -len(rest) - 5])
        except PoisonError as refusal:
            assert secret not in str(refusal)


def assert_is_read_or_refused(value: bytes) -> None:
    try:
        items = read_message(value)
    except PoisonError as refusal:
        items = [refusal]
    for item in items:
        if isinstance(item, PoisonError):
            assert item.reason in REASONS
        elif isinstance(item, Post):
            assert_is_storable(item)


def assert_is_storable(tweet: Post) -> None:
    # Postgres can store a valid tweet, and the tweet has an id and a text.
    assert 0 < len(tweet.id) <= MAX_ID
    assert tweet.text.strip()
    for text in (tweet.id, tweet.text, tweet.author_id or "", tweet.lang or ""):
        assert "\0" not in text
        text.encode()
    assert tweet.created_at is None or tweet.created_at.tzinfo is not None


@given(st.binary(max_size=200))
@example(b'{"id":"1","text":"\\ud8')
@example(b'\\ud800{"id":"1","text":"a"}')
def test_arbitrary_bytes_are_read_or_refused_and_raise_nothing_else(value: bytes) -> None:
    assert_is_read_or_refused(value)


@given(st.text(max_size=200))
def test_arbitrary_text_is_read_or_refused(text: str) -> None:
    assert_is_read_or_refused(text.encode(errors="surrogatepass"))


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["id", "text", "author_id", "created_at", "lang", "x"]), ANY_JSON)
    | ANY_JSON
)
def test_arbitrary_json_is_read_or_refused(document: object) -> None:
    assert_is_read_or_refused(json.dumps(document).encode())


@given(st.data())
def test_a_message_that_is_cut_or_has_a_wrong_byte_is_read_or_refused(data: st.DataObject) -> None:
    whole = json.dumps(V2_TWEET).encode()
    place = data.draw(st.integers(0, len(whole) - 1))
    assert_is_read_or_refused(whole[:place])
    assert_is_read_or_refused(
        whole[:place] + data.draw(st.binary(min_size=1, max_size=1)) + whole[place + 1 :]
    )


@given(st.text(st.characters(exclude_categories=[]), min_size=1, max_size=50))
def test_offsets_in_the_text_stay_the_same(text: str) -> None:
    try:
        read = read_post(value_of(text="x" + text)).text
    except PoisonError:
        pytest.fail("a text that is not blank was refused")
    assert len(read) == len(text) + 1
    assert all(a == b or b == "\ufffd" for a, b in zip("x" + text, read, strict=True))


def test_the_first_of_several_faults_is_the_reason() -> None:
    with pytest.raises(PoisonError) as caught:
        read_post(b'{"created_at": "yesterday"}')
    assert caught.value.reason == "missing-field"
    assert caught.value.detail.startswith("`id`")
    with pytest.raises(PoisonError) as caught:
        read_post(value_of(id="", created_at="yesterday"))
    assert caught.value.reason == "bad-id"
