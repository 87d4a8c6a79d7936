"""Options of a scorer: what depends on the machine and the user, not on the bundle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.errors import BundleError, Problem

PrecisionChoice = Literal["auto", "fp32", "bf16"]

NormalizerChoice = Literal["classifier", "retrieval", "hybrid"]
"""What codes the spans: the paper's classifier over the bundle's labels, a search in the names of a
dictionary, or both together."""


@dataclass(frozen=True)
class ServingOptions:
    """How `load_scorer` runs a bundle; the defaults fit any machine.

    Attributes:
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        threads: CPU threads of the forward pass.
        trunk: folder of the pretrained encoder, instead of the one that the bundle names.
        normalizer: what codes the spans, instead of the bundle's choice; the dummy codes none.
        precision: of matrix products; `auto` is bf16 where that is faster on the device, else fp32.
        cache: number of predictions to keep for texts that are repeated, 0 for none; see `CachingScorer`.
    """

    device: str = "auto"
    threads: int = 1
    trunk: str | Path | None = None
    normalizer: NormalizerChoice | None = None
    precision: PrecisionChoice = "auto"
    cache: int = 0


def retriever_missing(choice: NormalizerChoice, folder: Path) -> BundleError:
    """Return the error for a Normalizer that needs a retriever, which a bundle does not have."""
    return BundleError(
        f"the normalizer {choice!r} needs a retriever, which the bundle {folder} does not have",
        problem=Problem.NORMALIZER_NEEDS_RETRIEVER,
    )
