"""The texts that a quantization is calibrated on, and others that it is judged on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from training.corpora.prepared import read_split
from training.errors import RunError
from training.examples import Example


@dataclass(frozen=True)
class CalibrationTexts:
    """Texts on two sides, none of them on both.

    Attributes:
        calibration: they give ranges, and what the heads are fitted to.
        validation: they judge; some report an adverse effect, and some do not.
    """

    calibration: list[Example]
    validation: list[Example]


def read_calibration_texts(
    calibrate: Path, validation: Path | None, split: str, *, seed: int
) -> CalibrationTexts:
    """Read the texts, and divide them where there is one file for both.

    Args:
        calibrate: a prepared folder, or a .jsonl file.
        validation: the same; None lets half of each class of the others judge.
        split: of prepared folders.
        seed: of that division.

    Raises:
        CorpusError: a file is missing or malformed.
        RunError: a side has no texts, or the texts that judge are of one class.
    """
    texts = list({example.text: example for example in read_split(calibrate, split)}.values())
    if validation is None:
        sides = _halves(texts, seed)
    else:
        judging = read_split(validation, split)
        known = {example.text for example in judging}
        sides = CalibrationTexts([example for example in texts if example.text not in known], judging)
    positives = sum(example.label for example in sides.validation)
    if positives in (0, len(sides.validation)):
        source, need = (validation, "one") if validation else (calibrate, "two")
        raise RunError(
            f"{positives:,} of the {len(sides.validation):,} texts that are to judge, from {source}, report "
            f"an adverse effect: give a file with at least {need} that do and {need} that do not"
        )
    if not sides.calibration:
        others = f" beside those that judge, from {validation}" if validation else " besides"
        raise RunError(f"{calibrate} has no text to calibrate on{others}: give some hundreds more")
    return sides


def _halves(texts: Iterable[Example], seed: int) -> CalibrationTexts:
    drawn = list(texts)
    Random(f"quantization {seed}").shuffle(drawn)  # noqa: S311 - reproducible, not secret
    by_class = [[example for example in drawn if example.label == label] for label in (1, 0)]
    return CalibrationTexts(
        [example for side in by_class for example in side[1::2]],
        [example for side in by_class for example in side[0::2]],
    )
