"""The formats that `ade-train prepare` reads: one line for each, by the name that `--format` takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from training.corpora.ade_v2 import read_ade_v2
from training.corpora.brat import read_brat
from training.corpora.jsonl import read_jsonl
from training.corpora.phee import read_phee
from training.corpora.psytar import read_psytar
from training.corpora.reading import ReadingLog
from training.corpora.smm4h import read_smm4h
from training.corpora.tac import read_tac
from training.examples import Example


class Reader(Protocol):
    """Reads a corpus of one format."""

    def __call__(self, source: Path, log: ReadingLog, /) -> dict[str, list[Example]]:
        """Give the texts by split: "train", "valid", "test", or "all" where the corpus has no splits.

        A code that may be of either level goes into `AnnotatedSpan.ptid`, one that is known to be an LLT into
        `AnnotatedSpan.llt`; `prepare` lifts both. Offsets are checked, rows at fault go to `log.drop`, what is
        changed without a fault (such as a discontinuous span) to `log.note`.

        Raises:
            CorpusError: nothing of this format is at `source`, or the log is strict and a row is at fault.
        """
        ...


FORMATS: Mapping[str, Reader] = MappingProxyType(
    {
        "ade-v2": read_ade_v2,
        "brat": read_brat,
        "jsonl": read_jsonl,
        "phee": read_phee,
        "psytar": read_psytar,
        "smm4h": read_smm4h,
        "tac": read_tac,
    }
)
