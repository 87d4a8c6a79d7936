"""Dates as tools and spreadsheets write them for people: 14.03.2026, 3/14/2026 9:26 AM, 14. März 2026.

Whether the day or the month comes first is decided once per column. A library such as dateparser decides for
each value alone, so it could read one column in both orders.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from monitor.feed.source import FeedError
from monitor.feed.tables.cell_values import text_of
from monitor.feed.tables.table_rows import Notify
from monitor.ingest.dates import MONTHS, clock_time, is_missing, to_rfc3339

_NUMERIC: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})\.?(?:[ ,T]+(.*))?")
_DAY_NAME: Final = r"(?:[a-z]+\.?,? )?"
_DAY_FIRST: Final = re.compile(
    rf"{_DAY_NAME}([0-9]{{1,2}})(?:\.|er|st|nd|rd|th)?[ -]?(?:de )?([a-z]+)\.?,?[ -]?(?:de |del )?"
    r"([0-9]{4}|[0-9]{2}(?![0-9])),?(.*)"
)
_MONTH_FIRST: Final = re.compile(
    rf"{_DAY_NAME}([a-z]+)\.? ([0-9]{{1,2}})(?:st|nd|rd|th)?,? ([0-9]{{4}}),?(.*)"
)
_JOINING_WORD: Final = re.compile(r"^[ ,]*(?:um|a las|a la|alle|ore|as|at|a|le|-)?[ ,]+")

# English, German, French, Spanish, Italian, Portuguese; without accents, since those are removed before.
_MONTH_NAMES: Final = (
    ("january", "januar", "janner", "janvier", "enero", "gennaio", "janeiro", "ene", "gen", "janv"),
    ("february", "februar", "fevrier", "febrero", "febbraio", "fevereiro", "fevr", "fev"),
    ("march", "marz", "maerz", "mars", "marzo", "marco", "mrz"),
    ("april", "avril", "abril", "aprile", "avr", "abr"),
    ("may", "mai", "mayo", "maggio", "maio", "mag"),
    ("june", "juni", "juin", "junio", "giugno", "junho", "giu"),
    ("july", "juli", "juillet", "julio", "luglio", "julho", "juil", "lug"),
    ("august", "aout", "agosto", "ago"),
    ("september", "septembre", "septiembre", "setiembre", "settembre", "setembro", "sept", "set"),
    ("october", "oktober", "octobre", "octubre", "ottobre", "outubro", "okt", "ott", "out"),
    ("november", "novembre", "noviembre", "novembro"),
    ("december", "dezember", "decembre", "diciembre", "dicembre", "dezembro", "dez", "dic"),
)
_MONTH_OF: Final = {
    name: month
    for month, (names, short) in enumerate(zip(_MONTH_NAMES, MONTHS, strict=True), 1)
    for name in (*names, short)
}


ORDERS: Final = ("dmy", "mdy")
"""The orders of day and month: the day or the month comes first."""


def parse_date_order(name: str) -> str:
    """Return the order of day and month that the user named.

    Raises:
        FeedError: there is no such order.
    """
    if name not in ORDERS:
        raise FeedError(f"{name!r} is not an order of dates", "use dmy or mdy for --date-order")
    return name


class DateColumn:
    """Reads the dates of one column.

    Attributes:
        order: "dmy" or "mdy": whether the day comes first in dates such as 03/04/2026.
    """

    def __init__(self, order: str = "dmy") -> None:
        self.order = order

    def read(self, cell: Any) -> Any:
        """Return a date as RFC 3339, None if it is missing, or the cell itself if it is not a date."""
        value = to_rfc3339(cell)
        # Only what comes back as it was may be a date for people.
        if value is not cell or not isinstance(cell, str) or (cell[4:5] == "-" and "T" in cell):
            return value
        return self._numeric(cell.strip()) or _with_month_name(cell) or value

    def _numeric(self, text: str) -> str | None:
        match = _NUMERIC.fullmatch(text)
        if match is None:
            return None
        first, second = int(match[1]), int(match[3])
        day, month = (first, second) if self.order == "dmy" else (second, first)
        year = match[4] if len(match[4]) == 4 else f"20{match[4]}"
        clock = _clock(match[5] or "")
        return f"{year}-{month:02}-{day:02}T{clock}" if clock and 1 <= month <= 12 and day else None


def date_column(cells: Sequence[Any], order: str | None, *, title: str, notify: Notify) -> DateColumn:
    """Return the reader of a column, from its first cells and the order that the user chose, if any.

    A number over 12 shows which one is the day. Dots mean that the day comes first.

    Raises:
        FeedError: the cells contradict each other, or there is no such order.
    """
    if order is not None:
        return DateColumn(parse_date_order(order))
    matches = [match for cell in cells if (match := _NUMERIC.fullmatch(text_of(cell).strip()))]
    # Of 45/45/2026, neither number can be a month.
    matches = [match for match in matches if min(int(match[1]), int(match[3])) <= 12]
    if not matches:
        return DateColumn()
    day_first = any(int(match[1]) > 12 for match in matches)
    month_first = any(int(match[3]) > 12 for match in matches)
    if day_first and month_first:
        raise FeedError(
            f"in the column {title!r}, some dates have the day first and others the month",
            "write all dates in one way, best as 2026-03-14T09:26:53Z",
        )
    if day_first or month_first:
        return DateColumn("dmy" if day_first else "mdy")
    if all(match[2] == "." for match in matches):
        return DateColumn("dmy")
    chosen = "mdy" if any(re.search(r"[AaPp]\.?[Mm]\b", match[5] or "") for match in matches) else "dmy"
    notify(
        f"dates such as {matches[0][0]} are read with the {'day' if chosen == 'dmy' else 'month'} first; "
        "--date-order dmy or mdy decides"
    )
    return DateColumn(chosen)


def _with_month_name(text: str) -> str | None:
    decomposed = unicodedata.normalize("NFKD", text.strip().casefold())
    text = "".join(char for char in decomposed if not unicodedata.combining(char))
    if match := _DAY_FIRST.fullmatch(text):
        day, name, year, rest = match.groups()
    elif match := _MONTH_FIRST.fullmatch(text):
        name, day, year, rest = match.groups()
    else:
        return None
    if len(year) == 2:
        year = f"20{year}"
    clock = _clock(_JOINING_WORD.sub("", rest))
    month = _MONTH_OF.get(name)
    return f"{year}-{month:02}-{int(day):02}T{clock}" if month and clock else None


def _clock(text: str) -> str | None:
    text = re.sub(r"\b(?:uhr|h)$", "", text.strip(), flags=re.IGNORECASE).strip()
    return "00:00:00Z" if not text or is_missing(text) else clock_time(text.upper())
