"""`ade-train calibrate` with a tiny bundle that knows four adverse effects."""

import json
import shutil
from pathlib import Path

import pytest

from models.bundle import load_bundle
from models.errors import BundleError, Problem
from tests.training.cli.tiny_scoring import RECORDS, ade_train, figures
from training.errors import RunError


def test_calibration_is_stored_and_evaluation_confirms_its_figures(
    bundle: Path, prepared: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "bundle"
    shutil.copytree(bundle, changed)
    # Half of the labels of each class are flipped, so that the probabilities are far too sure.
    noisy = [
        {**record, "label": 0, "spans": []} if number % 2 else record for number, record in enumerate(RECORDS)
    ]
    lines = [*noisy, *({**record, "id": f"{record['id']}-", "label": 1} for record in RECORDS[-3:])]
    (prepared / "valid.jsonl").write_text("".join(f"{json.dumps(record)}\n" for record in lines))
    arguments = ("calibrate", changed, "--valid", prepared)
    dry_run = figures(*arguments, "--dry-run")
    assert load_bundle(changed).version == load_bundle(bundle).version
    printed = figures(*arguments, "--diagram", tmp_path / "diagram.png")
    assert printed["after"] == dry_run["after"]
    assert (tmp_path / "diagram.png").read_bytes().startswith(b"\x89PNG")
    loss, error = "negative_log_likelihood", "expected_calibration_error"
    assert printed["after"][loss] < printed["before"][loss]
    assert printed["after"][error] < printed["before"][error]
    assert printed["after"]["f1"] >= printed["before"]["f1"]
    stored = load_bundle(changed)
    assert stored.version == printed["bundle"] != load_bundle(bundle).version
    assert stored.config.calibration is not None
    assert stored.config.calibration.temperature == printed["after"]["temperature"] > 1
    assert stored.config.thresholds.classifier == printed["after"]["threshold"]
    evaluated = figures("evaluate", "--gold", prepared, "--bundle", changed)
    assert evaluated["scores"]["1a"]["f1"] == pytest.approx(printed["after"]["f1"], abs=1e-3)
    assert evaluated["reliability"][loss] == pytest.approx(printed["after"][loss], abs=1e-3)
    assert json.loads((changed / "metrics.json").read_text())["calibration"]["after"] == printed["after"]


def test_calibrating_twice_changes_nothing_the_second_time(
    bundle: Path, prepared: Path, tmp_path: Path
) -> None:
    shutil.copytree(bundle, tmp_path / "bundle")
    first, second = (figures("calibrate", tmp_path / "bundle", "--valid", prepared) for _ in range(2))
    assert second["after"]["temperature"] == pytest.approx(first["after"]["temperature"], rel=1e-3)
    assert second["before"]["f1"] == second["after"]["f1"]


def test_the_minimum_precision_is_reached_at_the_prevalence(bundle: Path, prepared: Path) -> None:
    printed = figures(
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
    assert printed["after"]["precision"] >= 0.9
    assert printed["after"]["bias"] == 0


def test_a_calibrated_copy_leaves_the_bundle_as_it_is(bundle: Path, prepared: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in bundle.iterdir() if path.is_file()}
    printed = figures("calibrate", bundle, "--valid", prepared, "--out", tmp_path / "copy")
    assert load_bundle(tmp_path / "copy").version == printed["bundle"]
    assert {path.name: path.read_bytes() for path in bundle.iterdir() if path.is_file()} == before
    again = ade_train("calibrate", bundle, "--valid", prepared, "--out", tmp_path / "copy")
    assert "already exists" in str(again.exception)


def test_a_bundle_of_the_package_is_known_by_name_and_needs_a_place(prepared: Path) -> None:
    error = ade_train("calibrate", "default", "--valid", prepared).exception
    assert isinstance(error, BundleError)
    assert error.problem is Problem.PACKAGED_BUNDLE


def test_the_split_has_several_names(bundle: Path, prepared: Path) -> None:
    assert figures("calibrate", bundle, "--valid", prepared, "--split", "dev", "--dry-run")["texts"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--for", "recall"), "--for"),
        (("--for", "precision=2"), "--for"),
        (("--for", "precision=high"), "--for"),
        (("--prevalence", "1"), "--prevalence"),
    ],
)
def test_invalid_goals_are_refused(
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
