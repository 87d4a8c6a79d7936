"""How a scorer is to run: everything that is the machine's business and not the bundle's.

Which Normalizer codes the spans.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.errors import BundleError

PrecisionChoice = Literal["auto", "fp32", "bf16"]


@dataclass(frozen=True)
class ServingOptions:
    """What `load_scorer` is told beside the name; the defaults fit any machine.

    Attributes:
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        threads: CPU threads of the forward pass.
        trunk: folder of the pretrained encoder, instead of where the bundle says.
        normalizer: which one codes the spans, instead of the bundle's choice; the dummy has none.
        precision: of the matrix products; `auto` is bf16 where the device gains by it, else fp32.
        cache: answers that are kept for texts that come again, 0 for none; see `CachingScorer`.
    """

    device: str = "auto"
    threads: int = 1
    trunk: str | Path | None = None
    normalizer: NormalizerChoice | None = None
    precision: PrecisionChoice = "auto"
    cache: int = 0


# classifier: the paper's, over the labels of the bundle. retrieval: by the names of a dictionary.
# hybrid: both together.
NormalizerChoice = Literal["classifier", "retrieval", "hybrid"]


def retriever_missing(choice: NormalizerChoice, folder: Path) -> BundleError:
    """Give what is raised where a choice needs a retriever, which the bundle in `folder` has not."""
    return BundleError(
        f"the normalizer {choice!r} needs a retriever, which the bundle {folder} has not: set "
        "ADE_MODEL__NORMALIZER or --normalizer to classifier, or train a bundle with "
        "`ade-train train --set normalizer=hybrid`"
    )
