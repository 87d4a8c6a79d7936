"""The chain of the audit: each entry has the hash of the entry before, so a change breaks it.

The hash is SHA-256 of the entry's canonical JSON in UTF-8. That is PostgreSQL's text of a jsonb object: keys
ordered by length and then by bytes, ", " and ": " as separators, and no escapes except for quotes,
backslashes and control characters. Here it is written again without the database, because the function in the
database could have been replaced.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

START: Final = bytes(32)
"""Stands for the hash before the first entry."""

_ANCHOR: Final = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Anchor:
    """An entry by its number and hash. Kept elsewhere, it proves that the chain up to it has not changed.

    Attributes:
        number: of the entry; 0 if there was none.
        hash: of the entry, 32 bytes.
    """

    number: int
    hash: bytes

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Return the anchor that `str` has written.

        Raises:
            ValueError: it is not one.
        """
        parts = _ANCHOR.fullmatch(text.strip())
        if parts is None:
            raise ValueError("an anchor is a number, a colon and 64 hexadecimal digits")
        return cls(int(parts[1]), bytes.fromhex(parts[2]))

    def __str__(self) -> str:
        return f"{self.number}:{self.hash.hex()}"


@dataclass(frozen=True, slots=True)
class ChainedEntry:
    """A row of `audit_entries`.

    Attributes:
        number: of the entry, from 1.
        at: when it was added: `2026-11-30T19:01:58.123456Z`.
        actor: the login.
        action: see `AuditEntry`.
        subject: see `AuditEntry`.
        reason: see `AuditEntry`.
        details: see `AuditEntry`, as the text that the database has for them.
        previous_hash: 32 bytes.
        hash: 32 bytes.
    """

    number: int
    at: str
    actor: str
    action: str
    subject: str
    reason: str | None
    details: str
    previous_hash: bytes
    hash: bytes

    def canonical_json(self) -> str:
        """Return the text whose hash is the entry's."""
        fields = {
            "at": self.at,
            "actor": self.actor,
            "action": self.action,
            "number": self.number,
            "reason": self.reason,
        }
        subject = {"subject": self.subject, "previous": self.previous_hash.hex()}
        first, last = (json.dumps(part, ensure_ascii=False)[1:-1] for part in (fields, subject))
        return f'{{{first}, "details": {self.details}, {last}}}'

    def expected_hash(self) -> bytes:
        """Return the hash that the entry must have."""
        return hashlib.sha256(self.canonical_json().encode()).digest()


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of the chain found.

    Attributes:
        entries: number of entries that were read, up to the first broken one.
        last: the last of them that is sound.
        broken: number of the first entry that is broken or missing, or None.
        problem: what is wrong with it, or None.
    """

    entries: int
    last: Anchor
    broken: int | None = None
    problem: str | None = None


def verify_chain(rows: Iterable[ChainedEntry], head: Anchor, anchors: Sequence[Anchor] = ()) -> Verification:
    """Check a chain, and stop at the first entry that is broken.

    Args:
        rows: all entries, ordered by their numbers. They are read one after the other.
        head: the last entry, as `audit_head` has it.
        anchors: entries that somebody kept elsewhere.
    """
    expected = {anchor.number: anchor.hash for anchor in anchors}
    last, read = Anchor(0, START), 0
    for row in rows:
        read += 1
        problem = _problem(row, last, expected.get(row.number))
        if problem is not None:
            return Verification(read, last, min(row.number, last.number + 1), problem)
        last = Anchor(row.number, row.hash)
    return _verify_end(Verification(read, last), head, anchors)


def _problem(row: ChainedEntry, last: Anchor, anchored: bytes | None) -> str | None:
    if row.number != last.number + 1:
        return f"entry {last.number + 1} is missing: entry {row.number} comes after {last.number}"
    if row.previous_hash != last.hash:
        return f"entry {row.number} does not continue entry {last.number}: its previous_hash is another one"
    if row.hash != row.expected_hash():
        return f"entry {row.number} was changed: its content has another hash"
    if anchored is not None and row.hash != anchored:
        return f"entry {row.number} is not the one of the anchor: the chain was written again"
    return None


def _verify_end(result: Verification, head: Anchor, anchors: Sequence[Anchor]) -> Verification:
    last = result.last
    for anchor in sorted(anchors, key=lambda each: each.number):
        if anchor.number > last.number or (anchor.number == 0 and anchor.hash != START):
            problem = f"the anchor is entry {anchor.number}, but the last is {last.number}: the end is gone"
            return Verification(result.entries, last, last.number + 1, problem)
    if head != last:
        problem = f"audit_head has entry {head.number} with another hash than the last, {last.number}"
        if head.number > last.number:
            problem = f"audit_head has entry {head.number}, but the last is {last.number}: the end is gone"
        return Verification(result.entries, last, min(head.number, last.number) + 1, problem)
    return result
