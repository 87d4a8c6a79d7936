"""Writing predictions as files of the official layout; `prediction_files` reads them again."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TextIO

from models.disk import require_replaceable, writing
from models.predictions import TweetPrediction
from training.errors import RunError
from training.evaluation.prediction_files import (
    CANDIDATES_FILE,
    PREDICTION_FILES,
    PROBABILITIES_FILE,
    candidates_of,
)
from training.evaluation.tweet_files import TextToScore
from training.scorer import CLASS_FILE, CODED_SPANS_FILE, SPANS_FILE

_BREAKS: Final = {ord(character): " " for character in "\t\n\r"}


class RowWriter:
    """Writes rows of fields with tabs between them to an open file.

    Args:
        file: to write to.
        path: the file's final name, for messages.
    """

    def __init__(self, file: TextIO, path: Path) -> None:
        self._file = file
        self._path = path

    def write(self, *fields: object) -> None:
        """Write a row.

        The layout cannot hold tabs and line ends within a field. Each becomes a space, so that offsets stay.

        Raises:
            RunError: the file cannot be written, for example because the disk is full.
        """
        cells = [str(field).translate(_BREAKS) for field in fields]
        with writing(self._path, RunError):
            self._file.write("\t".join(cells) + "\n")

    def flush(self) -> None:
        """Make sure that all rows are on the disk.

        Raises:
            RunError: as `write`.
        """
        with writing(self._path, RunError):
            self._file.flush()
            os.fsync(self._file.fileno())


class PredictionWriter:
    """Writes the predictions for one text after the other.

    Args:
        rows: the writer of each file, by its name.
    """

    def __init__(self, rows: Mapping[str, RowWriter]) -> None:
        self._rows = rows

    def write(self, text: TextToScore, prediction: TweetPrediction) -> None:
        """Add a text to all files; a span without a code has an empty last field.

        Raises:
            RunError: a file cannot be written.
        """
        self._rows[CLASS_FILE].write(text.id, prediction.label)
        self._rows[PROBABILITIES_FILE].write(text.id, f"{prediction.probability:.9g}")
        for mention in prediction.mentions:
            row = (text.id, "ADE", mention.start, mention.end, mention.text)
            self._rows[SPANS_FILE].write(*row)
            self._rows[CODED_SPANS_FILE].write(*row, mention.ptid or "")
            for rank, (ptid, score) in enumerate(candidates_of(mention), 1):
                self._rows[CANDIDATES_FILE].write(
                    text.id, mention.start, mention.end, rank, ptid, f"{score:.9g}"
                )


@contextmanager
def writing_predictions(folder: Path) -> Iterator[PredictionWriter]:
    """Open the prediction files of a folder; they appear when the block ends, and not at all if it fails.

    Raises:
        RunError: a file cannot be written.
    """
    with writing_rows(*(folder / name for name in PREDICTION_FILES)) as rows:
        yield PredictionWriter(dict(zip(PREDICTION_FILES, rows, strict=True)))


def require_no_predictions(folder: Path, *, overwrite: bool) -> None:
    """Check that predictions would not replace other files; annotations are never replaced.

    Raises:
        RunError: `folder` is a file, has predictions that must not be overwritten, or has files of the same
            names without probabilities, which are therefore not predictions.
    """
    require_replaceable(
        folder,
        kind="a set of predictions",
        marker=PROBABILITIES_FILE,
        names=PREDICTION_FILES,
        overwrite=overwrite,
        error=RunError,
        how_to_overwrite="replace it with --overwrite",
    )


@contextmanager
def writing_rows(*paths: Path) -> Iterator[tuple[RowWriter, ...]]:
    """Open files for rows; all of them appear when the block ends, and none if it fails.

    Raises:
        RunError: a file cannot be written.
    """
    mark = secrets.token_hex(4)
    fresh = [path.with_name(f".{path.name}.{mark}.new") for path in paths]
    files: list[TextIO] = []
    try:
        for fresh_path, path in zip(fresh, paths, strict=True):
            with writing(path, RunError):
                path.parent.mkdir(parents=True, exist_ok=True)
                files.append(fresh_path.open("x", encoding="utf-8", errors="replace", newline="\n"))
        writers = tuple(RowWriter(file, path) for file, path in zip(files, paths, strict=True))
        yield writers
        for writer in writers:
            writer.flush()
        for fresh_path, path in zip(fresh, paths, strict=True):
            with writing(path, RunError):
                fresh_path.replace(path)
    finally:
        for file in files:
            with suppress(OSError):  # closing flushes again what could not be written before
                file.close()
        for fresh_path in fresh:
            with suppress(OSError):
                fresh_path.unlink()
