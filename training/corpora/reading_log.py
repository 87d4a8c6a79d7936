"""What a reader of a corpus reads, drops and why: counted, with the first places of each reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.errors import CorpusError

_PLACES_KEPT = 5


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something was dropped, or changed, at one place.

    Attributes:
        reason: a short phrase that is the same for all faults of its kind, such as "offset mismatch".
        path: the file.
        line: its line, or row, counted from 1; None where the file has none, or all of it is meant.
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
    """Takes down what readers come upon.

    Attributes:
        strict: whether a fault ends the reading.
        counts: how many were read, by kind: texts, positive texts, spans, whatever the reader counts.
        dropped: how many were dropped for a fault of the files, by reason.
        noted: how many were changed or left out though nothing is wrong with them, by reason.
        places: the first places of each reason.
    """

    strict: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[Fault]] = field(default_factory=dict)

    def read(self, kind: str, count: int = 1) -> None:
        """Count something that was read."""
        self.counts[kind] += count

    def drop(self, reason: str, path: Path, line: int | None, detail: str) -> None:
        """Take down that something was dropped for a fault.

        Raises:
            CorpusError: the log is strict.
        """
        fault = Fault(reason, path, line, detail)
        if self.strict:
            raise CorpusError(f"{fault}; mend it, or read without --strict, which leaves such rows out")
        self.dropped[reason] += 1
        self._keep(fault)

    def note(self, reason: str, path: Path, line: int | None, detail: str) -> None:
        """Take down that something sound was changed or left out, which a strict log allows too."""
        self.noted[reason] += 1
        self._keep(Fault(reason, path, line, detail))

    def _keep(self, fault: Fault) -> None:
        places = self.places.setdefault(fault.reason, [])
        if len(places) < _PLACES_KEPT:
            places.append(fault)

    def to_json(self) -> dict[str, Any]:
        """Give what was read, dropped and noted, the latter two with their first places."""
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
