"""The table that a finished training prints on a terminal: what was trained, and its scores on validation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from training.cli.console import figures_table, out, print_json, print_line, print_note, print_table

_FIGURES: Final = ("precision", "recall", "f1")


def print_trained(version: str, metrics: Mapping[str, Any], *, as_json: bool) -> None:
    """Print the version and the figures of a bundle: tables on a terminal, elsewhere one line of JSON.

    A note says if the bundle is of no use yet.

    Args:
        version: of the bundle.
        metrics: the content of its `metrics.json`.
        as_json: print JSON on a terminal, too.
    """
    if metrics.get("validation", {}).get("1a", {}).get("f1") == 0:
        print_note(
            "the bundle finds no adverse effect in the validation texts: train with more texts, for more "
            "epochs (--set epochs=N), or with another learning rate (--set learning-rate=R)"
        )
    if as_json or not out.is_terminal:
        print_json({"bundle": version, **metrics})
        return
    print_line(version)
    facts = [(name.replace("_", " "), value) for name, value in _facts(metrics)]
    if facts:
        print_table(figures_table(("", ""), facts, left=2))
    scores = [
        (name, *(f"{100 * figures[figure]:.1f}" for figure in _FIGURES))
        for name, figures in _scores(metrics, ())
    ]
    if scores:
        print_table(figures_table(("scores", "P", "R", "F1"), scores))


def _facts(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the single figures, those of sections that have nothing else included."""
    for name, value in metrics.items():
        if isinstance(value, bool | int | str):
            yield name, f"{value:,}" if isinstance(value, int) else str(value)
        elif isinstance(value, float):
            yield name, f"{value:.4g}"
        elif isinstance(value, Mapping) and value and not any(map(_is_nested, value.values())):
            parts = (f"{key.replace('_', ' ')} {_shown(entry)}" for key, entry in value.items())
            yield name, ", ".join(parts)
    classifiers = metrics.get("classifiers")
    if isinstance(classifiers, Mapping):
        best = (f"{entry['best_epoch']} of {len(entry['epochs'])}" for entry in classifiers.values())
        yield "best epoch", ", ".join(best)


def _scores(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, float]]]:
    """Yield each precision, recall and F1 that the figures have, with its place in them."""
    if not isinstance(value, Mapping):
        return
    if all(isinstance(value.get(figure), int | float) for figure in _FIGURES):
        yield " ".join(path).replace("_", " "), value
        return
    for name, entry in value.items():
        yield from _scores(entry, (*path, str(name)))


def _is_nested(value: Any) -> bool:
    return isinstance(value, Mapping | list)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
