"""Deletions as the platforms send them find their posts: before, after, by alias and by author."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitor.ingest import read_items
from monitor.records import ComplianceEvent, Origin, Post, ReceivedPost, ScoredPost
from monitor.store import AuditedEvent, Store
from tests.monitor.ingest.sources.examples_platforms import (
    COMMENT,
    RECORD,
    REMOTE_STATUS,
    STATUS,
    SUBMISSION,
    account_event,
    jetstream,
    stream_event,
)
from tests.monitor.store.batches import POSTED, Tables, mention_of, scored, write
from tests.monitor.store.events import apply, author_event, post_event

SECRET = "shaking"
REMOTE = REMOTE_STATUS | {"content": "<p>still <b>shaking</b></p>"}
LATER_DUMP = {"_meta": {"was_deleted_later": True, "removal_type": "deleted"}}

DELETIONS = {
    "bluesky post": (jetstream(), jetstream("delete")),
    "bluesky post without its words": (jetstream(), jetstream("update", RECORD | {"text": ""})),
    "bluesky account": (jetstream(), account_event(active=False, status="deleted")),
    "bluesky takedown": (jetstream(), account_event(active=False, status="takendown")),
    "mastodon post of the server": (STATUS, stream_event("delete", STATUS["id"])),
    "mastodon post of another server": (
        stream_event("update", json.dumps(REMOTE)),
        stream_event("delete", REMOTE["id"]),
    ),
    "reddit comment": (COMMENT, COMMENT | {"body": "[deleted]", "author": "[deleted]"}),
    "reddit comment in a later dump": (COMMENT, COMMENT | LATER_DUMP),
    "reddit submission": (
        SUBMISSION | {"selftext": "i can't stop shaking"},
        SUBMISSION | {"selftext": "[removed]"},
    ),
}


def post_of(document: dict[str, Any]) -> ScoredPost:
    [post] = read_items(document)
    assert isinstance(post, Post)
    prediction = scored("1", post.text, mention_of(post.text, SECRET)).prediction
    return ScoredPost(ReceivedPost(post, Origin("tweets", 2, 0, POSTED)), prediction)


def events_of(document: dict[str, Any]) -> list[AuditedEvent]:
    events = []
    for item in read_items(document):
        assert isinstance(item, ComplianceEvent)
        if item.author_id is not None:
            events.append(author_event(item.kind, item.author_id, at=item.at))
        else:
            assert item.post_id is not None
            events.append(post_event(item.kind, item.post_id, *item.aliases, at=item.at))
    return events


def all_content(tables: Tables) -> str:
    names = [name for (name,) in tables.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return "\n".join(str(tables.rows(f"SELECT * FROM {name}")) for name in names)


@pytest.mark.parametrize(("document", "deletion"), DELETIONS.values(), ids=DELETIONS.keys())
async def test_a_deletion_after_the_post_removes_its_text(
    store: Store, tables: Tables, document: dict[str, Any], deletion: dict[str, Any]
) -> None:
    await write(store, [post_of(document)])
    assert SECRET in all_content(tables)
    await apply(store, *events_of(deletion))
    assert SECRET not in all_content(tables)
    assert tables.content()["counts"] == tables.recounted()


@pytest.mark.parametrize(("document", "deletion"), DELETIONS.values(), ids=DELETIONS.keys())
async def test_a_deletion_before_the_post_keeps_it_from_being_stored(
    store: Store, tables: Tables, document: dict[str, Any], deletion: dict[str, Any]
) -> None:
    await apply(store, *events_of(deletion))
    written = await write(store, [post_of(document)])
    assert (written.new_predictions, written.removed) == (0, 1)
    assert SECRET not in all_content(tables)


async def test_posts_of_an_account_that_is_active_again_are_stored(store: Store, tables: Tables) -> None:
    await apply(store, *events_of(account_event(active=False, status="deactivated")))
    await apply(store, *events_of(account_event(active=True)))
    await write(store, [post_of(jetstream())])
    assert SECRET in all_content(tables)
