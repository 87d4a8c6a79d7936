"""A campaign notices crashes, hangs and full memory, and keeps a small input for each.

All of them run in a process of their own: the alarm of a hang would disturb that of pytest-timeout.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import campaign
from tests.fuzz.campaign import run_campaign, smaller
from tests.fuzz.fuzz_target import FuzzTarget


class DocumentedError(Exception):
    """What a reader may raise."""


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test reaches soon."""
    monkeypatch.setattr(campaign, "SLOW", 0.2)
    monkeypatch.setattr(campaign, "SHRINKING", 1.0)


def target_of(read: object, *seeds: bytes) -> FuzzTarget:
    return FuzzTarget("planted", read, seeds, documented=(DocumentedError,))  # type: ignore[arg-type]


def test_an_undocumented_error_is_a_problem_with_a_small_input(tmp_path: Path) -> None:
    def read(data: bytes) -> None:
        if b"!" in data:
            raise DocumentedError
        if b"bug" in data:
            raise ZeroDivisionError("planted")

    outcome = run_campaign(target_of(read, b"a long text with a bug in it", b"fine"), 1.0, 1, tmp_path)
    [problem] = outcome.problems
    assert problem.error == "ZeroDivisionError: planted"
    assert Path(problem.file).read_bytes() == b"bug"
    assert outcome.inputs > 0


def test_a_hang_is_a_problem_even_if_the_reader_catches_everything(tmp_path: Path) -> None:
    """In a fresh process, as in `make fuzz`: among all that a whole run has loaded, the alarm crashed."""
    script = """
import sys, time
from pathlib import Path
from tests.fuzz import campaign
from tests.fuzz.fuzz_target import FuzzTarget

def read(data):
    try:
        while b"loop" in data:
            time.sleep(0.01)
    except Exception as error:
        raise ValueError from error

campaign.SLOW = 0.2
target = FuzzTarget("planted", read, (b"loop",), documented=(ValueError,))
[problem] = campaign.run_campaign(target, 1.0, 1, Path(sys.argv[1])).problems
print(problem.error)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script, tmp_path],
        cwd=campaign.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.startswith("hang"), ended.stderr


def test_a_reader_without_bugs_has_no_problems(tmp_path: Path) -> None:
    outcome = run_campaign(target_of(len, b"x"), 0.5, 1, tmp_path)
    assert outcome.problems == []
    assert list(tmp_path.glob("*.bin")) == []


def test_a_process_that_dies_is_a_problem_with_its_last_input(tmp_path: Path) -> None:
    def read(data: bytes) -> None:
        if data == b"end":
            os.kill(os.getpid(), signal.SIGKILL)

    [problem] = run_campaign(target_of(read, b"end"), 5.0, 1, tmp_path).problems
    assert problem.error == "ended with -9"
    assert Path(problem.file).read_bytes() == b"end"


def test_a_process_has_a_limit_of_memory(tmp_path: Path) -> None:
    def read(data: bytes) -> None:
        bytearray(50_000_000_000)

    [problem] = run_campaign(target_of(read, b"x"), 1.0, 1, tmp_path).problems
    assert problem.error.startswith("MemoryError")


def test_an_input_becomes_as_small_as_possible() -> None:
    assert smaller(b"x" * 500 + b"needle" + b"y" * 300, lambda part: b"needle" in part, 10) == b"needle"
