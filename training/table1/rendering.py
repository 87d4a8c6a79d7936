"""Table 1 as Markdown: our figures with their spread over seeds, the paper's beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any, Final

from training.loop.config import Task
from training.table1.paper import PAPER, Figures

SUBTASKS: Final[tuple[Task, ...]] = ("1a", "1b", "1c")
_NAMES = {"valid": "dev", "test": "test"}
_FIGURES = ("precision", "recall", "f1")


@dataclass(frozen=True)
class Result:
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
    def from_json(cls, document: Mapping[str, Any]) -> Result:
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


def table1(results: Sequence[Result], splits: Sequence[str]) -> str:
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
        if preset in PAPER:
            theirs = PAPER[preset]
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
