"""Calibration and thresholds decide which label a text gets."""

from __future__ import annotations

from pathlib import Path

from models import Pipeline, load_bundle
from models.bundle import Calibration, Thresholds
from tests.tiny import NEGATIVE, POSITIVE, Trained, save_tiny


def test_calibration_turns_the_probability_and_so_the_label(
    tiny_bundle: Path, trained: Trained, tmp_path: Path
) -> None:
    plain = Pipeline.from_bundle(tiny_bundle, device="cpu").score([*POSITIVE, *NEGATIVE])
    folder = save_tiny(tmp_path / "b", trained, calibration=Calibration(temperature=1.0, bias=-100.0))
    assert {before.label for before in plain} == {"ADE", "NoADE"}
    for after in Pipeline.from_bundle(folder, device="cpu").score([*POSITIVE, *NEGATIVE]):
        assert after.probability < 1e-3
        assert (after.label, after.mentions) == ("NoADE", ())


def test_thresholds_can_be_overruled_without_touching_the_bundle(tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    strict = Pipeline.of(bundle, thresholds=Thresholds(classifier=1.0, normalizer=0.0))
    assert {one.label for one in strict.score(POSITIVE)} == {"NoADE"}
    assert {one.label for one in Pipeline.of(bundle).score(POSITIVE)} == {"ADE"}
    assert strict.version == bundle.version
