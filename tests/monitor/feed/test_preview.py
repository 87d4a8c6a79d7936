"""A post is shown as it was read."""

from __future__ import annotations

from datetime import UTC, datetime

from monitor.feed import preview_lines
from monitor.records import ComplianceEvent, ContextKind, ContextPart, EventKind, Post, PostKind


def test_a_post_is_shown_with_its_fields_and_its_context() -> None:
    post = Post(
        "bsky:did:plc:a/3k",
        "so\n dizzy",
        author_id="bsky:did:plc:a",
        created_at=datetime(2026, 3, 14, 9, 26, tzinfo=UTC),
        lang="en",
        platform="bluesky",
        kind=PostKind.REPLY,
        referenced_id="bsky:did:plc:b/3j",
        context=(ContextPart(ContextKind.PARENT, "how is zoloft?"),),
    )
    first, *others = preview_lines(post)
    parts = ("bluesky", "bsky:did:plc:a/3k", "2026-03-14 09:26 UTC", "en", "reply of bsky:did:plc:b/3j")
    assert all(part in first for part in parts)
    assert others == ["text: so dizzy", "parent: how is zoloft?"]


def test_missing_fields_are_named() -> None:
    first, text = preview_lines(Post("1", "dizzy"))
    assert all(part in first for part in ("id 1", "no author", "no date", "no language", "original"))
    assert text == "text: dizzy"


def test_long_texts_are_shortened() -> None:
    _, text = preview_lines(Post("1", "dizzy " * 10_000))
    assert len(text) < 200
    assert text.endswith("…")


def test_an_event_is_shown_with_its_subject() -> None:
    assert preview_lines(ComplianceEvent(EventKind.DELETE, post_id="1")) == ["delete of post 1"]
    assert preview_lines(ComplianceEvent(EventKind.USER_DELETE, author_id="7")) == ["user_delete of author 7"]
