"""Parquet files: a row group at a time, with the provenance in their metadata."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from monitor.exports.errors import ExportError
from monitor.exports.export_columns import CellKind, ExportColumn, flat_value
from monitor.private_files import open_private_bytes

ROWS_IN_GROUP: Final = 10_000
"""Rows that are in memory at the same time."""

METADATA_KEY: Final = "ade_monitor.provenance"
"""The key of the provenance, which is JSON, in the metadata of the file."""


def require_parquet() -> None:
    """Check that the library for Parquet is installed.

    Raises:
        ExportError: it is not.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise ExportError("Parquet needs the library pyarrow", "pip install 'ade-monitor[exports]'") from None


def write_parquet(
    path: Path, columns: Sequence[ExportColumn], rows: Iterable[Sequence[Any]], provenance: Mapping[str, Any]
) -> int:
    """Write a Parquet file that only its owner can read, and return 0: no cell is ever cut.

    Times are in UTC with microseconds. Lists of texts stay lists; other lists and objects are JSON.

    Args:
        path: of the file, which is replaced.
        columns: of the table.
        rows: values of the columns, in their order.
        provenance: for the metadata.

    Raises:
        OSError: the file cannot be written.
    """
    import pyarrow as arrow
    from pyarrow.parquet import ParquetWriter

    schema = _schema(columns).with_metadata({METADATA_KEY: json.dumps(provenance, default=str)})
    remaining = iter(rows)
    with open_private_bytes(path) as file, ParquetWriter(file, schema, compression="zstd") as writer:
        while group := list(islice(remaining, ROWS_IN_GROUP)):
            cells = zip(*group, strict=True)
            arrays = [
                arrow.array([_cell(column.kind, value) for value in values], field.type)
                for column, field, values in zip(columns, schema, cells, strict=True)
            ]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
    return 0


def _schema(columns: Sequence[ExportColumn]) -> Any:
    import pyarrow as arrow

    kinds = {
        CellKind.INTEGER: arrow.int64(),
        CellKind.NUMBER: arrow.float64(),
        CellKind.BOOLEAN: arrow.bool_(),
        CellKind.TIME: arrow.timestamp("us", "UTC"),
        CellKind.DATE: arrow.date32(),
        CellKind.TEXTS: arrow.list_(arrow.string()),
    }
    return arrow.schema([(column.name, kinds.get(column.kind, arrow.string())) for column in columns])


def _cell(kind: CellKind, value: Any) -> Any:
    if kind is CellKind.TEXT and value is not None:
        # A lone surrogate cannot be written.
        return str(value).encode("utf-8", "replace").decode()
    return flat_value(value) if kind is CellKind.JSON else value
