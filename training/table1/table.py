"""Table 1 as Markdown: our scores with their spread over seeds, and the paper's below them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from types import MappingProxyType
from typing import Any, Final

from models.network import TASKS, Task

# Precision, recall and F1 in percent, by relaxed match.
Figures = tuple[float, float, float]
# By split ("valid" is the development set of SMM4H 2021), then by subtask.
SplitScores = Mapping[str, Mapping[Task, Figures]]

# The paper's Table 1, by preset. Figures are missing where the configuration changes nothing.
PAPER_SCORES: Final[Mapping[str, SplitScores]] = MappingProxyType(
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

_SPLIT_NAMES: Final = {"valid": "dev", "test": "test"}
_FIGURE_NAMES: Final = ("precision", "recall", "f1")


@dataclass(frozen=True)
class PresetResult:
    """The official relaxed scores of one trained preset.

    Attributes:
        preset: its name.
        seed: of its training.
        version: of its bundle.
        scores: by split and subtask.
    """

    preset: str
    seed: int
    version: str
    scores: SplitScores

    def to_json(self) -> dict[str, Any]:
        """Return it JSON-ready, for `from_json`."""
        return {
            "preset": self.preset,
            "seed": self.seed,
            "version": self.version,
            "scores": {
                split: {
                    task: dict(zip(_FIGURE_NAMES, figures, strict=True)) for task, figures in by_task.items()
                }
                for split, by_task in self.scores.items()
            },
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> PresetResult:
        """Read what `to_json` returned."""
        return cls(
            document["preset"],
            document["seed"],
            document["version"],
            {
                split: {
                    task: (figures["precision"], figures["recall"], figures["f1"])
                    for task, figures in by_task.items()
                }
                for split, by_task in document["scores"].items()
            },
        )


def render_table1(results: Sequence[PresetResult], splits: Sequence[str]) -> str:
    """Render the table: for each preset a row of ours and, if there is one, the paper's.

    Args:
        results: of one or several seeds for each preset. Rows are in their order.
        splits: "valid", "test": those that were scored.

    Returns:
        Markdown. A cell is `P / R / F1` in percent, the mean over the seeds. With several seeds, each figure
        is followed by its sample standard deviation.
    """
    columns = [(split, task) for split in splits for task in TASKS]
    head = ["preset", "seeds", *(f"{_SPLIT_NAMES.get(split, split)} {task}" for split, task in columns)]
    rows = [_row(head), _row(["---"] * len(head))]
    for preset in dict.fromkeys(result.preset for result in results):
        ours = [result for result in results if result.preset == preset]
        rows.append(
            _row([f"`{preset}`", str(len(ours)), *_cells([result.scores for result in ours], columns)])
        )
        if preset in PAPER_SCORES:
            rows.append(_row(["the paper's", "", *_cells([PAPER_SCORES[preset]], columns)]))
    return "\n".join(rows) + "\n"


def _cells(scores: Sequence[SplitScores], columns: Sequence[tuple[str, Task]]) -> list[str]:
    """Return a cell for each column, empty where no figures exist."""
    figures = [
        [by_split[split][task] for by_split in scores if task in by_split.get(split, {})]
        for split, task in columns
    ]
    return [_cell(of_column) if of_column else "" for of_column in figures]


def _cell(figures: Sequence[Figures]) -> str:
    return " / ".join(_mean_and_spread(values) for values in zip(*figures, strict=True))


def _mean_and_spread(values: Sequence[float]) -> str:
    return f"{mean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
