"""`candidates.tsv`: the PTs that were considered for each span, beside the files of the official layout.

A row has tweet_id, start, end, rank (from 1, best first), ptid and score, with tabs between them; a span
without a row had no candidates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from models.predictions import Mention
from training.errors import CorpusError
from training.scorer.layout import RowWriter, read_rows

CANDIDATES_FILE: Final = "candidates.tsv"

Candidates = Mapping[str, Mapping[tuple[int, int], tuple[str, ...]]]
"""PTs best first, by id of the text and offsets of the span."""

_FIELDS: Final = 6


def candidates_of(mention: Mention) -> tuple[tuple[str, float], ...]:
    """Give the PTs with their scores that were considered for a mention, best first, its code among them."""
    code = () if mention.ptid is None else ((mention.ptid, mention.pt_score or 0.0),)
    return (*code, *((candidate.ptid, candidate.score) for candidate in mention.runners_up))


def write_candidates(rows: RowWriter, id_: str, mention: Mention) -> None:
    """Add a mention's candidates.

    Raises:
        RunError: the file cannot be written.
    """
    for rank, (ptid, score) in enumerate(candidates_of(mention), 1):
        rows.write(id_, mention.start, mention.end, rank, ptid, f"{score:.9g}")


def read_candidates(path: Path, *, lift: Mapping[str, str] | None = None) -> Candidates:
    """Read what `write_candidates` wrote; rows may come in any order.

    Args:
        path: the file.
        lift: LLT code to PT code.

    Raises:
        CorpusError: a row is malformed, or a rank is there twice; file and line are named.
    """
    ranked: dict[str, dict[tuple[int, int], dict[int, str]]] = {}
    for row in read_rows(path, fields=_FIELDS):
        place = f"{path}, line {row.line}"
        cells = [cell.strip() for cell in row.fields]
        try:
            start, end, rank = (int(cell) for cell in cells[1:4])
        except ValueError:
            raise CorpusError(f"{place}: start, end and rank must be whole numbers; mend them") from None
        if len(cells) < _FIELDS - 1 or not cells[4]:
            raise CorpusError(f"{place}: write tweet_id, start, end, rank, ptid and score, with tabs between")
        own = ranked.setdefault(cells[0], {}).setdefault((start, end), {})
        if own.setdefault(rank, cells[4]) != cells[4]:
            raise CorpusError(f"{place}: the span {start}-{end} had rank {rank} before; keep one row")
    return {
        id_: {span: lifted_codes((own[rank] for rank in sorted(own)), lift) for span, own in spans.items()}
        for id_, spans in ranked.items()
    }


def lifted_codes(codes: Iterable[str], lift: Mapping[str, str] | None) -> tuple[str, ...]:
    """Lift the codes of LLTs to PTs; a PT that is there again is left out."""
    return tuple(dict.fromkeys((lift or {}).get(code, code) for code in codes))
