"""How a bundle runs on this machine, and why: for logs, and for `ade-monitor doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.scoring.cache import CachingScorer

if TYPE_CHECKING:
    import torch

    from models.bundle import Bundle
    from models.predictions import Scorer
    from models.runtime import PrecisionTrial


def serving_notes(scorer: Scorer) -> tuple[str, ...]:
    """Return how a scorer runs on this machine; nothing for one without weights."""
    inner = scorer.scorer if isinstance(scorer, CachingScorer) else scorer
    notes: tuple[str, ...] = getattr(inner, "notes", ())
    return notes


def serving_notes_of(bundle: Bundle, device: torch.device, trial: PrecisionTrial) -> tuple[str, ...]:
    """Return the notes about a bundle, each a line without a full stop.

    Args:
        bundle: as it was loaded.
        device: where it runs.
        trial: the precision that was chosen for it.
    """
    notes = [f"products in {trial.text}"]
    if bundle.body is not None:
        notes.append("layers below the last one in int8, as the bundle is quantized")
    if bundle.early_exit is not None:
        notes.append(_exit_note(bundle, device))
    return tuple(notes)


def _exit_note(bundle: Bundle, device: torch.device) -> str:
    from models.scoring.assembly import usable_exit

    section = bundle.config.early_exit
    layer = bundle.early_exit.below if bundle.early_exit else 0
    if device.type != "cpu":
        return f"no early exit after layer {layer}: a GPU gains nothing by it"
    if bundle.body is not None:
        return f"no early exit after layer {layer}: it needs exact layers, and the bundle is quantized"
    if usable_exit(bundle) is None:
        return f"no early exit after layer {layer}: it was shown for a higher threshold than the bundle has"
    share = f", at least {100 * section.least_share:.2f}% of the positives go on" if section else ""
    return f"clear negatives leave after layer {layer}{share}"
