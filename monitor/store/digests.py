"""Digests that stand for texts and ids: enough to recognize them again, not to read them back.

They have no key. A key would have to stay the same forever: with another one, no deleted post would be
recognized any more, and each of them would be stored again.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

LENGTH: Final = 16
"""Bytes of a digest. Two equal ones among a billion have a probability of 10^-21."""


def text_digest(tweet_id: str, text: str) -> bytes:
    """Return the digest of a text of a post; the same text in another post has another one.

    Migration 0003 computes the same in SQL.
    """
    return _digest(f"{tweet_id}\0{text}")


def split_digests(digests: bytes) -> tuple[bytes, ...]:
    """Return the digests of the versions of a post, which `tweets.text_digests` has one after the other."""
    return tuple(digests[start : start + LENGTH] for start in range(0, len(digests), LENGTH))


def post_subject(post_id: str) -> bytes:
    """Return the digest that stands for a post in `tombstones` and `compliance_events`."""
    return _digest(f"post\0{post_id}")


def author_subject(author_id: str) -> bytes:
    """Return the digest that stands for an author in `tombstones` and `compliance_events`."""
    return _digest(f"author\0{author_id}")


def author_hash(author_id: str | None, key: bytes | None) -> str | None:
    """Return the HMAC-SHA256 of the author's id in hexadecimal, or None without an id or without a key."""
    if author_id is None or not key:
        return None
    return hmac.new(key, author_id.encode(), hashlib.sha256).hexdigest()


def _digest(content: str) -> bytes:
    return hashlib.sha256(content.encode()).digest()[:LENGTH]
