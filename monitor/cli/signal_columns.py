"""The columns of the table of signals, and how many of them fit on a terminal.

A pipe gets all columns, one line for each pair. On a terminal, the intervals are never broken: where the
terminal is too narrow for four of them, the table has IC and EBGM, or the measure of `--method`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.text import Text

from models.terminal import terminal_safe
from monitor.cli.console import CODE_WIDTH, add_row, new_table, out, print_line, print_table

if TYPE_CHECKING:
    from monitor.signals.signal_pairs import SignalMethod
    from monitor.signals.signal_report import SignalPair

UNDEFINED: Final = "–"
"""What stands for a measure that is infinite or not defined."""

ALL_MEASURES: Final = 145
"""Characters of a terminal that has room for all measures."""

ONE_LINE: Final = 110
"""Characters of a terminal that has room for two intervals next to their values."""

_INTERVAL: Final = 20
_NARROWEST: Final = 7  # characters: two methods


@dataclass(frozen=True, slots=True)
class SignalColumn:
    """A column.

    Attributes:
        header: its name.
        cell: returns what it has for a pair, safe for a terminal.
        has_words: whether its cells may be folded between words.
    """

    header: str
    cell: Callable[[SignalPair], str | Text]
    has_words: bool = False


_DRUG = SignalColumn("drug", lambda pair: terminal_safe(pair.drug), has_words=True)
_EVENT = SignalColumn(
    "event", lambda pair: Text.assemble(terminal_safe(pair.event), " ", (pair.code, "dim")), has_words=True
)
_CASES = SignalColumn("cases", lambda pair: f"{pair.cases:,}")
_EXPECTED = SignalColumn("expected", lambda pair: _number(pair.expected))
_CORRECTED = SignalColumn(
    "corrected (95%)", lambda pair: _interval(pair.corrected_cases, pair.corrected_low, pair.corrected_high)
)
_MEASURES: Final = {
    "prr": SignalColumn("PRR (95%)", lambda pair: _interval(pair.prr, pair.prr_low, pair.prr_high)),
    "ror": SignalColumn("ROR (95%)", lambda pair: _interval(pair.ror, pair.ror_low, pair.ror_high)),
    "ic": SignalColumn("IC (95%)", lambda pair: _interval(pair.ic, pair.ic025, pair.ic975)),
    "ebgm": SignalColumn("EBGM (90%)", lambda pair: _interval(pair.ebgm, pair.eb05, pair.eb95)),
}
_Q = SignalColumn("q", lambda pair: f"{pair.q:.1g}")
_SIGNAL = SignalColumn("signal\nby", lambda pair: _signal(pair), has_words=True)
_NOTES = SignalColumn("notes", lambda pair: ", ".join(notes_of(pair)), has_words=True)


def columns_for(width: int | None, method: SignalMethod, *, has_corrections: bool) -> list[SignalColumn]:
    """Return the columns that fit.

    Args:
        width: of the terminal, in characters; None for a pipe.
        method: what decides about signals.
        has_corrections: whether the pairs have corrected cases.
    """
    corrected = [_CORRECTED] if has_corrections else []
    if width is None or width >= ALL_MEASURES + _INTERVAL * len(corrected):
        measures = [*_MEASURES.values(), _Q]
        notes = [_NOTES] if width is None else []
        return [_DRUG, _EVENT, _CASES, *corrected, _EXPECTED, *measures, _SIGNAL, *notes]
    names = [method.value] if method.value in _MEASURES else ["ic", "ebgm"]
    if has_corrections and width < ONE_LINE:
        names = names[:1]
    measures = [_MEASURES[name] for name in names]
    if width < ONE_LINE + _INTERVAL * len(corrected):
        corrected, measures = [_stacked(each) for each in corrected], [_stacked(each) for each in measures]
    return [_DRUG, _EVENT, _CASES, *corrected, _EXPECTED, *measures, _SIGNAL]


def print_lines(pairs: Sequence[SignalPair], columns: Sequence[SignalColumn]) -> None:
    """Print one line for each pair, for a pipe."""
    table = new_table(*(column.header.replace("\n", " ") for column in columns))
    for pair in pairs:
        add_row(table, *(column.cell(pair) for column in columns))
    print_table(table)


def print_rows(pairs: Sequence[SignalPair], columns: Sequence[SignalColumn]) -> None:
    """Print the pairs for a terminal. The notes of a pair are on a line of their own below it."""
    gap = 2 if out.width >= ONE_LINE else 1
    widths = _widths(pairs, columns, out.width - gap * len(columns))
    headers = [column.header for column in columns]
    for number, pair in enumerate(pairs):
        table = new_table(*headers, show_header=number == 0, padding=(0, gap, 0, 0))
        for column, shown, width in zip(columns, table.columns, widths, strict=True):
            shown.width, shown.no_wrap = width, not column.has_words
        # Not `add_row`, which would escape the line breaks of these cells.
        table.add_row(*(Text.assemble(column.cell(pair)) for column in columns))
        print_table(table)
        if notes := notes_of(pair):
            print_line(Text(f"  {', '.join(notes)}", style="italic"))


def notes_of(pair: SignalPair) -> list[str]:
    """Return the marks of a pair in words."""
    notes = []
    if pair.indication:
        notes.append("may be what the drug is taken for")
    if pair.listedness != "unknown":
        notes.append(pair.listedness)
    if pair.is_first_seen:
        notes.append(f"first seen {pair.first_day}")
    if pair.rising:
        notes.append("rising")
    if pair.masked_by is not None and pair.masked_share >= 0.5:
        notes.append(f"masked by {pair.masked_by} ({pair.masked_share:.0%} of the event's cases)")
    return notes


def _widths(pairs: Sequence[SignalPair], columns: Sequence[SignalColumn], room: int) -> list[int]:
    """Return the widths of the columns, in characters: those with words share what the others leave."""
    natural = [
        max(_longest_line(cell) for cell in (column.header, *(column.cell(pair) for pair in pairs)))
        for column in columns
    ]
    room -= sum(size for size, column in zip(natural, columns, strict=True) if not column.has_words)
    words = [column for column in columns if column.has_words]
    sizes = {column.header: size for size, column in zip(natural, columns, strict=True)}
    if sum(sizes[column.header] for column in words) > room:
        sizes[_SIGNAL.header] = min(sizes[_SIGNAL.header], _NARROWEST)
        names = room - sizes[_SIGNAL.header]
        sizes["drug"] = min(sizes["drug"], max(names // 2, _NARROWEST, names - sizes["event"]))
        sizes["event"] = min(sizes["event"], max(names - sizes["drug"], CODE_WIDTH))
    return [sizes[column.header] for column in columns]


def _longest_line(cell: str | Text) -> int:
    return max(cell_len(line) for line in str(cell).split("\n"))


def _stacked(column: SignalColumn) -> SignalColumn:
    """Return the column with its interval below its value."""
    return replace(
        column,
        header=column.header.replace(" (", "\n("),
        cell=lambda pair: Text(str(column.cell(pair)).replace(" (", "\n(")),
    )


def _number(value: float | None) -> str:
    if value is None:
        return UNDEFINED
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    return f"{_number(value)} ({_number(low)}, {_number(high)})"


def _signal(pair: SignalPair) -> Text:
    return Text(" ".join(pair.methods) or "none", style="bold" if pair.signal else "dim")
