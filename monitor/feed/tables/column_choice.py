"""Which column of a table has what: by the names that the user chose, by its titles, or by its content."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from monitor.feed.field_mapping import FieldMapping
from monitor.feed.source import FeedError, UnknownFormatError
from monitor.feed.tables.cell_values import id_of, text_of
from monitor.feed.tables.column_titles import USUAL, TableProfile, normalized
from monitor.feed.tables.label_columns import POSTS_ADVICE, are_annotations
from monitor.feed.tables.local_dates import DateColumn
from monitor.feed.tables.table_profiles import is_about_x, is_header, profile_of
from monitor.feed.tables.table_rows import MAX_PREAMBLE, CellRow, TableStart

OPTION_OF: Final[Mapping[str, str]] = {
    "id": "--id-column",
    "text": "--text-column",
    "author_id": "--author-column",
    "created_at": "--date-column",
    "lang": "--lang-column",
}
"""The option of each field for which a column can be chosen."""

_LONGEST_TITLE: Final = 60
_NOT_IN_IDS: Final = re.compile(r"[\s.]")
_DATE: Final = re.compile(r"[0-9]{1,4}[-/][0-9]{1,2}[-/]")
_SHARED_TASK_ID: Final = re.compile(r"SMM4H[0-9]{4}\S{4}")

# A column has ids if nearly all of its cells look like one. Ids on X have had 9 digits and more since 2008,
# and 15 and more since 2011.
_ID_SHARE: Final = 0.95
_ID_DIGITS: Final = 9
_DIGITS_OF_X: Final = 15

# Texts of posts have more words than labels and spans; and one column must have far more than all others.
_TEXT_WORDS: Final = 4.0
_MOST_OF_SECOND: Final = 0.7

_DATES_TRIED: Final = 50

# If there are only two columns, there is less to confuse.
_TEXT_WORDS_OF_TWO: Final = 1.5


@dataclass(frozen=True, slots=True)
class ChosenColumns:
    """The columns of a table.

    Attributes:
        profile: kind of the table.
        indices: for each field of the profile, the columns that may have it, the preferred ones first.
        titles: title of each column, for messages.
        about_x: True if the posts are tweets.
    """

    profile: TableProfile
    indices: Mapping[str, Sequence[int]]
    titles: Sequence[str]
    about_x: bool

    def describe(self) -> str:
        """Return what the columns are, for people."""
        chosen = [
            f"{field} = {' or '.join(repr(self.titles[index]) for index in indices)}"
            for field, indices in self.indices.items()
            if indices and field in ("id", "tool_id", "url", "text", "author_id", "created_at", "lang")
        ]
        return f"columns: {', '.join(chosen)}"


def split_header(rows: Sequence[CellRow], mapping: FieldMapping) -> tuple[CellRow | None, int]:
    """Return the header of a table, or None if it has none, and the number of rows in front of its data.

    The header is the row that has the names which the user chose, or the usual titles of posts. Rows in front
    of it are a description of the file. In other tables, it is the first row if that has only short texts.
    """
    chosen = {normalized(name) for name in mapping.chosen.values() if not name.isdecimal()}
    for number, row in enumerate(rows[:MAX_PREAMBLE]):
        titles = {normalized(cell) for cell in row.cells if cell not in (None, "")}
        if chosen <= titles if chosen else is_header(row.cells):
            return row, number + 1
    if not rows:
        return None, 0
    width = max((len(row.cells) for row in rows[:MAX_PREAMBLE]), default=0)
    number, first = next((n, row) for n, row in enumerate(rows) if len(row.cells) == width)
    return (first, number + 1) if _may_be_header(first) else (None, 0)


def choose_columns(start: TableStart, mapping: FieldMapping) -> ChosenColumns:
    """Return the columns of a table.

    Raises:
        FeedError: a column that the user named is missing.
        UnknownFormatError: there is no column for the text, or for the id.
    """
    if start.titles is None:
        return _by_content(start, mapping)
    titles = [normalized(title) for title in start.titles]
    profile = profile_of(titles)
    index_of: dict[str, int] = {}
    # In exports of databases, `_id` is not the id of the post.
    numbered = sorted(enumerate(start.titles), key=lambda pair: str(pair[1]).lstrip().startswith("_"))
    for index, _ in numbered:
        index_of.setdefault(titles[index], index)
    indices: dict[str, Sequence[int]] = {
        field: [index_of[name] for name in names if name in index_of]
        for field, names in profile.columns.items()
    }
    for field, name in mapping.chosen.items():
        column = index_of.get(normalized(name))
        if column is None and name.isdecimal() and 1 <= int(name) <= len(titles):
            column = int(name) - 1
        if column is None:
            raise FeedError(
                f"{start.name} has no column {name!r}; its header is: {_listed(start.titles)}",
                f"give {OPTION_OF[field]} the title or the number of the column, or add a header",
            )
        indices[field] = [column]
    for field in ("text", "id"):
        may_come_from = ("id", "tool_id", "url") if field == "id" else (field,)
        if not any(indices.get(other) for other in may_come_from):
            problem = (
                f"{start.name} has no column for the post's {field}; its header is: {_listed(start.titles)}"
            )
            if field == "text" and are_annotations(titles):
                raise UnknownFormatError(f"{problem}. It looks like annotations of posts", POSTS_ADVICE)
            raise UnknownFormatError(
                problem,
                f"give {OPTION_OF[field]} the title or the number of the column, or add a header if the file "
                "has none",
            )
    is_usual = profile is USUAL and not indices.get("platform")
    about_x = profile.platform == "x" or (is_usual and is_about_x(titles))
    named = [str(title) or f"column {number}" for number, title in enumerate(start.titles, 1)]
    return ChosenColumns(profile, indices, named, about_x)


def _by_content(start: TableStart, mapping: FieldMapping) -> ChosenColumns:
    """Return the columns of a table without a header: the ids are long numbers, the texts have many words."""
    width = max((len(row.cells) for row in start.rows), default=0)
    titles = [f"column {number}" for number in range(1, width + 1)]
    indices: dict[str, Sequence[int]] = {}
    for field, name in mapping.chosen.items():
        if not name.isdecimal() or not 1 <= int(name) <= width:
            raise FeedError(
                f"{start.name} has no column {name!r}: it has no header, and {width} columns",
                f"give the number of the column to {OPTION_OF[field]}, or add a header",
            )
        indices[field] = [int(name) - 1]
    texts = [[text_of(cell) for cell in start.column(index)] for index in range(width)]
    without_dates = [[] if _are_dates(cells) else cells for cells in texts]
    if "id" not in indices and (id_column := _id_column(texts)) is not None:
        indices["id"] = [id_column]
    if "text" not in indices and (text_column := _text_column(without_dates)) is not None:
        indices["text"] = [text_column]
    for field in ("text", "id"):
        if field not in indices:
            problem = (
                f"{start.name} has no header, and none of its {width} columns is clearly the post's {field}"
            )
            if field == "text" and "id" in indices:
                raise UnknownFormatError(f"{problem}. It looks like annotations of posts", POSTS_ADVICE)
            raise UnknownFormatError(
                problem,
                f"add a header such as id,text, or give the number of the column to {OPTION_OF[field]}",
            )
    ids = [id_of(cell) for cell in start.column(indices["id"][0])]
    about_x = all(post_id.isdecimal() and len(post_id) >= _DIGITS_OF_X for post_id in ids)
    return ChosenColumns(USUAL, indices, titles, about_x)


def _id_column(columns: Sequence[Sequence[str]]) -> int | None:
    """Return the column with the longest numbers: those of posts are longer than those of their authors."""
    best, longest = None, 0.0
    for index, cells in enumerate(columns):
        ids = [id_of(cell) for cell in cells]
        may_be_short = len(columns) == 2 and index == 0
        fits = sum(_is_id(value) or (may_be_short and value.isdecimal()) for value in ids)
        if ids and fits >= _ID_SHARE * len(ids):
            length = sorted(map(len, ids))[len(ids) // 2]
            if length > longest:
                best, longest = index, length
    return best


def _text_column(columns: Sequence[Sequence[str]]) -> int | None:
    """Return the column with the most words for each cell, or None if another one has nearly as many."""
    words = [sum(len(cell.split()) for cell in cells) / max(1, len(cells)) for cells in columns]
    order = sorted(range(len(words)), key=lambda index: -words[index])
    if not order or words[order[0]] < (_TEXT_WORDS if len(columns) > 2 else _TEXT_WORDS_OF_TWO):
        return None
    if len(order) > 1 and words[order[1]] > _MOST_OF_SECOND * words[order[0]]:
        return None
    return order[0]


def _are_dates(cells: Sequence[str]) -> bool:
    """Return True if nearly all of these cells are dates, some of which have many words."""
    dates, sample = DateColumn(), cells[:_DATES_TRIED]
    return sum(dates.read(cell) is not cell for cell in sample) > _ID_SHARE * len(sample)


def _is_id(value: str) -> bool:
    """Return True for a long number, and for ids such as SMM4H2022abc12."""
    if len(value) < _ID_DIGITS:
        return False
    if value.isdecimal():
        return True
    return any(map(str.isdigit, value)) and not _NOT_IN_IDS.search(value) and not _DATE.match(value)


def _may_be_header(row: CellRow) -> bool:
    cells = [text_of(cell).strip() for cell in row.cells]
    # Data frames leave the title of their index empty.
    if len(cells) > 2 and not cells[0]:
        del cells[0]
    return len(set(cells)) == len(cells) and all(
        0 < len(cell) <= _LONGEST_TITLE
        and not id_of(cell).replace(".", "").isdecimal()
        and not _SHARED_TASK_ID.match(cell)
        and len(cell.split()) <= 4
        for cell in cells
    )


def _listed(titles: Sequence[object]) -> str:
    text = ", ".join(str(title) or "(no title)" for title in titles) or "(empty)"
    return text if len(text) <= 500 else f"{text[:500]} …"
