"""The figures of the paper's Table 1: precision, recall and F1 in percent, by relaxed match.

Table 1 as Markdown: our figures with their spread over seeds, the paper's beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from types import MappingProxyType
from typing import Any, Final

from models.network.heads import Task

Figures = tuple[float, float, float]

# Preset, then split ("valid" is the development set of SMM4H 2021), then subtask. Where the paper gives no
# figure, as the configuration changes nothing there, there is none.
PAPER_SCORES: Final[Mapping[str, Mapping[str, Mapping[str, Figures]]]] = MappingProxyType(
    {
        "mtl": {
            "valid": {"1a": (58.9, 66.1, 62.3), "1b": (44.3, 64.1, 52.4), "1c": (14.2, 21.8, 17.2)},
            "test": {"1a": (45.2, 43.4, 44.3), "1b": (44.2, 53.6, 48.5), "1c": (14.5, 18.7, 16.4)},
        },
        "boosting-ensemble": {
            "valid": {"1a": (61.7, 64.6, 63.1), "1b": (44.1, 61.9, 51.5), "1c": (15.5, 22.9, 18.5)},
            "test": {"1a": (49.1, 39.3, 43.7), "1b": (51.4, 51.4, 51.4), "1c": (16.0, 17.0, 16.0)},
        },
        "enhanced-ensemble": {
            "valid": {"1a": (65.1, 62.1, 63.5), "1b": (50.8, 62.3, 56.0), "1c": (15.7, 20.6, 17.9)},
            "test": {"1a": (48.8, 36.6, 42.0), "1b": (51.4, 49.1, 50.0), "1c": (15.8, 16.0, 16.0)},
        },
        "enhanced-normalizer": {
            "valid": {"1c": (17.2, 24.1, 20.0)},
            "test": {"1c": (16.9, 17.9, 17.4)},
        },
    }
)


SUBTASKS: Final[tuple[Task, ...]] = ("1a", "1b", "1c")
_NAMES = {"valid": "dev", "test": "test"}
_FIGURES = ("precision", "recall", "f1")


@dataclass(frozen=True)
class PresetResult:
    """The official relaxed scores of one trained preset.

    Attributes:
        preset: which.
        seed: of its training.
        version: of its bundle.
        scores: split, then subtask, then precision, recall and F1 in percent.
    """

    preset: str
    seed: int
    version: str
    scores: Mapping[str, Mapping[str, Figures]]

    def to_json(self) -> dict[str, Any]:
        """Give it JSON-ready; `from_json` reads it again."""
        return {
            "preset": self.preset,
            "seed": self.seed,
            "version": self.version,
            "scores": {
                split: {task: dict(zip(_FIGURES, f, strict=True)) for task, f in by.items()}
                for split, by in self.scores.items()
            },
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> PresetResult:
        """Read what `to_json` gave."""
        return cls(
            document["preset"],
            document["seed"],
            document["version"],
            {
                split: {task: (f["precision"], f["recall"], f["f1"]) for task, f in by.items()}
                for split, by in document["scores"].items()
            },
        )


def render_table1(results: Sequence[PresetResult], splits: Sequence[str]) -> str:
    """Write the table: for each preset a line of ours and, where there is one, of the paper.

    Args:
        results: of one or several seeds for each preset; lines come in their order.
        splits: "valid", "test": those that were scored.

    Returns:
        Markdown. A cell is `P / R / F1` in percent, the mean over the seeds; with several seeds each figure
        has the sample standard deviation behind it.
    """
    columns = [(split, task) for split in splits for task in SUBTASKS]
    head = ["preset", "seeds", *(f"{_NAMES.get(split, split)} {task}" for split, task in columns)]
    lines = [_line(head), _line(["---"] * len(head))]
    for preset in dict.fromkeys(result.preset for result in results):
        ours = [result for result in results if result.preset == preset]
        cells = [
            _cell([result.scores[split][task] for result in ours if task in result.scores.get(split, {})])
            for split, task in columns
        ]
        lines.append(_line([f"`{preset}`", str(len(ours)), *cells]))
        if preset in PAPER_SCORES:
            theirs = PAPER_SCORES[preset]
            lines.append(
                _line(
                    [
                        "the paper's",
                        "",
                        *(
                            _cell([theirs[split][task]] if task in theirs.get(split, {}) else [])
                            for split, task in columns
                        ),
                    ]
                )
            )
    return "\n".join(lines) + "\n"


def _cell(figures: Sequence[Figures]) -> str:
    if not figures:
        return ""
    return " / ".join(_figure([one[position] for one in figures]) for position in range(3))


def _figure(values: Sequence[float]) -> str:
    return f"{mean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
