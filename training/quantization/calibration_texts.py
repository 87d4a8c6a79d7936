"""The texts that a quantization is calibrated on, and the others that the bundles are compared on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from training.corpora import read_split
from training.errors import RunError
from training.examples import Example


@dataclass(frozen=True)
class CalibrationTexts:
    """Texts for calibration and for validation; no text is in both.

    Attributes:
        calibration: the ranges of the numbers come from them, and the heads are refitted on them.
        validation: the exact and the quantized bundle are compared on them. Some report an adverse effect,
            and some do not.
    """

    calibration: list[Example]
    validation: list[Example]


def read_calibration_texts(
    calibrate: Path, validation: Path | None, split: str, *, seed: int
) -> CalibrationTexts:
    """Read the texts, and divide them if there is one file for both purposes.

    Args:
        calibrate: a prepared folder, or a .jsonl file.
        validation: the same. With None, half of each class of `calibrate` is kept for validation.
        split: the split to read from prepared folders.
        seed: for this division.

    Raises:
        CorpusError: a file is missing or malformed.
        RunError: there are no texts for calibration, or the texts for validation are all of one class.
    """
    texts = list({example.text: example for example in read_split(calibrate, split)}.values())
    if validation is None:
        divided = _divide(texts, seed)
    else:
        held_out = read_split(validation, split)
        known = {example.text for example in held_out}
        divided = CalibrationTexts([example for example in texts if example.text not in known], held_out)
    positives = sum(example.label for example in divided.validation)
    if positives in (0, len(divided.validation)):
        source, need = (validation, "one") if validation else (calibrate, "two")
        raise RunError(
            f"{positives:,} of the {len(divided.validation):,} texts for validation, from {source}, report "
            f"an adverse effect: use a file with at least {need} that do and {need} that do not"
        )
    if not divided.calibration:
        besides = f" besides those for validation, from {validation}" if validation else ""
        raise RunError(f"{calibrate} has no text to calibrate on{besides}: add some hundreds of texts")
    return divided


def _divide(texts: Iterable[Example], seed: int) -> CalibrationTexts:
    shuffled = list(texts)
    Random(f"quantization {seed}").shuffle(shuffled)  # noqa: S311 - reproducible, not secret
    by_class = [[example for example in shuffled if example.label == label] for label in (1, 0)]
    return CalibrationTexts(
        [example for examples in by_class for example in examples[1::2]],
        [example for examples in by_class for example in examples[0::2]],
    )
