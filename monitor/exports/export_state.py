"""How far an unfinished export is, as its state file keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from monitor.exports.errors import ExportError
from monitor.private_files import replace_private


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What makes two exports the same, so that one can go on with the rows of the other.

    Attributes:
        dataset: what is exported, such as "effects".
        file_format: name of the format.
        filters: the options that choose rows, as the user wrote them.
        masked: whether handles and the like are masked.
        for_spreadsheet: whether CSV is made safe for spreadsheets.
        with_provenance: whether the first line of JSON Lines has the provenance.
        database: name, host and port.
        columns: names of the columns.
    """

    dataset: str
    file_format: str
    filters: Mapping[str, Any]
    masked: bool
    for_spreadsheet: bool
    with_provenance: bool
    database: str
    columns: list[str]

    def differences(self, other: ExportRequest) -> list[str]:
        """Return the names of the fields that differ."""
        return [each.name for each in fields(self) if getattr(self, each.name) != getattr(other, each.name)]


@dataclass(frozen=True, slots=True)
class ExportRun:
    """One start of an export: when (ISO 8601), and how many rows were there before."""

    started_at: str
    rows_before: int


@dataclass(frozen=True, slots=True)
class ExportState:
    """How far an export is.

    Attributes:
        request: what is exported.
        times: the times that `--since` and the like stood for at the first start, in ISO 8601.
        erased_rows: of `count_erased_rows` before the first row was read.
        entries: numbers of the audit entries for its starts; no row is there without one.
        rows: number of rows in the file.
        size: bytes of the file up to there.
        key: place of the last row in the order; None before the first.
        bundles: versions of the bundles that the rows are from, in the order of their first row.
        is_complete: whether all rows are there.
        runs: every start, the first one first.
    """

    request: ExportRequest
    times: Mapping[str, str] = field(default_factory=dict)
    erased_rows: int = 0
    entries: list[int] = field(default_factory=list)
    rows: int = 0
    size: int = 0
    key: list[Any] | None = None
    bundles: list[str] = field(default_factory=list)
    is_complete: bool = False
    runs: list[ExportRun] = field(default_factory=list)

    def started_again(self, started_at: str) -> ExportState:
        """Return the state with one more run."""
        return replace(self, runs=[*self.runs, ExportRun(started_at, self.rows)])


def load_state(path: Path) -> ExportState | None:
    """Return the state of an unfinished export, or None if there is none.

    Raises:
        ExportError: the file cannot be read, or is not a state.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        runs = [ExportRun(**run) for run in record.pop("runs")]
        return ExportState(request=ExportRequest(**record.pop("request")), runs=runs, **record)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise ExportError(
            f"{path} does not say how far an unfinished export is", "start from scratch with --restart"
        ) from None


def save_state(path: Path, state: ExportState) -> None:
    """Write the state in place of an earlier one, as a whole.

    Raises:
        OSError: it cannot be written; the earlier one is unchanged.
    """
    replace_private(path, json.dumps(asdict(state)).encode())
