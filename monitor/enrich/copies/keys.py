"""What copies of a text have in common: short digests that the database stores and looks up.

A text cannot be read from its keys. A person who guesses a text can see that its keys are there, as long
as the post is stored: the keys go with it. They have no secret, because all workers must agree on them.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from typing import Final

from rensa import RMinHash

from monitor.enrich.copies.normalizing import normalize
from monitor.findings import DrugMention, DrugPlace

ALGORITHM: Final = 1
"""First byte of each key. Raise it with every change of the keys, so that old and new ones never meet."""

_EXACT: Final = 1
_PART: Final = 2
_REFERENCE: Final = 3

_DIGEST_LENGTH: Final = 14
"""Bytes of the digest in a key, after `ALGORITHM` and the kind of the key."""

SHORTEST_COPY: Final = 8
"""Number of words that a copy has at least. Different people write the same few words: "zoloft insomnia"."""

LONGEST_TEXT: Final = 2_000
"""Most words of a text that are compared. Longer texts are compared by their beginning."""

_BANDS: Final = 10
_VALUES_OF_BAND: Final = 6
_BAND: Final = struct.Struct(f">{1 + _VALUES_OF_BAND}I")
_SEED: Final = 20_260_711
_END_LENGTH: Final = 8
"""Words at the beginning, and at the end, that have a key of their own: it survives what was cut or added."""


def copy_keys(text: str, drugs: Iterable[DrugMention] = ()) -> tuple[bytes, ...]:
    """Return the keys of a text: first that of all its words, then those of its parts.

    Texts with the same first key are copies. Texts that share another key may be copies: two texts whose sets
    of words have the Jaccard similarity `s` share one of the bands with a probability of 1 - (1 - s**6)**10
    (MinHash with locality-sensitive hashing). That is 0.98 for s = 0.85, and 0.002 for s = 0.25.

    Args:
        text: what the author wrote.
        drugs: the drugs of the post and of its context. If only the context names them, the same words about
            another drug are not a copy.

    Returns:
        16 bytes each; nothing for texts of fewer than `SHORTEST_COPY` words.
    """
    words = normalize(text).words[:LONGEST_TEXT]
    if len(words) < SHORTEST_COPY:
        return ()
    exact = _key(_EXACT, " ".join(words), *_drugs_of_context(drugs))
    return (exact, *dict.fromkeys([*_ends(words), *_bands(words)]))


def reference_key(post_id: str) -> bytes:
    """Return the key of a post's id, by which reposts find the post."""
    return _key(_REFERENCE, post_id)


def is_part_key(key: bytes) -> bool:
    """Return True if a key stands for a part of a text, so that other texts may have it, too."""
    return key[1] == _PART


def _drugs_of_context(drugs: Iterable[DrugMention]) -> list[str]:
    """Return the drugs that only the context names; none if the words of the post name one."""
    mentions = list(drugs)
    if any(mention.place is DrugPlace.POST for mention in mentions):
        return []
    return sorted({mention.drug for mention in mentions})


def _ends(words: Sequence[str]) -> list[bytes]:
    beginning, end = words[:_END_LENGTH], words[-_END_LENGTH:]
    return [_key(_PART, "beginning", *beginning), _key(_PART, "end", *end)]


def _bands(words: Sequence[str]) -> list[bytes]:
    signature = RMinHash(_BANDS * _VALUES_OF_BAND, _SEED)
    signature.update(list(words))
    values = signature.digest()
    bands = [values[n : n + _VALUES_OF_BAND] for n in range(0, len(values), _VALUES_OF_BAND)]
    return [_digest(_PART, _BAND.pack(number, *band)) for number, band in enumerate(bands)]


def _key(kind: int, *content: str) -> bytes:
    return _digest(kind, "\0".join(content).encode())


def _digest(kind: int, content: bytes) -> bytes:
    return bytes((ALGORITHM, kind)) + hashlib.sha256(content).digest()[:_DIGEST_LENGTH]
