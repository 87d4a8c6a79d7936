"""All ids under which a dead letter may name its posts and authors, even if its message cannot be read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from monitor.errors import PoisonError
from monitor.ingest import parse_json, read_message
from monitor.ingest.field_checks import MAX_ID
from monitor.ingest.sources import source_named, source_of
from monitor.ingest.sources.own_contract import OWN_CONTRACT
from monitor.records import PostKind

_ID_FIELD: Final = re.compile(
    r'"(?P<name>[\w.$-]{0,60}?(?:id|Id|ID|id_str|idStr|uri|did|rkey|acct))"\s*:\s*'
    r'(?:"(?P<text>(?:[^"\\]|\\.){1,600})"|(?P<number>\d{1,20}))'
)
_ID_LIST: Final = re.compile(r'"[\w.$-]{0,60}?(?:ids|Ids|aliases)"\s*:\s*\[(?P<items>[^\[\]]{0,5000}+)\]')
_ITEM: Final = re.compile(r'"((?:[^"\\]|\\.){1,600})"|(\d{1,20})')
_OTHER_POST: Final = re.compile(r"in_reply_to|inReplyTo|conversation|parent|place|root", re.IGNORECASE)
_IN_NO_ID: Final = re.compile("[\x00-\x1f\ud800-\udfff]")
_LONG_NUMBER: Final = re.compile(r"(?<!\d)\d{5,20}(?!\d)")


def letter_ids(key: bytes | None, value: bytes, source: str | None = None) -> set[str]:
    """Return the ids that a letter has: canonical ids and aliases of its posts and authors, and its key.

    A post that is repeated or quoted counts as well, because its text is in the letter. If the value breaks
    the contract, everything that looks like an id counts, as it was written.

    Args:
        key: key of the message, perhaps cut.
        value: value of the message, perhaps cut.
        source: value of the header `source`, or None.
    """
    ids = {key.decode(errors="replace") if key else ""}
    try:
        ids.update(_read_ids(parse_json(value), source))
    except PoisonError:
        ids.update(_LONG_NUMBER.findall(value.decode(errors="replace")))
    if _breaks_contract(value, source):
        ids |= _written_ids(value.decode(errors="replace"))
    return {name for name in ids if 0 < len(name) <= MAX_ID and not _IN_NO_ID.search(name)}


def _read_ids(document: Any, source: str | None) -> Iterator[str]:
    """Yield the ids that the reader of the source finds, whether or not the contract accepts the rest."""
    named = source_named(source) if source else None
    for part in document if isinstance(document, list) else [document]:
        if not isinstance(part, dict):
            continue
        for fields in (named or source_of(part) or OWN_CONTRACT).read(part):
            tombstone = fields.get("tombstone")
            for holder in (fields, tombstone if isinstance(tombstone, dict) else {}):
                for value in _ids_of(holder):
                    if isinstance(value, str | int) and not isinstance(value, bool):
                        yield str(value)


def _ids_of(fields: dict[str, Any]) -> Iterator[Any]:
    """Yield the values of a post's or tombstone's fields that have ids; nothing about them was checked."""
    yield fields.get("id")
    yield fields.get("author_id")
    if _has_other_text(fields):
        yield fields.get("referenced_id")
    aliases, context = fields.get("aliases"), fields.get("context")
    yield from aliases if isinstance(aliases, list | tuple) else ()
    for part in context if isinstance(context, list | tuple) else ():
        if isinstance(part, dict):
            yield part.get("id")


def _has_other_text(fields: dict[str, Any]) -> bool:
    """Return True if the post has text of the post that it refers to."""
    return fields.get("kind") in (PostKind.REPOST, PostKind.QUOTE) or bool(fields.get("context"))


def _breaks_contract(value: bytes, source: str | None) -> bool:
    try:
        items = read_message(value, source)
    except PoisonError:
        return True
    return any(isinstance(item, PoisonError) for item in items)


def _written_ids(text: str) -> set[str]:
    """Return the values of all fields in a JSON text, whole or not, whose name looks like that of an id."""
    values = [
        field["number"] or _unescaped(field["text"])
        for field in _ID_FIELD.finditer(text)
        if not _OTHER_POST.search(field["name"])
    ]
    for many in _ID_LIST.finditer(text):
        values += [number or _unescaped(string) for string, number in _ITEM.findall(many["items"])]
    ids = set(values)
    for value in values:
        last = value.rpartition(":")[2]
        if last.isdecimal():  # as in `tag:search.twitter.com,2005:1541096452107960321`
            ids.add(last)
        if value.startswith("did:"):
            ids.add(f"bsky:{value}")
    return ids


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text
