"""`ade-train train` as a user meets it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models import ServingOptions, load_bundle, load_scorer
from tests.tiny import MAX_TOKENS
from tests.training.tiny_methods import corpus
from training.cli.app import app
from training.cli.options import parse_size
from training.corpora.prepared import write_examples
from training.errors import RunError

RUN = CliRunner()
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


def test_one_command_leaves_a_bundle_and_says_which(
    prepared: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    result = RUN.invoke(app, arguments(prepared, tiny_encoder, tmp_path / "bundle", "--preset", "mtl"))
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["bundle"] == load_scorer(str(tmp_path / "bundle"), ServingOptions(device="cpu")).version
    assert told["classifiers"]["1"]["best_epoch"] == 1
    assert "validation F1" in result.stderr
    card = (tmp_path / "bundle" / "README.md").read_text()
    assert f"--set encoder={tiny_encoder.name}" in card
    assert str(tiny_encoder.parent) not in card


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
    result = RUN.invoke(app, arguments(prepared, tiny_encoder, tmp_path / "bundle", *more))
    assert result.exit_code == 0, result.output
    assert load_bundle(tmp_path / "bundle").config.frozen_layers == 1
    training = json.loads((tmp_path / "run" / "config.json").read_text())["method"]["training"]
    assert (training["adversarial"], training["frozen_layers"], training["batch_size_1a"]) == ("fgm", 1, 16)


def test_states_on_disk_lie_in_the_run_folder(prepared: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    RUN.invoke(app, arguments(prepared, tiny_encoder, tmp_path / "bundle", "--keep-states", "disk"))
    assert any((tmp_path / "run" / "states").iterdir())


def test_the_presets_of_the_paper_freeze_all_but_the_last_layer(
    prepared: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    RUN.invoke(app, arguments(prepared, tiny_encoder, tmp_path / "bundle"))
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
def test_mistakes_are_named_and_leave_nothing(
    more: list[str], named: str, prepared: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    result = RUN.invoke(app, arguments(prepared, tiny_encoder, tmp_path / "bundle", *more))
    assert result.exit_code != 0
    assert named in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_training_says_how_to_go_on(
    prepared: Path, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("training.methods.networks.train_multitask", interrupted)
    result = RUN.invoke(app, arguments(prepared, tiny_encoder, tmp_path / "bundle"))
    assert result.exit_code == 130
    assert "goes on" in result.stderr
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("text", "amount"),
    [("4GB", 4_000_000_000), ("500 mb", 500_000_000), ("1.5G", 1_500_000_000), ("12", 12), ("1e3", 1_000)],
)
def test_amounts_of_memory_are_read_as_people_write_them(text: str, amount: int) -> None:
    assert parse_size(text, option="--keep-limit") == amount


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "4 GiBs", "1,5GB", "1e999"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(RunError, match="--keep-limit"):
        parse_size(text, option="--keep-limit")
