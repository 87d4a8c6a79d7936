"""The keys of author hashes: the current one writes, and earlier ones still find what they have written.

A hash cannot be changed to another key without the author's id, and the monitor does not store ids. So each
row keeps the hash of its time, along with the id of the key, until the post comes again or is removed.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.settings import PrivacySettings
from monitor.store.digests import author_hash

_LABEL: Final = b"\0id of this key"  # no author has an id that starts with a zero byte

NOTE_KEY: Final = text("INSERT INTO author_keys (key_id) VALUES (:key_id) ON CONFLICT DO NOTHING")
KNOWN_KEYS: Final = text("SELECT key_id FROM author_keys ORDER BY first_used_at, key_id")


@dataclass(frozen=True, slots=True, repr=False)
class AuthorKeys:
    """The keys that a process has.

    Attributes:
        current: hashes the authors of posts that are stored from now on; None if no author is stored.
        previous: earlier keys, with which stored posts of an author are still found.
    """

    current: bytes | None = None
    previous: tuple[bytes, ...] = ()

    @property
    def current_id(self) -> str | None:
        """Id of the current key."""
        return key_id(self.current) if self.current else None

    @property
    def ids(self) -> set[str]:
        """Ids of all keys."""
        return {key_id(key) for key in self._all()}

    def hash(self, author_id: str | None) -> str | None:
        """Return the hash to store, or None without an author or without a current key."""
        return author_hash(author_id, self.current)

    def hashes(self, author_id: str | None) -> list[str]:
        """Return all hashes under which posts of the author may be stored, the current one first."""
        hashed = (author_hash(author_id, key) for key in self._all())
        return [value for value in hashed if value is not None]

    def _all(self) -> tuple[bytes, ...]:
        return (self.current, *self.previous) if self.current else self.previous


def key_id(key: bytes) -> str:
    """Return the name of a key, 8 hexadecimal digits of an HMAC-SHA256. It does not reveal the key."""
    return hmac.new(key, _LABEL, hashlib.sha256).hexdigest()[:8]


def author_keys(privacy: PrivacySettings) -> AuthorKeys:
    """Return the keys of the settings."""
    current = privacy.author_key.get_secret_value().encode() if privacy.author_key else None
    return AuthorKeys(current or None, tuple(key.encode() for key in privacy.earlier_keys))


async def note_key(connection: AsyncConnection, keys: AuthorKeys) -> None:
    """Note in the database that rows have hashes of the current key, in the caller's transaction."""
    if keys.current_id:
        await connection.execute(NOTE_KEY, {"key_id": keys.current_id})


async def has_unknown_keys(connection: AsyncConnection, keys: AuthorKeys) -> bool:
    """Return True if rows may have hashes of a key that this process does not have."""
    known = (await connection.execute(KNOWN_KEYS)).scalars()
    return not keys.ids.issuperset(known)
