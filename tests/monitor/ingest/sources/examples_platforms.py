"""Invented objects of Bluesky, Mastodon, Reddit and Telegram, after their published schemas.

No account and no post has these ids. Hosts are those that are reserved for examples.
"""

from __future__ import annotations

import copy
import json
from typing import Any, Final

Example = dict[str, Any]

DID: Final = "did:plc:exampleexampleexample23"
OTHER_DID: Final = "did:plc:otherexampleexample4567"
POST_KEY: Final = "3lexample22222"
PARENT_URI: Final = f"at://{OTHER_DID}/app.bsky.feed.post/3lparent222222"
QUOTED_URI: Final = f"at://{OTHER_DID}/app.bsky.feed.post/3lquoted222222"
TIME_US: Final = 1_773_480_413_250_000
"""14 March 2026, 09:26:53.25 UTC."""

RECORD: Final[Example] = {
    "$type": "app.bsky.feed.post",
    "createdAt": "2026-03-14T09:26:50.117Z",
    "langs": ["en"],
    "text": "day 3 on zoloft and i can't stop shaking 😬",
}


def jetstream(operation: str = "create", record: Example | None = RECORD, **commit: Any) -> Example:
    """Return an event about a record of posts; a deletion has no record."""
    whole = {
        "rev": "3lexamplerev22",
        "operation": operation,
        "collection": "app.bsky.feed.post",
        "rkey": POST_KEY,
        "record": record,
        "cid": "bafyreiexample",
    } | commit
    if operation == "delete":
        del whole["record"], whole["cid"]
    return {"did": DID, "time_us": TIME_US, "kind": "commit", "commit": whole}


def account_event(active: bool, status: str | None = None) -> Example:
    """Return an event about the state of an account."""
    account = {"active": active, "did": DID, "seq": 1_409_753_013, "time": "2026-03-14T09:26:52.000Z"}
    if status is not None:
        account["status"] = status
    return {"did": DID, "time_us": TIME_US, "kind": "account", "account": account}


IDENTITY_EVENT: Final[Example] = {
    "did": DID,
    "time_us": TIME_US,
    "kind": "identity",
    "identity": {"did": DID, "handle": "ann.example.com", "seq": 7, "time": "2026-03-14T09:26:52.000Z"},
}
REPLY_RECORD: Final[Example] = RECORD | {
    "reply": {
        "parent": {"cid": "bafyreiparent", "uri": PARENT_URI},
        "root": {"cid": "bafyreiparent", "uri": PARENT_URI},
    }
}
QUOTE_RECORD: Final[Example] = RECORD | {
    "embed": {"$type": "app.bsky.embed.record", "record": {"cid": "bafyreiquoted", "uri": QUOTED_URI}}
}
NEW_JETSTREAM: Final[Example] = {
    "$type": "network.bsky.jetstream.subscribeEvents#commit",
    "seq": 90,
    "did": DID,
    "time": "2026-03-14T09:26:53.250000Z",
    "rev": "3lexamplerev22",
    "operation": "create",
    "collection": "app.bsky.feed.post",
    "rkey": POST_KEY,
    "record": RECORD,
    "cid": "bafyreiexample",
}
POST_VIEW: Final[Example] = {
    "uri": f"at://{DID}/app.bsky.feed.post/{POST_KEY}",
    "cid": "bafyreiexample",
    "author": {"did": DID, "handle": "ann.example.com", "displayName": "Ann"},
    "record": QUOTE_RECORD,
    "embed": {
        "$type": "app.bsky.embed.record#view",
        "record": {
            "$type": "app.bsky.embed.record#viewRecord",
            "uri": QUOTED_URI,
            "author": {"did": OTHER_DID, "handle": "bob.example.com"},
            "value": {"$type": "app.bsky.feed.post", "text": "anyone else on sertraline?"},
        },
    },
    "likeCount": 2,
    "indexedAt": "2026-03-14T09:26:54.000Z",
}
PARENT_VIEW: Final[Example] = {
    "uri": PARENT_URI,
    "cid": "bafyreiparent",
    "author": {"did": OTHER_DID, "handle": "bob.example.com"},
    "record": RECORD | {"text": "how is the new dose?"},
    "indexedAt": "2026-03-14T08:00:01.000Z",
}
FEED_ITEM: Final[Example] = {
    "post": POST_VIEW | {"record": REPLY_RECORD, "embed": None},
    "reply": {"root": PARENT_VIEW, "parent": PARENT_VIEW},
}

STATUS: Final[Example] = {
    "id": "900000000000000001",
    "created_at": "2026-03-14T09:26:53.901Z",
    "in_reply_to_id": None,
    "in_reply_to_account_id": None,
    "sensitive": False,
    "spoiler_text": "",
    "visibility": "public",
    "language": "en",
    "uri": "https://social.example/users/ann/statuses/900000000000000001",
    "url": "https://social.example/@ann/900000000000000001",
    "replies_count": 0,
    "reblogs_count": 0,
    "favourites_count": 1,
    "edited_at": None,
    "content": "<p>day 3 on zoloft &amp; i can&#39;t stop shaking</p><p>help</p>",
    "reblog": None,
    "account": {
        "id": "17",
        "username": "ann",
        "acct": "ann",
        "display_name": "Ann",
        "note": "<p>not a post</p>",
        "url": "https://social.example/@ann",
    },
    "media_attachments": [],
    "mentions": [],
    "tags": [],
    "emojis": [],
    "card": None,
    "poll": None,
}
REMOTE_STATUS: Final[Example] = STATUS | {
    "id": "900000000000000002",
    "uri": "https://far.example/objects/5c1d",
    "url": "https://far.example/notice/5c1d",
    "content": "<p>anyone else on sertraline?</p>",
    "account": {
        "id": "18",
        "username": "bob",
        "acct": "bob@far.example",
        "url": "https://far.example/users/bob",
    },
}


