"""Messages have all fields of the contract, and reading them gives the same post or event."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from monitor.feed import contract_fields, message_of
from monitor.ingest import read_message
from monitor.ingest.contract import MAX_BYTES
from monitor.records import ComplianceEvent, ContextKind, ContextPart, EventKind, Post, PostKind

IDS = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20)
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30
).filter(lambda text: not text.isspace())
DATES = st.none() | st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 30)).map(
    lambda date: date.replace(tzinfo=UTC)
)
POSTS = st.builds(
    Post,
    id=IDS,
    text=TEXTS,
    author_id=st.none() | IDS,
    created_at=DATES,
    lang=st.none() | st.sampled_from(["en", "pt-BR"]),
    platform=st.none() | st.sampled_from(["x", "bluesky"]),
    kind=st.sampled_from(PostKind),
    referenced_id=st.none() | IDS,
    url=st.none() | st.just("https://x.com/i/status/1"),
    edited_at=DATES,
    aliases=st.lists(IDS, max_size=3).map(tuple),
    context=st.lists(st.builds(ContextPart, st.sampled_from(ContextKind), TEXTS), max_size=3).map(tuple),
)


@given(POSTS)
def test_a_post_is_read_back_unchanged(post: Post) -> None:
    message = message_of(post)
    assert read_message(message.value) == [post]
    assert message.key.decode() == post.id


@given(st.sampled_from(EventKind), IDS, DATES, st.lists(IDS, max_size=3).map(tuple))
def test_an_event_is_read_back_unchanged(
    kind: EventKind, subject: str, at: datetime | None, aliases: tuple[str, ...]
) -> None:
    ids = {"author_id": subject} if kind.about_author else {"post_id": subject}
    event = ComplianceEvent(kind, at=at, aliases=aliases, **ids)
    message = message_of(event)
    assert read_message(message.value) == [event]
    assert message.key.decode() == subject


def test_fields_without_a_value_are_left_out() -> None:
    assert contract_fields(Post("1", "dizzy")) == {"id": "1", "text": "dizzy", "html": False}


def test_dates_are_utc() -> None:
    date = datetime(2026, 3, 14, 9, 26, 53, 500_000, timezone(timedelta(hours=2)))
    assert contract_fields(Post("1", "dizzy", created_at=date))["created_at"] == "2026-03-14T07:26:53.500000Z"


def test_markup_that_an_author_wrote_stays() -> None:
    post = Post("1", "<p>zoloft gave me a <b>terrible</b> headache</p>")
    assert read_message(message_of(post).value) == [post]


def test_the_largest_post_fits_in_a_message() -> None:
    context = tuple(ContextPart(ContextKind.PARENT, "\x01" * 10_000) for _ in range(8))
    message = message_of(Post("1", "\x01" * 100_000, context=context))
    assert len(message.value) < MAX_BYTES
    assert "context" not in json.loads(message.value)


def test_the_text_of_a_message_is_not_in_its_repr() -> None:
    assert "dizzy" not in repr(message_of(Post("1", "dizzy")))
