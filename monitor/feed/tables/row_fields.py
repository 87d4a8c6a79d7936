"""The cells of a row become the fields of the contract."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from monitor.feed.tables.cell_values import (
    id_of,
    json_string,
    kind_of,
    language_of,
    platform_of,
    post_id_in,
    text_of,
)
from monitor.feed.tables.column_choice import ChosenColumns
from monitor.feed.tables.damaged_ids import is_damaged, whole_number
from monitor.feed.tables.local_dates import DateColumn
from monitor.ingest.field_checks import MAX_URL
from monitor.ingest.snowflake import snowflake_date
from monitor.ingest.sources.x_posts import ReferencedPost, post_ids, x_fields

_REFERENCES: Final = (("repost_of", "repost"), ("quote_of", "quote"), ("reply_to", "reply"))
_CONTEXT: Final = ("title", "place")

NO_VALUE: Final = frozenset(("NULL", "null", "NaN", "nan", "None", "NaT", "<NA>", "\\N"))
"""What databases and data frames write for a cell without a value. People rarely post just this word."""

_NUMBER: Final = re.compile("[0-9]+")
_ID_OF_ACCOUNT: Final = re.compile(r"""['"]id(?:_str)?['"]: ?['"]?([0-9]+)""")


class RowFields:
    """Reads the rows of one table.

    Attributes:
        ids_are_of_x: True if a post without a date has one in its id.
    """

    def __init__(
        self,
        columns: ChosenColumns,
        dates: Mapping[int, DateColumn],
        json_columns: Collection[int],
        *,
        accept_rounded_ids: bool = False,
    ) -> None:
        self._indices = columns.indices
        self._profile = columns.profile
        self._about_x = columns.about_x
        self._dates = dates
        self._json = json_columns
        self._accept_rounded = accept_rounded_ids
        self._references = [pair for pair in _REFERENCES if self._indices.get(pair[0])]
        self._has_context = any(self._indices.get(field) for field in _CONTEXT)
        self.ids_are_of_x = columns.about_x

    def read(self, cells: Sequence[Any]) -> dict[str, Any]:
        """Return the fields of a row, named as in the contract."""
        post_id, text = self.post_id(cells), self.text(cells)
        platform = "x" if self._about_x else platform_of(self._first(cells, "platform"))
        kind, referenced = self._reference(cells)
        if platform == "x":
            fields = self._x_fields(cells, post_id, text, kind, referenced)
        else:
            fields = {"id": post_id, "text": text}
            if platform:
                fields["platform"] = platform
            created_at = self._created_at(cells)
            if created_at is None and self.ids_are_of_x:
                created_at = snowflake_date(post_id)
            if created_at is not None:
                fields["created_at"] = created_at
            if language := language_of(self._first(cells, "lang")):
                fields["lang"] = language
            if kind is not None:
                fields["kind"] = kind
            if kind is not None and referenced:
                fields["referenced_id"] = referenced
            # A tweet has no title: tools repeat its text there.
            if self._has_context and (context := self._context(cells, text)):
                fields["context"] = context
        if author := self._author(cells):
            fields["author_id"] = author
        url = self._first(cells, "url").strip()
        if url and len(url) <= MAX_URL:
            fields["url"] = url
        return fields

    def post_id(self, cells: Sequence[Any]) -> str:
        """Return the canonical id of a row's post, or "" if it has none."""
        post_id = id_of(self._first(cells, "id"))
        if self._accept_rounded and is_damaged(post_id):
            return whole_number(post_id)
        if post_id or not (self._indices.get("tool_id") or self._indices.get("url")):
            return post_id
        url = self._first(cells, "url").strip()
        if (in_url := post_id_in(url)) is not None:
            return in_url
        tool_id = id_of(self._first(cells, "tool_id")) or url
        return f"{self._profile.name}:{tool_id}" if tool_id and self._profile.is_listening_tool else ""

    def text(self, cells: Sequence[Any]) -> str:
        """Return the text of a row's post, or ""."""
        return self._first(cells, "text")

    def _x_fields(
        self, cells: Sequence[Any], post_id: str, text: str, kind: str | None, referenced: str
    ) -> dict[str, Any]:
        original = quoted = parent = None
        if kind == "repost":
            name = self._first(cells, "repost_name").strip().lstrip("@")
            whole = self._first(cells, "repost_text") or (None if text.startswith("RT @") else text)
            original = ReferencedPost(referenced, whole, name or None)
        elif kind == "reply":
            parent = ReferencedPost(referenced)
        quote_text = self._first(cells, "quote_text") or None
        if kind == "quote" or quote_text:
            # A repost can repeat a quote, whose id is in another column.
            quoted_id = referenced if kind == "quote" else id_of(self._first(cells, "quote_of"))
            quoted = ReferencedPost(quoted_id or None, quote_text)
        fields = x_fields(
            post_ids(post_id, _NUMBER.findall(self._first(cells, "history"))),
            text,
            username=self._first(cells, "username").strip().lstrip("@") or None,
            created_at=self._created_at(cells),
            lang=language_of(self._first(cells, "lang")),
            repost=original,
            quoted=quoted,
            parent=parent,
        )
        if not post_id.isdecimal():
            # Data sets have ids of their own, which are not part of any address.
            fields.pop("url", None)
        return fields

    def _first(self, cells: Sequence[Any], field: str) -> str:
        """Return the first cell of a field's columns that is not blank, or ""."""
        for index in self._indices.get(field, ()):
            text = text_of(self._cell(cells, index))
            if text and not text.isspace() and text not in NO_VALUE:
                return text
        return ""

    def _cell(self, cells: Sequence[Any], index: int) -> Any:
        cell = cells[index] if index < len(cells) else ""
        if not isinstance(cell, str):
            return cell
        if index in self._json and (decoded := json_string(cell)) is not None:
            return decoded
        return cell.replace("\\n", "\n") if self._profile.escapes_line_ends else cell

    def _author(self, cells: Sequence[Any]) -> str:
        author = id_of(self._first(cells, "author_id"))
        if author.startswith("{"):
            # A data frame wrote the whole account as Python shows it.
            match = _ID_OF_ACCOUNT.search(author)
            return match[1] if match else ""
        if author and self._profile.is_listening_tool and not author.isdecimal():
            return f"{self._profile.name}:{author.removeprefix('@')}"
        return author

    def _created_at(self, cells: Sequence[Any]) -> Any:
        for index in self._indices.get("created_at", ()):
            cell = self._cell(cells, index)
            clock = self._first(cells, "time")
            if clock and isinstance(cell, str) and ":" not in cell:
                cell = f"{cell} {clock}"
            if (value := self._dates[index].read(cell)) is not None:
                return value
        return None

    def _context(self, cells: Sequence[Any], text: str) -> list[dict[str, str]]:
        parts = [(kind, self._first(cells, kind).strip()) for kind in _CONTEXT]
        # Tools repeat the start of a short post as its title.
        start = text.strip()
        return [
            {"kind": kind, "text": part}
            for kind, part in parts
            if part and not start.startswith(part.rstrip(".… "))
        ]

    def _reference(self, cells: Sequence[Any]) -> tuple[str | None, str]:
        """Return how a row's post refers to another one, or None, and the id of that one, or ""."""
        for column, kind in self._references:
            if referenced := id_of(self._first(cells, column)):
                return kind, referenced
        if (kind_word := kind_of(self._first(cells, "kind"))) is None:
            return None, ""
        referenced = id_of(self._first(cells, "referenced_id"))
        return kind_word, referenced or post_id_in(self._first(cells, "referenced_url")) or ""
