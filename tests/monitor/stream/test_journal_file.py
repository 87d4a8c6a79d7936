"""The file of the journal survives the process, and shows whether a fault of its code ended that."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.stream.journal_file import JournalFile

PROGRAM = """
import os, sys
from pathlib import Path
from monitor.stream.journal_file import JournalFile
file = JournalFile(Path(sys.argv[1]))
file.write({"n": 1})
print("noted", flush=True)
os.kill(os.getpid(), int(sys.argv[2]))
"""


def end_by(signal_number: int, folder: Path) -> None:
    """Open a journal in a process of its own, write to it, and end it by a signal."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(int(signal_number))],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout == b"noted\n", ended.stderr.decode()
    assert ended.returncode == -signal_number


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS], ids=lambda n: n.name)
def test_a_fault_is_noted_and_what_was_written_is_kept(number: signal.Signals, tmp_path: Path) -> None:
    end_by(number, tmp_path)
    file = JournalFile(tmp_path)
    assert (file.content, file.was_fault) == ({"n": 1}, True)
    file.close()
    again = JournalFile(tmp_path)
    assert (again.content, again.was_fault) == ({"n": 1}, False)
    again.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda n: n.name)
def test_a_process_that_somebody_ends_had_no_fault(number: signal.Signals, tmp_path: Path) -> None:
    end_by(number, tmp_path)
    file = JournalFile(tmp_path)
    assert (file.content, file.was_fault) == ({"n": 1}, False)
    file.close()


def test_each_worker_has_a_file_of_its_own_and_the_next_one_gets_it(tmp_path: Path) -> None:
    first, second = JournalFile(tmp_path), JournalFile(tmp_path)
    first.write({"n": 1})
    second.write({"n": 2})
    first.close()
    again = JournalFile(tmp_path)
    assert again.content == {"n": 1}
    again.close()
    second.close()


def test_a_shorter_content_leaves_nothing_of_a_longer_one(tmp_path: Path) -> None:
    file = JournalFile(tmp_path)
    file.write({"long": "x" * 100})
    file.write({})
    file.close()
    again = JournalFile(tmp_path)
    assert again.content == {}
    again.close()


def test_an_end_before_a_longer_content_was_cut_off_loses_nothing(tmp_path: Path) -> None:
    file = JournalFile(tmp_path)
    file.write({"long": ["x" * 100]})
    before = (tmp_path / "scoring-0.json").read_bytes()
    file.write({"n": 1})
    file.close()
    written = (tmp_path / "scoring-0.json").read_bytes()
    (tmp_path / "scoring-0.json").write_bytes(written + before[len(written) :])
    again = JournalFile(tmp_path)
    assert again.content == {"n": 1}
    again.write({"n": 2})
    again.close()
    assert (tmp_path / "scoring-0.json").read_bytes() == b'{"n":2}\n'


@pytest.mark.parametrize("damage", [b"{", b"[1]", b"\xff\xff", b""])
def test_a_damaged_file_starts_empty(damage: bytes, tmp_path: Path) -> None:
    JournalFile(tmp_path).close()
    (tmp_path / "scoring-0.json").write_bytes(damage)
    file = JournalFile(tmp_path)
    assert file.content == {}
    file.close()


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    JournalFile(tmp_path / "state").close()
    assert (tmp_path / "state" / "scoring-0.json").stat().st_mode & 0o077 == 0
