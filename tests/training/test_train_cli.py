import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from training.cli.app import app
from training.errors import CorpusError, RunError

RUN = CliRunner()


def ask(*options: str, corpora: Path, terminology: Path, out: Path) -> BaseException | None:
    arguments = [
        "default-bundle",
        "--corpora",
        str(corpora),
        "--terminology",
        str(terminology),
        "--out",
        str(out),
    ]
    return RUN.invoke(app, [*arguments, "--run", str(out.with_name("run")), *options]).exception


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--scale", "0"], "--scale"),
        (["--scale", "2"], "--scale"),
        (["--epochs", "0"], "epochs"),
    ],
)
def test_nonsense_options_are_refused(
    options: list[str], named: str, corpora_folder: Path, terminology_folder: Path, tmp_path: Path
) -> None:
    error = ask(*options, corpora=corpora_folder, terminology=terminology_folder, out=tmp_path / "b")
    assert isinstance(error, RunError)
    assert named in str(error)


def test_a_missing_corpus_is_named_before_any_training(terminology_folder: Path, tmp_path: Path) -> None:
    error = ask(corpora=tmp_path, terminology=terminology_folder, out=tmp_path / "b")
    assert isinstance(error, CorpusError)
    assert "lay_phrases.tsv" in str(error)


def test_a_terminology_of_other_words_is_refused(corpora_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "pt.asc").write_text("1$Kopfschmerz$\n")
    (tmp_path / "llt.asc").write_text("1$Kopfschmerz$1$\n")
    error = ask(corpora=corpora_folder, terminology=tmp_path, out=tmp_path / "b")
    assert isinstance(error, CorpusError)
    assert "terminology" in str(error)


def test_the_help_names_what_is_needed() -> None:
    shown = RUN.invoke(app, ["default-bundle", "--help"], env={"COLUMNS": "200"}).stdout
    assert all(option in shown for option in ("--corpora", "--terminology", "--out"))


@pytest.mark.parametrize(("number", "told"), [(errno.ENOSPC, True), (errno.EACCES, False)])
def test_a_full_disk_is_told_without_a_traceback_and_no_other_fault_is_hidden(
    number: int, told: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(**_: object) -> None:
        raise OSError(number, "something is wrong", "/some/where")

    monkeypatch.setattr(app, "app", failing)
    with pytest.raises(SystemExit if told else OSError):
        app.main()
    assert ("/some/where: make room" in capsys.readouterr().err) == told


def test_a_terminal_that_lacks_a_character_ends_no_command(tmp_path: Path) -> None:
    (tmp_path / "class.tsv").write_text("1\tADE\n")
    command = [
        sys.executable,
        "-m",
        "training.cli.app",
        "evaluate",
        "--gold",
        tmp_path,
        "--predictions",
        tmp_path,
    ]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "100.0 (100.0?100.0)" in done.stdout
