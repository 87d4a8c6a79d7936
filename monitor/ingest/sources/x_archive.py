"""The archive that X lets people download: the items of `tweets.js`, `tweet.js` and `deleted-tweets.js`.

An item is a tweet in the form of API v1.1, all numbers as text, without its author. Readers of files remove
`window.YTD.tweets.part0 =` in front of the array of items.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from monitor.ingest.sources.post_source import Document, Fields, PostSource
from monitor.ingest.sources.x_posts import event_date
from monitor.ingest.sources.x_v1 import tweet_fields, tweet_ids

_NOTE: Final = "noteTweet"


def _recognizes(document: Document) -> bool:
    if len(document) > 2:
        return False
    tweet = document.get("tweet")
    if isinstance(tweet, dict):
        return "id_str" in tweet or "full_text" in tweet or "tweet_id" in tweet
    return isinstance(document.get(_NOTE), dict)


def _read(document: Document) -> Iterator[Fields]:
    tweet = document.get("tweet")
    if not isinstance(tweet, dict):
        # The whole text of a long post, without the id of the post.
        if not isinstance(document.get(_NOTE), dict):
            yield {}
    elif (deleted_at := tweet.get("deleted_at")) is not None:
        yield _deletion(tweet, deleted_at)
    elif "tweet_id" not in tweet:
        yield tweet_fields(tweet)


def _deletion(tweet: Document, deleted_at: object) -> Fields:
    ids = tweet_ids(tweet)
    event: Fields = {"event": "delete", "at": event_date(deleted_at), "aliases": ids.others}
    if (post_id := ids.first if ids.first is not None else tweet.get("tweet_id")) is not None:
        event["id"] = post_id
    return {"tombstone": event}


X_ARCHIVE = PostSource(
    "x-archive",
    "Twitter archive download",
    _recognizes,
    _read,
    signs="only the field `tweet`, an object with `id_str` or `full_text`",
)
