"""`ade-train default-bundle`: invalid options and data fail before any training."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from training.cli.app import app
from training.errors import CorpusError, RunError

RUNNER = CliRunner()


def error_of(*options: str, corpora: Path, terminology: Path, out: Path) -> BaseException | None:
    """Run the command, and return the error that it ends with."""
    required = ["--corpora", str(corpora), "--terminology", str(terminology), "--out", str(out)]
    run = ["--run", str(out.with_name("run"))]
    return RUNNER.invoke(app, ["default-bundle", *required, *run, *options]).exception


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--scale", "0"], "--scale"),
        (["--scale", "2"], "--scale"),
        (["--epochs", "0"], "epochs"),
    ],
)
def test_invalid_options_are_refused(
    options: list[str], named: str, corpora_folder: Path, terminology_folder: Path, tmp_path: Path
) -> None:
    error = error_of(*options, corpora=corpora_folder, terminology=terminology_folder, out=tmp_path / "b")
    assert isinstance(error, RunError)
    assert named in str(error)


def test_a_missing_corpus_is_named_before_any_training(terminology_folder: Path, tmp_path: Path) -> None:
    error = error_of(corpora=tmp_path, terminology=terminology_folder, out=tmp_path / "b")
    assert isinstance(error, CorpusError)
    assert "lay_phrases.tsv" in str(error)


def test_a_terminology_in_another_language_is_refused(corpora_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "pt.asc").write_text("1$Kopfschmerz$\n")
    (tmp_path / "llt.asc").write_text("1$Kopfschmerz$1$\n")
    error = error_of(corpora=corpora_folder, terminology=tmp_path, out=tmp_path / "b")
    assert isinstance(error, CorpusError)
    assert "terminology" in str(error)


def test_help_shows_the_required_options() -> None:
    shown = RUNNER.invoke(app, ["default-bundle", "--help"], env={"COLUMNS": "200"}).stdout
    assert all(option in shown for option in ("--corpora", "--terminology", "--out"))
