"""What an object that no source recognizes looks like, for messages to people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from monitor.ingest.sources.own_contract import is_chat_message
from monitor.ingest.sources.post_source import Document
from monitor.ingest.sources.registry import source_of

_FIELDS_SHOWN: Final = 12
_MOST_SEARCHED: Final = 5_000
_USUAL_NAME: Final = re.compile(r"[\w.$@:/-]{1,40}")

# Objects that people often have instead of posts: some of their fields, and what the object is.
_SHAPES: Final = (
    (("screen_name", "followers_count"), "a user of X API v1.1"),
    (("username", "name", "id"), "a user of X API v2"),
    (("username", "rawDescription"), "a user of snscrape or twscrape"),
    (("username", "acct"), "a user of Mastodon"),
    (("access_token", "token_type"), "an answer about a login"),
    (("dmConversation",), "direct messages of a Twitter archive"),
    (("like",), "a liked post of a Twitter archive"),
    (("_source",), "a document of Elasticsearch, which has the post in `_source`"),
    (("hits",), "an answer of Elasticsearch"),
    (("features", "type"), "GeoJSON"),
    (("orderedItems", "@context"), "the archive of an account of Mastodon, which is not read"),
    (("columns", "index", "data"), "a data frame; write it with orient='records'"),
    (("tweet_id", "label"), "a label without its text"),
)


def describe_shape(document: Any) -> str:
    """Return a phrase about an object that no source recognizes: what it looks like, and its fields.

    It names fields only and never quotes a value.
    """
    if not isinstance(document, Mapping):
        return "it is not a JSON object"
    if not document:
        return "the object is empty"
    hint = _inner_hint(document) or _shape_hint(document)
    fields = f"its fields are {_names(document)}"
    return f"{hint}; {fields}" if hint else fields


def _inner_hint(document: Document) -> str | None:
    """Return what to do if the post is one level further inside."""
    for name, value in document.items():
        if isinstance(value, Mapping) and (source := source_of(value)):
            return f"the field `{_name(name)}` has an object of {source.title}: send only that one"
        if (
            isinstance(value, list)
            and value
            and isinstance(value[0], Mapping)
            and (source := source_of(value[0]))
        ):
            return f"the field `{_name(name)}` has an array of {source.title}: send its objects one by one"
    return None


def _shape_hint(document: Document) -> str | None:
    if is_chat_message(document):
        return "it looks like a message of a Telegram export without its chat: send the export as it is"
    if _is_page_of_a_browser(document):
        return "it looks like a page that X shows in a browser: convert it with twscrape"
    for names, description in _SHAPES:
        if all(name in document for name in names):
            return f"it looks like {description}"
    return None


def _is_page_of_a_browser(document: Document) -> bool:
    """Return True if `tweet_results` occurs anywhere in an object. Large ones are not searched whole."""
    waiting: list[Any] = [document]
    for _ in range(_MOST_SEARCHED):
        if not waiting:
            return False
        value = waiting.pop()
        if isinstance(value, Mapping):
            if "tweet_results" in value:
                return True
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return False


def _names(document: Document) -> str:
    shown = ", ".join(f"`{_name(name)}`" for name in list(document)[:_FIELDS_SHOWN])
    left = len(document) - _FIELDS_SHOWN
    return f"{shown} and {left} more" if left > 0 else shown


def _name(name: str) -> str:
    """Return the name of a field. A name that may be a sentence is left out, like all that people wrote."""
    return name if _USUAL_NAME.fullmatch(name) else "…"
