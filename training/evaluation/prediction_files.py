"""Predictions as files in the official layout, with probabilities and candidates beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from models.predictions import TweetPrediction
from training.errors import CorpusError, RunError
from training.evaluation.candidate_files import CANDIDATES_FILE, Candidates, read_candidates, write_candidates
from training.evaluation.texts import Text
from training.scorer import Judgement, read_annotations
from training.scorer.annotations import CLASS_FILE, CODED_SPANS_FILE, SPANS_FILE
from training.scorer.layout import RowWriter, read_rows, writing_rows

PROBABILITIES_FILE = "probabilities.tsv"
FILES = (CLASS_FILE, SPANS_FILE, CODED_SPANS_FILE, PROBABILITIES_FILE, CANDIDATES_FILE)


class PredictionWriter:
    """Writes what was predicted for one text after the other.

    Args:
        rows: by file name.
    """

    def __init__(self, rows: Mapping[str, RowWriter]) -> None:
        self._rows = rows

    def write(self, text: Text, prediction: TweetPrediction) -> None:
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
            write_candidates(self._rows[CANDIDATES_FILE], text.id, mention)


@contextmanager
def writing_predictions(folder: Path) -> Iterator[PredictionWriter]:
    """Open the files of a folder; they appear when the block ends, and not at all if it fails.

    Raises:
        RunError: a file cannot be written.
    """
    with writing_rows(*(folder / name for name in FILES)) as rows:
        yield PredictionWriter(dict(zip(FILES, rows, strict=True)))


def refuse_to_clobber(folder: Path, *, overwrite: bool) -> None:
    """Raise where predictions would replace a file; annotations are never overwritten.

    Raises:
        RunError: `folder` is a file, or one of the files is there and is not to be overwritten, or is no
            prediction, as there are no probabilities beside it.
    """
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder} is a file: choose another folder")
    there = [name for name in FILES if (folder / name).exists()]
    if there and PROBABILITIES_FILE not in there:
        raise RunError(
            f"{folder} holds {', '.join(there)}, but no {PROBABILITIES_FILE}: these are no predictions of "
            "ours, which --overwrite would replace; choose another folder"
        )
    if there and not overwrite:
        raise RunError(
            f"{folder} holds {', '.join(there)}: choose another folder, or replace them with --overwrite"
        )


@dataclass(frozen=True)
class Predictions:
    """What was predicted.

    Attributes:
        judgements: by id.
        probabilities: of ADE, by id; empty where they are not known.
        candidates: PTs that were considered for each span; None where they are not known.
    """

    judgements: Mapping[str, Judgement]
    probabilities: Mapping[str, float]
    candidates: Candidates | None = None


def read_predictions(path: Path, *, lift: Mapping[str, str] | None) -> Predictions:
    """Read a folder of prediction files, or one file of rows as in `spans_norm.tsv`.

    Args:
        path: the folder or the file.
        lift: LLT code to PT code.

    Raises:
        CorpusError: there is nothing to read, or a row is malformed; file and line are named.
    """
    if not path.exists():
        raise CorpusError(
            f"{path} does not exist: name a folder of predictions, as `ade-train predict` gives"
        )
    judgements = read_annotations(path, lift=lift).judgements
    chances, candidates = path / PROBABILITIES_FILE, path / CANDIDATES_FILE
    return Predictions(
        judgements,
        _read_probabilities(chances) if chances.is_file() else {},
        read_candidates(candidates, lift=lift) if candidates.is_file() else None,
    )


def _read_probabilities(path: Path) -> dict[str, float]:
    probabilities = {}
    for row in read_rows(path, fields=2):
        try:
            value = float(row.fields[1])
        except (ValueError, IndexError):
            value = -1.0
        if not 0 <= value <= 1:
            raise CorpusError(f"{path}, line {row.line}: the probability is no number from 0 to 1; mend it")
        probabilities[row.fields[0]] = value
    return probabilities
