"""Another Normalizer for a bundle than the one it names."""

from __future__ import annotations

from pathlib import Path

from models.bundle.config import BundleConfig
from models.normalizer.choice import Choice, no_retriever


def choosing(config: BundleConfig, choice: Choice | None, folder: Path) -> BundleConfig:
    """Give the config of the bundle in `folder` with another Normalizer; None leaves its own.

    Raises:
        BundleError: the bundle has no retriever, which the choice needs.
    """
    try:
        return config.choosing(choice)
    except ValueError:
        raise no_retriever(choice or config.choice, folder) from None
