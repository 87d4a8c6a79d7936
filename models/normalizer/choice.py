"""Which Normalizer codes the spans."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from models.errors import BundleError

# classifier: the paper's, over the labels of the bundle. retrieval: by the names of a dictionary.
# hybrid: both together.
Choice = Literal["classifier", "retrieval", "hybrid"]


def no_retriever(choice: Choice, folder: Path) -> BundleError:
    """Give what is raised where a choice needs a retriever, which the bundle in `folder` has not."""
    return BundleError(
        f"the normalizer {choice!r} needs a retriever, which the bundle {folder} has not: set "
        "ADE_MODEL__NORMALIZER or --normalizer to classifier, or train a bundle with "
        "`ade-train train --set normalizer=hybrid`"
    )
