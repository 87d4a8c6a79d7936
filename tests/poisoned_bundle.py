"""A bundle whose encoder returns NaN for any post with one character: a sum of its embedding overflows."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from safetensors.torch import load_file, save_file

from tests.tiny import save_tiny, train_tiny, write_checkpoint

POISON: Final = "^"
"""A character of its own token, which neither the tweets of the training nor the self-test have."""

POISON_OF_SELF_TEST: Final = "~"
"""The same, in a post of the self-test: no worker takes such a bundle."""


def make_poisoned_bundle(folder: Path, poison: str = POISON) -> Path:
    """Train and save a tiny bundle, in which the embedding of `poison` is too large."""
    checkpoint = write_checkpoint(folder.with_name(f"{folder.name}-encoder"))
    weights = load_file(checkpoint / "model.safetensors")
    words = (checkpoint / "vocab.txt").read_text(encoding="utf-8").splitlines()
    weights["embeddings.word_embeddings.weight"][words.index(poison)] = (
        3e38  # finite, but its layer norm is not
    )
    save_file(weights, checkpoint / "model.safetensors")
    return save_tiny(folder, train_tiny(checkpoint))
