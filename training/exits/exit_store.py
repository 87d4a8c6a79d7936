"""Put the exit that a search chose into its bundle, in memory or on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from models.bundle import Bundle, store_early_exit
from training.errors import RunError
from training.exits.exit_comparison import ExitComparison
from training.exits.exit_search import ExitCandidate, ExitSearch


def with_exit(bundle: Bundle, candidate: ExitCandidate) -> Bundle:
    """Return a bundle with an exit, in memory alone; its config and version stay as they are."""
    return replace(bundle, early_exit=candidate.head)


def store_exit(
    bundle: Bundle, search: ExitSearch, comparison: ExitComparison | None = None, *, out: Path | None = None
) -> str:
    """Write the bundle with the exit that a search chose.

    Args:
        bundle: as it was loaded, and as it was searched.
        search: its figures become part of `metrics.json`.
        comparison: its figures, too.
        out: folder for the changed bundle; by default it replaces the bundle.

    Returns:
        The version of the changed bundle.

    Raises:
        RunError: the search chose no exit.
        BundleError: the bundle cannot be written, or was changed since it was loaded.
    """
    if search.chosen is None:
        raise RunError(f"there is no exit to store: {search.problem}")
    figures: dict[str, Any] = {
        **search.chosen.to_json(),
        "trained_on": search.texts,
        "prevalence": search.prevalence,
        "by_layer": [candidate.to_json() for candidate in search.candidates],
    }
    if comparison is not None:
        figures["compared"] = comparison.to_json()
    tensors = search.chosen.head.tensors
    return store_early_exit(bundle, search.chosen.section, tensors, metrics={"early_exit": figures}, out=out)
