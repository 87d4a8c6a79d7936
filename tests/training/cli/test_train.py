"""`ade-train train`: one command makes a bundle, and errors leave nothing behind."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models import ServingOptions, load_bundle, load_scorer
from tests.tiny import MAX_TOKENS
from tests.training.tiny_methods import corpus
from training.cli.app import app
from training.corpora.prepared import write_examples

RUNNER = CliRunner()
QUICK = ("--set", "epochs=1", "--set", f"max-tokens={MAX_TOKENS}", "--set", "batch_size_1a=16")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared folder."""
    folder = tmp_path_factory.mktemp("prepared")
    write_examples(folder / "train.jsonl", corpus().train)
    write_examples(folder / "valid.jsonl", corpus().valid)
    return folder


def arguments(prepared: Path, encoder: Path, out: Path, *more: str) -> list[str]:
    paths = ["--train", str(prepared), "--valid", str(prepared / "valid.jsonl"), "--out", str(out)]
    return ["train", *paths, "--encoder", str(encoder), "--run", str(out.with_name("run")), *QUICK, *more]


def test_one_command_makes_a_bundle_and_prints_its_version(
    prepared: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    result = RUNNER.invoke(app, arguments(prepared, tiny_encoder, tmp_path / "bundle", "--preset", "mtl"))
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert printed["bundle"] == load_scorer(str(tmp_path / "bundle"), ServingOptions(device="cpu")).version
    assert printed["classifiers"]["1"]["best_epoch"] == 1
    assert "validation F1" in result.stderr
    card = (tmp_path / "bundle" / "README.md").read_text()
    assert f"--set encoder={tiny_encoder.name}" in card
    assert str(tiny_encoder.parent) not in card


def test_a_bundle_is_trained_further(prepared: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first" / "bundle", tmp_path / "second" / "bundle"
    RUNNER.invoke(app, arguments(prepared, tiny_encoder, first))
    further = [text for text in arguments(prepared, tiny_encoder, second) if text != str(tiny_encoder)]
    further[further.index("--encoder")] = f"--start-from={first}"
    result = RUNNER.invoke(app, further)
    assert result.exit_code == 0, result.output
    version = load_bundle(first).version
    assert json.loads(result.stdout)["started_from"] == version
    card = (second / "README.md").read_text()
    assert "--start-from bundle" in card
    assert str(tmp_path) not in card
    both = RUNNER.invoke(app, arguments(prepared, tiny_encoder, second, "--start-from", str(first)))
    assert "give --encoder or --start-from" in str(both.exception)


def test_settings_and_options_reach_the_training(prepared: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    more = [
        "--set",
        "frozen-layers=1",
        "--adversarial",
        "fgm",
        "--keep-states",
        "disk",
        "--keep-limit",
        "1MB",
    ]
    result = RUNNER.invoke(app, arguments(prepared, tiny_encoder, tmp_path / "bundle", *more))
    assert result.exit_code == 0, result.output
    assert load_bundle(tmp_path / "bundle").config.frozen_layers == 1
    training = json.loads((tmp_path / "run" / "config.json").read_text())["method"]["training"]
    assert (training["adversarial"], training["frozen_layers"], training["batch_size_1a"]) == ("fgm", 1, 16)


def test_states_on_disk_are_in_the_run_folder(prepared: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    RUNNER.invoke(app, arguments(prepared, tiny_encoder, tmp_path / "bundle", "--keep-states", "disk"))
    assert any((tmp_path / "run" / "states").iterdir())


def test_the_presets_of_the_paper_freeze_all_but_the_last_layer(
    prepared: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    RUNNER.invoke(app, arguments(prepared, tiny_encoder, tmp_path / "bundle"))
    config = load_bundle(tmp_path / "bundle").config
    assert config.frozen_layers == config.architecture.num_hidden_layers - 1


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--keep-limit", "much"], "--keep-limit"),
        (["--preset", "best"], "best"),
        (["--set", "colour=red"], "colour"),
        (["--set", "epochs=many"], "epochs"),
        (["--train", "nowhere.jsonl"], "nowhere.jsonl"),
    ],
)
def test_invalid_options_are_named_and_leave_nothing(
    more: list[str], named: str, prepared: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    result = RUNNER.invoke(app, arguments(prepared, tiny_encoder, tmp_path / "bundle", *more))
    assert result.exit_code != 0
    assert named in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_training_says_how_to_resume(
    prepared: Path, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("training.methods.networks.train_multitask", interrupted)
    result = RUNNER.invoke(app, arguments(prepared, tiny_encoder, tmp_path / "bundle"))
    assert result.exit_code == 130
    assert "resumes" in result.stderr
    assert not (tmp_path / "bundle").exists()
