"""Digests that stand for texts and ids: enough to recognize them again, not to read them back.

They have no key. A key would have to stay the same forever: with another one, no deleted post would be
recognized any more, and each of them would be stored again.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

_TEXT_DIGEST_BYTES: Final = 16


def text_digest(tweet_id: str, text: str) -> bytes:
    """Return 16 bytes that stand for a text of a post; the same text in another post has others.

    Migration 0003 computes the same in SQL.
    """
    return hashlib.sha256(f"{tweet_id}\0{text}".encode()).digest()[:_TEXT_DIGEST_BYTES]


def post_subject(post_id: str) -> bytes:
    """Return the 32 bytes that stand for a post in `tombstones` and `compliance_events`."""
    return hashlib.sha256(f"post\0{post_id}".encode()).digest()


def author_subject(author_id: str) -> bytes:
    """Return the 32 bytes that stand for an author in `tombstones` and `compliance_events`."""
    return hashlib.sha256(f"author\0{author_id}".encode()).digest()


def author_hash(author_id: str | None, key: bytes | None) -> str | None:
    """Return the HMAC-SHA256 of the author's id in hexadecimal, or None without an id or without a key."""
    if author_id is None or not key:
        return None
    return hmac.new(key, author_id.encode(), hashlib.sha256).hexdigest()
