"""`ade-train adapt`: one command makes a checkpoint that `--encoder` takes, and resumes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from models import load_encoder
from tests.training.adaptation.masked_checkpoints import write_posts
from training.cli.app import app

RUNNER = CliRunner()
QUICK = ("--steps", "4", "--batch-size", "8", "--max-tokens", "32", "--valid-share", "0.2", "--device", "cpu")


def adapt(encoder: Path, posts: Path, folder: Path, *more: str) -> Result:
    paths = ["--texts", str(posts), "--out", str(folder / "adapted"), "--run", str(folder / "run")]
    return RUNNER.invoke(app, ["adapt", str(encoder), *paths, *QUICK, *more])


def test_the_command_prints_perplexities_and_writes_a_checkpoint(tiny_encoder: Path, tmp_path: Path) -> None:
    result = adapt(tiny_encoder, write_posts(tmp_path / "posts.txt"), tmp_path, "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["steps"] == 4
    assert document["perplexity_before"] > 1
    assert "4 steps" in result.stderr
    assert load_encoder(str(tmp_path / "adapted")).has_safetensors


def test_ctrl_c_says_how_to_resume(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    posts = write_posts(tmp_path / "posts.txt")
    with monkeypatch.context() as patch:
        patch.setattr("training.adaptation.adaptation_steps.set_learning_rates", interrupted)
        stopped = adapt(tiny_encoder, posts, tmp_path)
    assert stopped.exit_code == 130
    assert "resumes" in stopped.stderr
    assert not (tmp_path / "adapted").exists()
    assert adapt(tiny_encoder, posts, tmp_path).exit_code == 0
    again = adapt(tiny_encoder, posts, tmp_path)
    assert "is finished" in again.stderr
    assert "perplexity after" in again.stdout


@pytest.mark.parametrize(
    ("encoder", "more", "named"),
    [
        ("package:nothing-here", (), "nothing-here"),
        ("{encoder}", ("--max-tokens", "999"), "--max-tokens"),
        ("{encoder}", ("--learning-rate", "-1"), "--learning-rate"),
        ("{encoder}", ("--device", "toaster"), "toaster"),
    ],
)
def test_mistakes_are_named(
    encoder: str, more: tuple[str, ...], named: str, tiny_encoder: Path, tmp_path: Path
) -> None:
    posts = write_posts(tmp_path / "posts.txt")
    result = adapt(Path(encoder.format(encoder=tiny_encoder)), posts, tmp_path, *more)
    assert result.exit_code != 0
    assert named in f"{result.exception}{result.output}"
    assert not (tmp_path / "adapted").exists()
