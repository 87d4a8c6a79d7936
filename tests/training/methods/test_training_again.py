"""Training again in the same folders: what is repeated, and what is replaced."""

from dataclasses import replace
from pathlib import Path

import pytest

from models import load_bundle
from tests.training.tiny_methods import Recorder, build, corpus, tiny_method, training_run
from training.errors import RunError
from training.examples import TrainingData
from training.methods import train_method


def test_a_finished_training_is_repeated_only_with_fresh(tiny_encoder: Path, tmp_path: Path) -> None:
    first = build(tmp_path, "mtl", tiny_encoder)
    second, restarted = Recorder(), Recorder()
    assert build(tmp_path, "mtl", tiny_encoder, callback=second).version == first.version
    assert second.epochs == []
    assert build(tmp_path, "mtl", tiny_encoder, callback=restarted, fresh=True).version == first.version
    assert len(restarted.epochs) == 2


@pytest.mark.slow
def test_other_settings_in_the_same_run_folder_are_refused(tiny_encoder: Path, tmp_path: Path) -> None:
    method, data = tiny_method("mtl", tiny_encoder), corpus()
    run = replace(training_run(tmp_path), networks=tmp_path / "run" / "networks")
    train_method(method, data, out=tmp_path / "a", run=run, command="")
    other = replace(method, training=replace(method.training, seed=7))
    with pytest.raises(RunError, match="settings"):
        train_method(other, data, out=tmp_path / "b", run=run, command="")
    fewer = TrainingData(data.train[1:], data.valid)
    with pytest.raises(RunError, match="data"):
        train_method(method, fewer, out=tmp_path / "b", run=run, command="")
    train_method(other, data, out=tmp_path / "b", run=replace(run, fresh=True), command="")


def test_something_else_at_the_bundles_place_is_an_error_before_training(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    (tmp_path / "mtl").mkdir()
    (tmp_path / "mtl" / "thesis.txt").write_text("years of work")
    recorder = Recorder()
    with pytest.raises(RunError, match="not a bundle"):
        build(tmp_path, "mtl", tiny_encoder, callback=recorder, overwrite=True)
    assert recorder.epochs == []
    assert (tmp_path / "mtl" / "thesis.txt").exists()


@pytest.mark.slow
def test_another_bundle_is_replaced_only_with_overwrite(tiny_encoder: Path, tmp_path: Path) -> None:
    first = build(tmp_path / "first", "mtl", tiny_encoder, "seed=3")
    (tmp_path / "first" / "mtl").rename(tmp_path / "mtl")
    with pytest.raises(RunError, match="--overwrite"):
        build(tmp_path, "mtl", tiny_encoder)
    second = build(tmp_path, "mtl", tiny_encoder, overwrite=True)
    assert load_bundle(tmp_path / "mtl").version == second.version != first.version
