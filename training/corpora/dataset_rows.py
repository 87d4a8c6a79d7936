"""The rows of the files of a data set (.parquet, .arrow, .jsonl, .csv), and the features in its metadata."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from training.corpora.reading_log import ReadingLog
from training.corpora.span_records import json_records
from training.errors import CorpusError
from training.extras import require


def features_of(path: Path) -> Mapping[str, Any]:
    """Return the features in the metadata of a file, or in a `dataset_info.json` next to it or above."""
    metadata: Mapping[bytes, bytes] = {}
    if path.suffix in (".parquet", ".arrow"):
        metadata = _open_arrow(path)[0].metadata or {}
    documents: list[Any] = []
    files = (folder / "dataset_info.json" for folder in (path.parent, path.parent.parent))
    try:
        if b"huggingface" in metadata:
            documents.append(json.loads(metadata[b"huggingface"]).get("info"))
        documents += [json.loads(file.read_bytes()) for file in files if file.is_file()]
    except (ValueError, AttributeError, RecursionError) as error:
        raise CorpusError(f"the features of {path} are not JSON ({error}): copy the data set again") from None
    for document in documents:
        features = document.get("features") if isinstance(document, dict) else None
        if isinstance(features, dict):
            return features
    return {}


def read_dataset_rows(path: Path, log: ReadingLog) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows of a file with their numbers, from 1; for text files those of their lines."""
    if path.suffix in (".parquet", ".arrow"):
        rows = (row for batch in _open_arrow(path)[1] for row in batch.to_pylist())
        try:
            yield from enumerate(rows, 1)
        except (ValueError, OSError, OverflowError, ArithmeticError) as error:
            raise CorpusError(f"{path} is damaged ({error}): copy it again") from None
    elif path.suffix in (".csv", ".tsv"):
        with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
            reader = csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ",")
            try:
                for row in reader:
                    yield reader.line_num, {key: value for key, value in row.items() if key is not None}
            except csv.Error as error:
                raise CorpusError(f"{path}, line {reader.line_num}: {error}; correct the quotes") from None
    else:
        for line, record in json_records(path, log):
            if isinstance(record, dict):
                yield line, record
            else:
                log.drop("malformed row", path, line, "it is not an object")


def _open_arrow(path: Path) -> tuple[Any, Iterator[Any]]:
    """Return the schema of a .parquet or .arrow file, and its batches."""
    require("pyarrow", f"files such as {path.name}", extra="sources")
    import pyarrow
    from pyarrow import ipc, parquet

    try:
        if path.suffix == ".parquet":
            table = parquet.ParquetFile(path)
            return table.schema_arrow, table.iter_batches()
        content = pyarrow.memory_map(str(path))
        try:
            stream = ipc.open_stream(content)
        except pyarrow.ArrowInvalid:
            file = ipc.open_file(content)
            return file.schema, (file.get_batch(index) for index in range(file.num_record_batches))
        return stream.schema, iter(stream)
    except (pyarrow.ArrowException, OSError) as error:
        raise CorpusError(f"{path} cannot be read ({error}): copy it again; with Git LFS, pull it") from None
