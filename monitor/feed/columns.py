"""Which column of a table with a header holds what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from monitor.feed.failures import FeedError


@dataclass(frozen=True)
class Columns:
    """Names of columns that the user gave; None where one of the usual names is looked for."""

    id: str | None = None
    text: str | None = None
    author_id: str | None = None
    created_at: str | None = None
    lang: str | None = None


_USUAL: Final[Mapping[str, Sequence[str]]] = {
    "id": ("id", "tweet_id", "id_str", "tweetid", "status_id"),
    "text": ("text", "tweet", "full_text", "tweet_text", "content"),
    "author_id": ("author_id", "user_id", "user_id_str"),
    "created_at": ("created_at", "date", "timestamp"),
    "lang": ("lang", "language"),
}
_OPTIONS: Final[Mapping[str, str]] = {
    "id": "--id-column",
    "text": "--text-column",
    "author_id": "--author-column",
    "created_at": "--date-column",
    "lang": "--lang-column",
}


def places_of(columns: Columns, header: Sequence[str], name: str) -> dict[str, int]:
    """Find for each field of the contract the index of its column in `header` of the file `name`.

    Names are compared without regard to case and outer blanks; of equal names the first column counts.

    Raises:
        FeedError: a column that was named is not there, or there is none for `id` or `text`.
    """
    indices: dict[str, int] = {}
    for index, title in enumerate(header):
        indices.setdefault(title.strip().casefold(), index)
    places = {}
    for field, usual in _USUAL.items():
        named: str | None = getattr(columns, field)
        candidates = usual if named is None else (named.strip().casefold(),)
        found = next((indices[title] for title in candidates if title in indices), None)
        if found is not None:
            places[field] = found
        elif named is not None or field in ("id", "text"):
            what = f"column {named!r}" if named is not None else f"column for the tweet's {field}"
            raise FeedError(
                f"{name} has no {what}; its header is: {', '.join(header) or '(empty)'}. "
                f"Name the column with {_OPTIONS[field]}, and add a header where the file has none"
            )
    return places
