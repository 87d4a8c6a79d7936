"""`ade-train predict`, `evaluate` and `calibrate` when they are interrupted, or when there is no bundle."""

from pathlib import Path

import pytest

from models.errors import BundleError
from models.runtime import Engine
from tests.training.cli.tiny_scoring import ade_train


def test_an_interrupted_command_leaves_no_files(
    bundle: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Engine, "score", interrupt)
    for command in (
        ("predict", bundle, "--texts", prepared, "--split", "valid", "--out", tmp_path / "predictions"),
        ("evaluate", "--gold", prepared, "--bundle", bundle, "--out", tmp_path / "report"),
        ("calibrate", bundle, "--valid", prepared, "--diagram", tmp_path / "diagram.png"),
    ):
        assert ade_train(*command).exit_code == 130
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [prepared / "valid.jsonl"]


def test_a_missing_bundle_is_named(prepared: Path, tmp_path: Path) -> None:
    for command in (
        (
            "predict",
            tmp_path / "gone",
            "--texts",
            prepared,
            "--split",
            "valid",
            "--out",
            tmp_path / "predictions",
        ),
        ("evaluate", "--gold", prepared, "--bundle", tmp_path / "gone"),
        ("calibrate", tmp_path / "gone", "--valid", prepared),
    ):
        error = ade_train(*command).exception
        assert isinstance(error, BundleError)
        assert str(tmp_path / "gone") in str(error)
