"""Data frames of pandas or polars, whichever is installed."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime
from types import ModuleType
from typing import Any, Final, Literal

from monitor.errors import MonitorError

Library = Literal["pandas", "polars"]

LIBRARIES: Final[tuple[Library, ...]] = ("pandas", "polars")
"""In this order they are looked for."""


class FrameError(MonitorError):
    """No library for data frames is installed, or not the one that was asked for."""


def frame_library(name: Library | None) -> ModuleType:
    """Return pandas or polars.

    Args:
        name: which one; None for the first that is installed.

    Raises:
        FrameError: it is not installed, or neither is.
    """
    if name is not None and name not in LIBRARIES:
        raise FrameError(f"'{name}' makes no data frames", f"use one of {', '.join(LIBRARIES)}")
    for each in LIBRARIES if name is None else (name,):
        try:
            return importlib.import_module(each)
        except ModuleNotFoundError as error:
            if error.name != each:
                raise
    missing = "neither pandas nor polars is" if name is None else f"{name} is not"
    raise FrameError(f"{missing} installed", "run pip install 'ade-monitor[notebooks]'")


def frame_of(library: ModuleType, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Any:
    """Return a data frame with these columns, also without any row.

    Times become timestamps in UTC. What is missing is NaN, NaT or None in pandas, and null in polars.
    """
    all_rows = [tuple(row) for row in rows]
    values = {name: [row[number] for row in all_rows] for number, name in enumerate(columns)}
    if library.__name__ == "polars":
        return library.DataFrame(values, strict=False)
    frame = library.DataFrame(values, columns=list(columns))
    for name, column in values.items():
        if (kind := _kind_of_time(column)) is not None:
            frame[name] = library.to_datetime(frame[name], utc=kind is datetime or None)
    return frame


def records_frame(library: ModuleType, kind: type[Any], records: Iterable[Any]) -> Any:
    """Return a data frame with a column for each field of a dataclass."""
    columns = [field.name for field in fields(kind)]
    return frame_of(library, columns, (list(_values(record)) for record in records))


def _values(record: Any) -> Iterable[Any]:
    values: Mapping[str, Any] = asdict(record)
    return (list(value) if isinstance(value, tuple) else value for value in values.values())


def _kind_of_time(column: Sequence[Any]) -> type[date] | None:
    """Return `datetime` or `date` if all values of a column are such, except for None; else None."""
    kinds = {type(value) for value in column if value is not None}
    (kind,) = kinds if len(kinds) == 1 else (None,)
    return kind if kind in (datetime, date) else None