def stream_event(event: str, payload: Any, **fields: Any) -> Example:
    """Return an event of the streaming API, as our connector passes it on."""
    return {"stream": ["public"], "event": event, "payload": payload, "server": "social.example"} | fields


COMMENT: Final[Example] = {
    "id": "kexample",
    "name": "t1_kexample",
    "author": "ann_example",
    "author_fullname": "t2_exampleann",
    "body": "day 3 on zoloft &amp; i can't stop shaking",
    "created_utc": 1_773_480_413,
    "edited": False,
    "link_id": "t3_1example",
    "parent_id": "t1_kparent",
    "link_title": "Starting sertraline this week",
    "permalink": "/r/examplemeds/comments/1example/starting/kexample/",
    "score": 3,
    "subreddit": "examplemeds",
    "subreddit_id": "t5_example",
}
SUBMISSION: Final[Example] = {
    "id": "1example",
    "name": "t3_1example",
    "author": "ann_example",
    "author_fullname": "t2_exampleann",
    "title": "Starting sertraline this week",
    "selftext": "so dizzy that i had to lie down",
    "created_utc": 1_773_480_413.0,
    "edited": 1_773_484_013.0,
    "is_self": True,
    "num_comments": 1,
    "permalink": "/r/examplemeds/comments/1example/starting/",
    "removed_by_category": None,
    "subreddit": "examplemeds",
    "url": "https://www.reddit.com/r/examplemeds/comments/1example/starting/",
}


def listing(*things: tuple[str, Example]) -> Example:
    """Return a listing of things with their kinds, as the API does."""
    children = [{"kind": kind, "data": data} for kind, data in things]
    return {"kind": "Listing", "data": {"after": None, "dist": len(things), "children": children}}


MESSAGE: Final[Example] = {
    "id": 4711,
    "type": "message",
    "date": "2026-03-14T10:26:53",
    "date_unixtime": "1773480413",
    "from": "Ann",
    "from_id": "user900000017",
    "text": "day 3 on zoloft and i can't stop shaking",
    "text_entities": [{"type": "plain", "text": "day 3 on zoloft and i can't stop shaking"}],
}
SERVICE_MESSAGE: Final[Example] = {
    "id": 4710,
    "type": "service",
    "date": "2026-03-14T10:00:00",
    "date_unixtime": "1773478800",
    "actor": "Ann",
    "actor_id": "user900000017",
    "action": "join_group_by_link",
    "inviter": "Bob",
    "text": "",
    "text_entities": [],
}
CHAT: Final[Example] = {"name": "Example meds", "type": "public_supergroup", "id": 9_000_000_001}


def export(*messages: Example) -> Example:
    """Return the export of one chat."""
    return CHAT | {"messages": list(messages)}


PLATFORM_EXAMPLES: Final[dict[str, list[Example]]] = {
    "bluesky": [
        jetstream(),
        jetstream("update"),
        jetstream("delete"),
        jetstream(record=REPLY_RECORD),
        jetstream(record=QUOTE_RECORD),
        jetstream(collection="app.bsky.feed.like"),
        account_event(active=False, status="deleted"),
        account_event(active=True),
        IDENTITY_EVENT,
        NEW_JETSTREAM,
        POST_VIEW,
        FEED_ITEM,
        {"feed": [FEED_ITEM, {"post": POST_VIEW}], "cursor": "2026"},
        {"feed": []},
        {"posts": [POST_VIEW], "hitsTotal": 1},
        {"thread": {"post": POST_VIEW, "replies": [{"post": FEED_ITEM["post"], "replies": []}]}},
    ],
    "mastodon": [
        STATUS,
        REMOTE_STATUS,
        STATUS | {"reblog": REMOTE_STATUS},
        STATUS | {"quote": {"state": "accepted", "quoted_status": REMOTE_STATUS}},
        stream_event("update", json.dumps(STATUS)),
        stream_event("status.update", STATUS | {"edited_at": "2026-03-14T10:00:00.000Z"}),
        stream_event("delete", "900000000000000001"),
        stream_event("filters_changed", None),
        {"ancestors": [REMOTE_STATUS], "descendants": [STATUS]},
        {"accounts": [], "statuses": [], "hashtags": []},
    ],
    "reddit": [
        COMMENT,
        SUBMISSION,
        COMMENT | {"body": "[deleted]", "author": "[deleted]"},
        {"kind": "t1", "data": COMMENT},
        listing(("t3", SUBMISSION)),
        listing(
            ("t1", COMMENT | {"replies": listing(("t1", COMMENT | {"id": "kreply", "name": "t1_kreply"}))})
        ),
        listing(),
        {"data": [COMMENT, SUBMISSION], "error": None},
    ],
    "telegram": [
        export(SERVICE_MESSAGE, MESSAGE),
        export(),
        {"about": "an export", "chats": {"about": "all", "list": [export(MESSAGE)]}},
        {"telegram_chat": CHAT, "message": MESSAGE},
    ],
}
"""Names of sources, and objects that each of them must recognize. Tests change copies only."""


def changed(example: Example, *path: Any, value: Any) -> Example:
    """Return a copy of an example with another value under a path of keys."""
    copied = copy.deepcopy(example)
    inner: Any = copied
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copied
