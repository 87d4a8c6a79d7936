"""What a training leaves for people: run folder, curves, logs, model card."""

import json
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.training.tiny_methods import corpus, shop, tiny_method
from training.errors import RunError
from training.files import read_json
from training.methods.method import train_method
from training.methods.training_run import prepare_process
from training.reports.card import bundle_name
from training.reports.curves import TensorBoardLog, draw_curves
from training.reports.run_files import RunFiles


@pytest.fixture(scope="module")
def done(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of the boosting ensemble, in `run`, and its bundle."""
    folder = tmp_path_factory.mktemp("reports")
    train_method(
        tiny_method("boosting-ensemble", tiny_encoder, "seed=4"),
        corpus(),
        out=folder / "bundle",
        shop=shop(folder),
        command="ade-train train --set 'seed=4'",
    )
    return folder


def test_the_run_folder_has_the_effective_settings(done: Path) -> None:
    method = json.loads((done / "run" / "config.json").read_text())["method"]
    assert (method["name"], method["classifiers"], method["vote"]) == ("boosting-ensemble", 3, "majority")
    assert (method["training"]["seed"], method["training"]["batch_size_1a"]) == (4, 8)
    assert method["training"]["frozen_layers"] == -1  # as the preset has it


def test_the_run_folder_says_where_it_ran(done: Path) -> None:
    environment = json.loads((done / "run" / "environment.json").read_text())
    assert environment["packages"]["torch"]
    assert environment["threads"] >= 1
    assert isinstance(environment["gpus"], list)


def test_a_folder_that_is_no_run_folder_is_left_as_it_is(tmp_path: Path, done: Path) -> None:
    RunFiles(tmp_path / "new").refuse_taken(tmp_path / "bundle", overwrite=False)
    RunFiles(done / "run").refuse_taken(done / "bundle", overwrite=False)
    (tmp_path / "config.json").write_text("{}")
    for taken in (tmp_path, tmp_path / "config.json", done / "bundle"):
        with pytest.raises(RunError, match="no run folder"):
            RunFiles(taken).refuse_taken(tmp_path / "bundle", overwrite=True)


def test_a_place_for_the_bundle_that_is_read_only_is_found_before_the_training(tmp_path: Path) -> None:
    with (
        patch("os.access", return_value=False),
        pytest.raises(RunError, match=f"{tmp_path} is read-only"),
    ):
        RunFiles(tmp_path / "run").refuse_taken(tmp_path / "new" / "bundle", overwrite=False)


@pytest.mark.parametrize("run", ["bundle", "bundle/run"])
def test_a_run_folder_that_the_bundle_would_replace_is_refused(tmp_path: Path, run: str) -> None:
    with pytest.raises(RunError, match="--run"):
        RunFiles(tmp_path / run).refuse_taken(tmp_path / "bundle", overwrite=True)


def test_there_are_curves_of_each_network(done: Path) -> None:
    for role in ("network", "classifier-2", "classifier-3"):
        drawn = (done / "run" / f"curves-{role}.png").read_bytes()
        assert drawn.startswith(b"\x89PNG")
        assert len(drawn) > 5_000


def test_tensorboard_has_losses_and_scores_of_each_epoch(done: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(done / "run" / "tensorboard" / "network"))
    events.Reload()
    told = json.loads((done / "bundle" / "metrics.json").read_text())["classifiers"]["1"]["epochs"]
    for task in ("1a", "1b", "1c"):
        scores = [point.value for point in events.Scalars(f"validation F1/{task}")]
        assert scores == pytest.approx([epoch["f1"][task] for epoch in told], abs=1e-4)
        assert len(events.Scalars(f"epoch loss/{task}")) == 2


def test_losses_of_many_steps_are_logged_as_they_come(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with TensorBoardLog(tmp_path) as log:
        log.on_epoch_start(2, 50)
        for step in range(50):
            log.on_step_end("1a", float(step), 49 - step)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    points = events.Scalars("loss/1a")
    assert len(points) >= 2
    assert [point.step for point in points] == sorted(point.step for point in points)
    assert all(100 < point.step <= 150 for point in points)  # two epochs of 50 went before


def test_the_card_names_method_data_and_scores_but_no_folder(done: Path, tiny_encoder: Path) -> None:
    card = (done / "bundle" / "README.md").read_text()
    metrics = json.loads((done / "bundle" / "metrics.json").read_text())
    assert "boosting" in card
    assert "| training | 45 | 20 | 20 | 20 |" in card
    assert f"| {100 * metrics['validation']['1b']['f1']:.1f} |" in card
    assert "--set 'seed=4'" in card
    assert str(tiny_encoder) not in card
    assert "$" not in card


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("runs/Meine Bücher", "meine-b-cher"),
        ("x" * 60, "x" * 40),
        ("...", "bundle"),
        ("full-seed1", "full-seed1"),
    ],
)
def test_a_bundle_is_named_after_its_folder(folder: str, name: str) -> None:
    assert bundle_name(Path("/somewhere") / folder) == name


def test_curves_are_drawn_for_what_there_is(tmp_path: Path) -> None:
    history = [{"epoch": 1, "losses": {"1a": 0.5}, "f1": {}}, {"epoch": 2, "losses": {}, "f1": {"1a": 0.1}}]
    draw_curves("two odd epochs", history, tmp_path / "new" / "c.png")
    draw_curves("none", [], tmp_path / "new" / "c.png")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["c.png"]


@pytest.mark.parametrize("package", ["matplotlib", "tensorboard"])
def test_a_missing_extra_is_named_with_its_mend(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(RunError, match=r"pip install 'ade-monitor\[train\]'"):
        prepare_process(threads=1)


def test_a_damaged_config_of_a_run_is_named_and_a_fresh_start_mends_it(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    method, place = tiny_method("mtl", tiny_encoder, "epochs=1"), shop(tmp_path)
    place = replace(place, networks=place.run / "networks")
    train_method(method, corpus(), out=tmp_path / "bundle", shop=place, command="")
    (place.run / "config.json").write_text("{")
    with pytest.raises(RunError, match=r"config\.json.*--fresh"):
        train_method(method, corpus(), out=tmp_path / "bundle", shop=place, command="")
    afresh = replace(place, fresh=True)
    train_method(method, corpus(), out=tmp_path / "bundle", shop=afresh, command="")
    assert read_json(place.run / "config.json")["method"]["name"] == "mtl"


def test_the_card_counts_the_epochs_that_were_trained(tiny_encoder: Path, tmp_path: Path) -> None:
    method = tiny_method("mtl", tiny_encoder, "epochs=30", "patience=1", "learning-rate=1e-9")
    method = replace(method, training=replace(method.training, head_learning_rate=1e-9))
    outcome = train_method(method, corpus(), out=tmp_path / "bundle", shop=shop(tmp_path), command="")
    epochs = len(outcome.metrics["classifiers"]["1"]["epochs"])
    assert epochs < 30
    assert f"the best of {epochs} epochs" in (tmp_path / "bundle" / "README.md").read_text()


def test_a_damaged_file_of_a_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(RunError, match=r"config\.json"):
        read_json(tmp_path / "config.json")
    assert read_json(tmp_path / "other.json") is None
