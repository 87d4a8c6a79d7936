"""Tweet objects of the X API v2 and v1.1, and bare ones: where each keeps what the message contract names.

References: the data dictionaries "Tweet object" (API v2) and "Tweet object, extended" (API v1.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from monitor.feed.entries import rfc3339

_V1_MARKS: Final = ("id_str", "full_text", "extended_tweet", "retweeted_status", "user")


def tweets_of(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Find the tweets of a JSON object, with their fields named as in the contract.

    Understood are a tweet, `{"data": tweet}` of the streaming endpoints, and `{"data": [tweet, …]}` of the
    search endpoints. Nothing is found in other objects. Values stay as they are: the contract judges them.
    """
    data = document.get("data")
    if isinstance(data, Mapping):
        yield _fields(data)
    elif isinstance(data, list):
        for tweet in data:
            yield _fields(tweet) if isinstance(tweet, Mapping) else {}
    elif any(name in document for name in ("id", "id_str", "text", "full_text")):
        yield _fields(document)


def _fields(tweet: Mapping[str, Any]) -> dict[str, Any]:
    fields = _v1_fields(tweet) if any(mark in tweet for mark in _V1_MARKS) else _v2_fields(tweet)
    if isinstance(date := fields.get("created_at"), str):
        fields["created_at"] = rfc3339(date)
    return fields


def _v2_fields(tweet: Mapping[str, Any]) -> dict[str, Any]:
    fields = {
        name: tweet[name] for name in ("id", "text", "author_id", "created_at", "lang") if name in tweet
    }
    note = tweet.get("note_tweet")
    if isinstance(note, Mapping) and isinstance(note.get("text"), str):
        # A post of more than 280 characters; `text` has only its beginning.
        fields["text"] = note["text"]
    return fields


def _v1_fields(tweet: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: tweet[name] for name in ("created_at", "lang") if name in tweet}
    if (tweet_id := _id_of(tweet)) is not None:
        fields["id"] = tweet_id
    if (text := _v1_text(tweet)) is not None:
        fields["text"] = text
    author = _id_of(tweet["user"]) if isinstance(tweet.get("user"), Mapping) else tweet.get("author_id")
    if author is not None:
        fields["author_id"] = author
    return fields


def _v1_text(tweet: Mapping[str, Any]) -> Any:
    """Give the whole text: `text` of a long tweet is cut, and a retweet repeats the cut one."""
    retweeted = tweet.get("retweeted_status")
    if isinstance(retweeted, Mapping) and isinstance(whole := _v1_text(retweeted), str):
        user = retweeted.get("user")
        name = user.get("screen_name") if isinstance(user, Mapping) else None
        return f"RT @{name}: {whole}" if name else whole
    extended = tweet.get("extended_tweet")
    if isinstance(extended, Mapping) and "full_text" in extended:
        return extended["full_text"]
    return tweet.get("full_text", tweet.get("text"))


def _id_of(thing: Mapping[str, Any]) -> Any:
    return thing.get("id_str", thing.get("id"))
