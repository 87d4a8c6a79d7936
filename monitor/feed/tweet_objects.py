"""Post objects of X API v2 and v1.1, and plain ones: where each has the fields of the message contract.

References: the data dictionaries "Post object" (API v2) and "Post object, extended" (API v1.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from monitor.ingest.dates import to_rfc3339

_V1_FIELDS: Final = ("id_str", "full_text", "extended_tweet", "retweeted_status", "user")


def find_tweets(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the tweets of a JSON object, each as its fields with the names of the contract.

    The object may be a tweet, `{"data": tweet}` of the streaming endpoints, or `{"data": [tweet, …]}` of the
    search endpoints. Other objects have no tweets. Values are not checked here; the contract does that.
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
    is_v1 = any(name in tweet for name in _V1_FIELDS)
    fields = _v1_fields(tweet) if is_v1 else _v2_fields(tweet)
    if isinstance(date := fields.get("created_at"), str):
        fields["created_at"] = to_rfc3339(date)
    return fields


def _v2_fields(tweet: Mapping[str, Any]) -> dict[str, Any]:
    fields = {
        name: tweet[name] for name in ("id", "text", "author_id", "created_at", "lang") if name in tweet
    }
    note = tweet.get("note_tweet")
    if isinstance(note, Mapping) and isinstance(note.get("text"), str):
        # A post of more than 280 characters; `text` has only its start.
        fields["text"] = note["text"]
    return fields


def _v1_fields(tweet: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: tweet[name] for name in ("created_at", "lang") if name in tweet}
    if (tweet_id := _v1_id(tweet)) is not None:
        fields["id"] = tweet_id
    if (text := _v1_text(tweet)) is not None:
        fields["text"] = text
    author = _v1_id(tweet["user"]) if isinstance(tweet.get("user"), Mapping) else tweet.get("author_id")
    if author is not None:
        fields["author_id"] = author
    return fields


def _v1_text(tweet: Mapping[str, Any]) -> Any:
    """Return the whole text. `text` is cut in a long tweet, and in a retweet of one."""
    retweeted = tweet.get("retweeted_status")
    if isinstance(retweeted, Mapping) and isinstance(text := _v1_text(retweeted), str):
        user = retweeted.get("user")
        name = user.get("screen_name") if isinstance(user, Mapping) else None
        return f"RT @{name}: {text}" if name else text
    extended = tweet.get("extended_tweet")
    if isinstance(extended, Mapping) and "full_text" in extended:
        return extended["full_text"]
    return tweet.get("full_text", tweet.get("text"))


def _v1_id(tweet_or_user: Mapping[str, Any]) -> Any:
    return tweet_or_user.get("id_str", tweet_or_user.get("id"))
