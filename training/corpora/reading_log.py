"""The log of a corpus reader: what it read and dropped, why, and the first places of each reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.errors import CorpusError

_PLACES_KEPT = 5


@dataclass(frozen=True, slots=True)
class CorpusFault:
    """The reason why something was dropped or changed, with its place.

    Attributes:
        reason: a short phrase that is the same for all faults of a kind, such as "offset mismatch".
        path: the file.
        line: its line or row, counted from 1; None if the file has none, or if the fault is in all of it.
        detail: the value at fault and what was expected.
    """

    reason: str
    path: Path
    line: int | None
    detail: str

    def __str__(self) -> str:
        place = str(self.path) if self.line is None else f"{self.path}, line {self.line}"
        return f"{place}: {self.reason}: {self.detail}"


@dataclass
class ReadingLog:
    """A record of what readers of corpora read, drop and change.

    Attributes:
        strict: whether a fault ends the reading.
        counts: number of things read, by kind: texts, spans, whatever the reader counts.
        dropped: number of things dropped because of a fault in the files, by reason.
        noted: number of things changed or left out although nothing is wrong with them, by reason.
        places: the first places of each reason.
    """

    strict: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[CorpusFault]] = field(default_factory=dict)

    def count(self, kind: str, number: int = 1) -> None:
        """Count things that were read."""
        self.counts[kind] += number

    def drop(self, reason: str, path: Path, line: int | None, detail: str) -> None:
        """Record that something was dropped because of a fault.

        Raises:
            CorpusError: the log is strict.
        """
        fault = CorpusFault(reason, path, line, detail)
        if self.strict:
            raise CorpusError(f"{fault}; fix it, or read without --strict, which leaves such rows out")
        self.dropped[reason] += 1
        self._keep_place(fault)

    def note(self, reason: str, path: Path, line: int | None, detail: str) -> None:
        """Record that something valid was changed or left out; a strict log allows this too."""
        self.noted[reason] += 1
        self._keep_place(CorpusFault(reason, path, line, detail))

    def _keep_place(self, fault: CorpusFault) -> None:
        places = self.places.setdefault(fault.reason, [])
        if len(places) < _PLACES_KEPT:
            places.append(fault)

    def to_json(self) -> dict[str, Any]:
        """Return what was read, dropped and noted, the latter two with their first places, JSON-ready."""
        return {
            "read": dict(self.counts),
            "dropped": self._reasons(self.dropped),
            "noted": self._reasons(self.noted),
        }

    def _reasons(self, counts: Counter[str]) -> dict[str, Any]:
        return {
            reason: {"count": count, "first": [str(fault) for fault in self.places[reason]]}
            for reason, count in counts.most_common()
        }
