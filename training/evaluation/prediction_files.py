"""Prediction files: the official layout, and next to it the probabilities and the candidates.

probabilities.tsv   tweet_id, probability of ADE
candidates.tsv      tweet_id, start, end, rank (from 1, best first), ptid, score

`candidates.tsv` has the PTs that were considered for each span; a span without a row had none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.predictions import Mention
from training.errors import CorpusError
from training.scorer import (
    CLASS_FILE,
    CODED_SPANS_FILE,
    SPANS_FILE,
    TweetAnnotation,
    read_annotations,
    read_rows,
)

PROBABILITIES_FILE: Final = "probabilities.tsv"
CANDIDATES_FILE: Final = "candidates.tsv"
PREDICTION_FILES: Final = (CLASS_FILE, SPANS_FILE, CODED_SPANS_FILE, PROBABILITIES_FILE, CANDIDATES_FILE)

Candidates = Mapping[str, Mapping[tuple[int, int], tuple[str, ...]]]
"""PTs, best first, by tweet id and by start and end of the span."""

_CANDIDATE_FIELDS: Final = 6


@dataclass(frozen=True)
class Predictions:
    """Predictions for texts.

    Attributes:
        by_tweet: predicted labels, spans and codes, by tweet id.
        probabilities: of ADE, by tweet id; empty if they are not known.
        candidates: the PTs that were considered for each span; None if they are not known.
    """

    by_tweet: Mapping[str, TweetAnnotation]
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
            f"{path} does not exist: name a folder of predictions, as `ade-train predict` writes it"
        )
    by_tweet = read_annotations(path, lift=lift).by_tweet
    probabilities, candidates = path / PROBABILITIES_FILE, path / CANDIDATES_FILE
    return Predictions(
        by_tweet,
        _read_probabilities(probabilities) if probabilities.is_file() else {},
        read_candidates(candidates, lift=lift) if candidates.is_file() else None,
    )


def read_candidates(path: Path, *, lift: Mapping[str, str] | None = None) -> Candidates:
    """Read a `candidates.tsv`; its rows may have any order.

    Args:
        path: the file.
        lift: LLT code to PT code.

    Raises:
        CorpusError: a row is malformed, or a rank occurs twice; file and line are named.
    """
    by_rank: dict[str, dict[tuple[int, int], dict[int, str]]] = {}
    for row in read_rows(path, fields=_CANDIDATE_FIELDS):
        place = f"{path}, line {row.line}"
        cells = [cell.strip() for cell in row.fields]
        try:
            start, end, rank = (int(cell) for cell in cells[1:4])
        except ValueError:
            raise CorpusError(f"{place}: start, end and rank must be whole numbers; correct them") from None
        if len(cells) < _CANDIDATE_FIELDS - 1 or not cells[4]:
            raise CorpusError(f"{place}: write tweet_id, start, end, rank, ptid and score, with tabs between")
        ranks = by_rank.setdefault(cells[0], {}).setdefault((start, end), {})
        if ranks.setdefault(rank, cells[4]) != cells[4]:
            raise CorpusError(f"{place}: the span {start}-{end} had rank {rank} before; keep one row")
    return {
        tweet: {
            span: lift_code_list((ranks[rank] for rank in sorted(ranks)), lift)
            for span, ranks in spans.items()
        }
        for tweet, spans in by_rank.items()
    }


def candidates_of(mention: Mention) -> tuple[tuple[str, float], ...]:
    """Return the PTs that were considered for a mention with their scores, best first, its code included."""
    code = () if mention.ptid is None else ((mention.ptid, mention.pt_score or 0.0),)
    return (*code, *((candidate.ptid, candidate.score) for candidate in mention.runners_up))


def lift_code_list(codes: Iterable[str], lift: Mapping[str, str] | None) -> tuple[str, ...]:
    """Replace LLT codes by those of their PTs; a PT that then occurs again is left out."""
    return tuple(dict.fromkeys((lift or {}).get(code, code) for code in codes))


def _read_probabilities(path: Path) -> dict[str, float]:
    probabilities = {}
    for row in read_rows(path, fields=2):
        try:
            value = float(row.fields[1])
        except (ValueError, IndexError):
            value = -1.0
        if not 0 <= value <= 1:
            raise CorpusError(
                f"{path}, line {row.line}: the probability is not a number from 0 to 1; correct it"
            )
        probabilities[row.fields[0]] = value
    return probabilities
