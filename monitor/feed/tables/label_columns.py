"""Tables without posts: annotations, predictions and lists of numbers, which must not be sent as posts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from monitor.feed.source import UnknownFormatError

_LABELS: Final = frozenset(
    (
        "ade",
        "noade",
        "no ade",
        "no_ade",
        "non-ade",
        "adr",
        "noadr",
        "no adr",
        "ae",
        "noae",
        "indication",
        "drug",
        "y",
        "n",
        "yes",
        "no",
        "true",
        "false",
        "positive",
        "negative",
        "neutral",
        "pos",
        "neg",
        "none",
        "null",
        "-",
        "o",
        "label",
        "class",
    )
)
_NUMBER: Final = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?%?")
_LABEL_TITLES: Final = frozenset(
    (
        "label",
        "labels",
        "class",
        "span",
        "spans",
        "extraction",
        "begin",
        "start",
        "end",
        "type",
        "ptid",
        "meddra",
    )
)

# So many rows with so few different short texts are labels.
_MANY_ROWS: Final = 20
_FEW_TEXTS: Final = 10
_SHORT_WORDS: Final = 3

POSTS_ADVICE: Final = (
    "feed the file with the texts (of SMM4H, tweets.tsv), or name the column of the texts with --text-column"
)
"""What to do with a file of annotations."""


def refuse_labels(texts: Sequence[str], column: str, name: str) -> None:
    """Check that the first texts of a table are posts.

    Args:
        texts: the texts of the first rows, without blank ones.
        column: name of their column, for the message.
        name: name of the file.

    Raises:
        UnknownFormatError: all of them are labels or numbers, or the same few words again and again.
    """
    words = [text.strip().casefold() for text in texts]
    if not words:
        return
    if all(map(_NUMBER.fullmatch, words)):
        kind = "only numbers"
    elif all(word in _LABELS or _NUMBER.fullmatch(word) for word in words):
        kind = "only labels"
    elif _are_repeated(words):
        kind = f"the same {len(set(words))} short words again and again"
    else:
        return
    raise UnknownFormatError(
        f"the column {column} of {name} has {kind}, so these are not posts", POSTS_ADVICE
    )


def are_annotations(titles: Sequence[str]) -> bool:
    """Return True if a (normalized) title is one that files of annotations have."""
    return not _LABEL_TITLES.isdisjoint(titles)


def _are_repeated(words: Sequence[str]) -> bool:
    different = set(words)
    return (
        len(words) >= _MANY_ROWS
        and len(different) <= min(_FEW_TEXTS, len(words) // 10)
        and all(len(word.split()) <= _SHORT_WORDS for word in different)
    )
