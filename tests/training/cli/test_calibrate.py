"""`ade-train calibrate` with a tiny bundle that knows four adverse effects."""

import json
import shutil
from pathlib import Path

import pytest

from models.bundle import load_bundle
from tests.training.cli.tiny_scoring import RECORDS, ade_train, figures
from training.errors import RunError


def test_calibration_is_stored_and_the_bundle_behaves_as_promised(
    bundle: Path, prepared: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "bundle"
    shutil.copytree(bundle, changed)
    # Half of the labels of each class are turned, so that the probabilities are far too sure.
    noisy = [{**one, "label": 0, "spans": []} if number % 2 else one for number, one in enumerate(RECORDS)]
    lines = [*noisy, *({**one, "id": f"{one['id']}-", "label": 1} for one in RECORDS[-3:])]
    (prepared / "valid.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    asked = ("calibrate", changed, "--valid", prepared)
    shown = figures(*asked, "--dry-run")
    assert load_bundle(changed).version == load_bundle(bundle).version
    told = figures(*asked, "--diagram", tmp_path / "diagram.png")
    assert told["after"] == shown["after"]
    assert (tmp_path / "diagram.png").read_bytes().startswith(b"\x89PNG")
    loss, error = "negative_log_likelihood", "expected_calibration_error"
    assert told["after"][loss] < told["before"][loss]
    assert told["after"][error] < told["before"][error]
    assert told["after"]["f1"] >= told["before"]["f1"]
    stored = load_bundle(changed)
    assert stored.version == told["bundle"] != load_bundle(bundle).version
    assert stored.config.calibration is not None
    assert stored.config.calibration.temperature == told["after"]["temperature"] > 1
    assert stored.config.thresholds.classifier == told["after"]["threshold"]
    found = figures("evaluate", "--gold", prepared, "--bundle", changed)
    assert found["scores"]["1a"]["f1"] == pytest.approx(told["after"]["f1"], abs=1e-3)
    assert found["reliability"][loss] == pytest.approx(told["after"][loss], abs=1e-3)
    assert json.loads((changed / "metrics.json").read_text())["calibration"]["after"] == told["after"]


def test_calibrating_twice_changes_nothing_more(bundle: Path, prepared: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "bundle")
    first, second = (figures("calibrate", tmp_path / "bundle", "--valid", prepared) for _ in range(2))
    assert second["after"]["temperature"] == pytest.approx(first["after"]["temperature"], rel=1e-3)
    assert second["before"]["f1"] == second["after"]["f1"]


def test_a_wanted_precision_and_a_prevalence_are_kept_to(bundle: Path, prepared: Path) -> None:
    told = figures(
        "calibrate",
        bundle,
        "--valid",
        prepared,
        "--for",
        "precision=0.9",
        "--prevalence",
        0.02,
        "--no-bias",
        "--dry-run",
    )
    assert told["after"]["precision"] >= 0.9
    assert told["after"]["bias"] == 0


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--for", "recall"), "--for"),
        (("--for", "precision=2"), "--for"),
        (("--for", "precision=high"), "--for"),
        (("--prevalence", "1"), "--prevalence"),
    ],
)
def test_nonsense_goals_are_refused(
    bundle: Path, prepared: Path, options: tuple[str, str], named: str
) -> None:
    error = ade_train("calibrate", bundle, "--valid", prepared, *options).exception
    assert isinstance(error, RunError)
    assert named in str(error)


def test_texts_of_one_class_cannot_calibrate(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(RECORDS[-1]) + "\n")
    error = ade_train("calibrate", bundle, "--valid", tmp_path / "a.jsonl").exception
    assert isinstance(error, RunError)
    assert "class" in str(error)
