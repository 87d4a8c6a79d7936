"""Two tiny trained readers with unlike tokenizers, and texts to fit them on."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from models.bundle import SecondReader, Thresholds, join_bundles, read_config
from tests.families import write_family
from tests.tiny import EFFECTS, NEGATIVE, POSITIVE, make_tiny_bundle, save_tiny, train_tiny
from training.examples import AnnotatedSpan, Example

READS_FROM = 0.2


def make_two_bundles(folder: Path, model_type: str = "mpnet") -> tuple[Path, Path]:
    """Write the bundles of a BERT and of a reader of another family, with their encoders, to a folder.

    Return both bundles. They are trained once in a process.
    """
    shutil.copytree(_two_bundles(model_type).name, folder, dirs_exist_ok=True)
    return folder / "first", folder / "second"


@cache
def _two_bundles(model_type: str) -> TemporaryDirectory[str]:
    """Train both in a folder that is removed when the process ends."""
    kept = TemporaryDirectory()
    folder = Path(kept.name)
    torch.manual_seed(7)  # the same networks, whichever tests came before
    make_tiny_bundle(folder / "first")
    encoder = write_family(folder / "second-encoder", model_type)
    save_tiny(folder / "second", train_tiny(encoder, steps=100), name="second")
    return kept


def join(first: Path, second: Path, out: Path, **changes: object) -> Path:
    """Join two bundles with weights that were not fitted; `changes` are fields of `SecondReader`."""
    values = {
        "version": read_config(second).version,
        "reads_from": READS_FROM,
        "first": 0.5,
        "second": 0.5,
        **changes,
    }
    join_bundles(
        first,
        second,
        SecondReader.model_validate(values),
        out,
        thresholds=Thresholds(classifier=0.4, normalizer=0.3),
        name="both",
        metrics={"two_readers": {}},
        card="# both\n",
    )
    return out


def validation_examples() -> list[Example]:
    """Return 48 positive and 60 negative texts like those that the tiny networks know."""
    examples = []
    for copy in range(4):
        for text in POSITIVE:
            effect = next(effect for effect in EFFECTS if text.endswith(effect))
            span = AnnotatedSpan(len(text) - len(effect), len(text), EFFECTS[effect][0])
            examples.append(Example(f"p{copy} {text}", text + "!" * copy, 1, (span,)))
    for copy in range(12):
        examples += [Example(f"n{copy} {text}", text + "." * copy, 0) for text in NEGATIVE]
    return examples
