"""Tables of Reddit posts: rows have the fields of dumps and of the API, so the same source reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from monitor.feed.tables.cell_values import text_of
from monitor.feed.tables.column_titles import normalized
from monitor.feed.tables.row_fields import NO_VALUE
from monitor.ingest.sources import Fields
from monitor.ingest.sources.reddit import REDDIT

_FIELDS: Final = (
    "id",
    "name",
    "title",
    "selftext",
    "body",
    "author",
    "author_fullname",
    "created_utc",
    "created",
    "edited",
    "permalink",
    "subreddit",
    "link_id",
    "link_title",
    "parent_id",
    "removed_by_category",
)
_FIELD_OF: Final = {normalized(name): name for name in _FIELDS}
_SUBMISSION: Final = frozenset({"id", "title", "selftext"})
_COMMENT: Final = frozenset({"id", "body", "subreddit"})


def reddit_titles(titles: Iterable[str]) -> list[str]:
    """Return the titles of the columns to read if a table has posts of Reddit, else nothing."""
    names = {title: normalized(title) for title in titles}
    is_reddit = _SUBMISSION.issubset(names.values()) or _COMMENT.issubset(names.values())
    return [title for title, name in names.items() if name in _FIELD_OF] if is_reddit else []


class RedditRows:
    """Reads the rows of a table that has these titles with the source for Reddit."""

    source: Final = REDDIT

    def __init__(self, titles: Sequence[str]) -> None:
        names = [_FIELD_OF.get(normalized(title)) for title in titles]
        self._indices: Mapping[str, int] = {name: index for index, name in enumerate(names) if name}

    def read(self, cells: Sequence[Any]) -> Fields | None:
        """Return the fields of a post, its deletion, or None if it has no words."""
        texts = {name: text_of(cells[index]) for name, index in self._indices.items()}
        document = {name: text for name, text in texts.items() if text and text not in NO_VALUE}
        return next(REDDIT.read(document), None)
