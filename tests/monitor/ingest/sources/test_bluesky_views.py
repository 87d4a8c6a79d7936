"""Posts of Bluesky's app view: alone, in pages and in threads, with the texts that they refer to."""

from __future__ import annotations

from typing import Any

from monitor.ingest import read_items
from monitor.records import ContextKind, ContextPart, Post, PostKind
from tests.monitor.ingest.sources.examples_platforms import (
    DID,
    FEED_ITEM,
    PARENT_VIEW,
    POST_KEY,
    POST_VIEW,
    RECORD,
    jetstream,
)

POST_ID = f"bsky:{DID}/{POST_KEY}"


def read_one(document: Any) -> Any:
    [item] = read_items(document)
    return item


def test_a_post_of_the_app_view_has_the_quoted_text_as_context() -> None:
    post = read_one(POST_VIEW)
    assert (post.id, post.author_id, post.kind) == (POST_ID, f"bsky:{DID}", PostKind.QUOTE)
    assert post.context == (
        ContextPart(
            ContextKind.QUOTED,
            "anyone else on sertraline?",
            "bsky:did:plc:otherexampleexample4567/3lquoted222222",
        ),
    )


def test_an_item_of_a_feed_has_the_text_of_its_parent_as_context() -> None:
    [reply, quote] = read_items({"feed": [FEED_ITEM, {"post": POST_VIEW}], "cursor": "2026"})
    assert isinstance(reply, Post)
    assert isinstance(quote, Post)
    assert reply.context == (
        ContextPart(
            ContextKind.PARENT, "how is the new dose?", "bsky:did:plc:otherexampleexample4567/3lparent222222"
        ),
    )
    assert quote.kind is PostKind.QUOTE


def test_a_thread_is_read_with_the_parents_of_its_replies() -> None:
    thread = {
        "post": PARENT_VIEW,
        "replies": [{"post": FEED_ITEM["post"]}, {"notFound": True, "uri": "at://x"}],
    }
    [parent, reply] = read_items({"thread": thread})
    assert isinstance(parent, Post)
    assert isinstance(reply, Post)
    assert (parent.context, reply.context) == ((), (ContextPart(ContextKind.PARENT, parent.text, parent.id),))


def test_records_and_search_pages_are_read() -> None:
    record = {"uri": POST_VIEW["uri"], "cid": "bafyreiexample", "value": RECORD}
    assert read_one({"records": [record]}) == read_one(jetstream())
    assert read_one({"posts": [POST_VIEW | {"record": RECORD, "embed": None}], "hitsTotal": 1}) == read_one(
        jetstream()
    )
