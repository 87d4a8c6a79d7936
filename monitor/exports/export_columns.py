"""The columns of a table that is exported, read from the record of its rows."""

from __future__ import annotations

import json
import types
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Union, get_args, get_origin, get_type_hints


class CellKind(StrEnum):
    """What the cells of a column hold, if they are not empty."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    DATE = "date"
    TEXTS = "texts"
    JSON = "json"


_KINDS: Final = {
    str: CellKind.TEXT,
    int: CellKind.INTEGER,
    float: CellKind.NUMBER,
    bool: CellKind.BOOLEAN,
    datetime: CellKind.TIME,
    date: CellKind.DATE,
}


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column: its name in every format, and what its cells hold."""

    name: str
    kind: CellKind


def columns_of(record: type) -> tuple[ExportColumn, ...]:
    """Return a column for each field of a dataclass, in their order.

    Args:
        record: a dataclass whose fields are texts, numbers, times, days, lists of texts, or JSON; each may be
            None.
    """
    hints = get_type_hints(record)
    return tuple(ExportColumn(field.name, _kind_of(hints[field.name])) for field in fields(record))


def _kind_of(hint: Any) -> CellKind:
    if get_origin(hint) in (Union, types.UnionType):
        [hint] = [each for each in get_args(hint) if each is not type(None)]
    if hint in (list[str], tuple[str, ...]):
        return CellKind.TEXTS
    return _KINDS.get(hint, CellKind.JSON)


def json_value(value: object) -> Any:
    """Return a cell as a value of JSON: times become ISO 8601 in UTC, and tuples become lists."""
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def flat_value(value: object) -> Any:
    """Return a cell for formats whose cells are single values: lists and objects become JSON as text."""
    plain = json_value(value)
    return json.dumps(plain, ensure_ascii=False) if isinstance(plain, list | dict) else plain
