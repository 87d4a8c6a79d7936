"""The run folder: its files, and what is refused before a training."""

import json
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from models.bundle import read_config
from tests.training.tiny_methods import corpus, tiny_method, training_run
from training.errors import RunError
from training.files import read_json
from training.methods import train_method
from training.reports.run_files import RunFiles


def test_the_run_folder_has_the_effective_settings(finished: Path) -> None:
    method = json.loads((finished / "run" / "config.json").read_text())["method"]
    assert (method["name"], method["classifiers"], method["vote"]) == ("boosting-ensemble", 3, "majority")
    assert (method["training"]["seed"], method["training"]["batch_size_1a"]) == (4, 8)
    assert method["training"]["frozen_layers"] == -1  # as in the preset


def test_the_run_folder_states_the_environment(finished: Path) -> None:
    environment = json.loads((finished / "run" / "environment.json").read_text())
    assert environment["packages"]["torch"]
    assert environment["threads"] >= 1
    assert isinstance(environment["gpus"], list)


def test_a_folder_that_is_not_a_run_folder_is_refused(tmp_path: Path, finished: Path) -> None:
    RunFiles(tmp_path / "new").require_writable(tmp_path / "bundle", overwrite=False)
    RunFiles(finished / "run").require_writable(finished / "bundle", overwrite=False)
    (tmp_path / "config.json").write_text("{}")
    for other in (tmp_path, tmp_path / "config.json", finished / "bundle"):
        with pytest.raises(RunError, match="not a run folder"):
            RunFiles(other).require_writable(tmp_path / "bundle", overwrite=True)


def test_a_read_only_place_for_the_bundle_is_refused_before_the_training(tmp_path: Path) -> None:
    with (
        patch("os.access", return_value=False),
        pytest.raises(RunError, match=f"{tmp_path} is read-only"),
    ):
        RunFiles(tmp_path / "run").require_writable(tmp_path / "new" / "bundle", overwrite=False)


@pytest.mark.parametrize("run", ["bundle", "bundle/run"])
def test_a_run_folder_that_the_bundle_would_replace_is_refused(tmp_path: Path, run: str) -> None:
    with pytest.raises(RunError, match="--run"):
        RunFiles(tmp_path / run).require_writable(tmp_path / "bundle", overwrite=True)


def test_a_damaged_config_of_a_run_is_named_and_fresh_replaces_it(tiny_encoder: Path, tmp_path: Path) -> None:
    method, run = tiny_method("mtl", tiny_encoder, "epochs=1"), training_run(tmp_path)
    run = replace(run, networks=run.folder / "networks")
    train_method(method, corpus(), out=tmp_path / "bundle", run=run, command="")
    (run.folder / "config.json").write_text("{")
    with pytest.raises(RunError, match=r"config\.json.*--fresh"):
        train_method(method, corpus(), out=tmp_path / "bundle", run=run, command="")
    train_method(method, corpus(), out=tmp_path / "bundle", run=replace(run, fresh=True), command="")
    assert read_json(run.folder / "config.json")["method"]["name"] == "mtl"


def test_a_training_of_an_earlier_version_or_with_other_languages_goes_on(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    method, run = tiny_method("mtl", tiny_encoder, "epochs=1"), training_run(tmp_path)
    run = replace(run, networks=run.folder / "networks")
    train_method(method, corpus(), out=tmp_path / "bundle", run=run, command="")
    config = read_json(run.folder / "config.json")
    del config["method"]["languages"]
    (run.folder / "config.json").write_text(json.dumps(config))
    method = replace(method, languages=("es",))
    train_method(method, corpus(), out=tmp_path / "bundle", run=run, command="")
    assert read_config(tmp_path / "bundle").languages == ("es",)
    assert "`es`" in (tmp_path / "bundle" / "README.md").read_text()
