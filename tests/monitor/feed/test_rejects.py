"""Rejects are reported up to a number, and all of them are written to a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.feed import Reject, RejectFileError, RejectLog, rejects
from tests.models.test_terminal import UNSAFE


def test_the_first_rejects_are_reported_and_all_are_written(tmp_path: Path) -> None:
    notes: list[str] = []
    with RejectLog(tmp_path / "rejects", [], notes.append) as log:
        for number in range(1, 31):
            log.add("a.csv", Reject(number, "bad-id", "`id` is blank", b"x\xff"))
    assert len(notes) == rejects.MOST_REPORTED + 1
    assert notes[0] == "a.csv, line 1: bad-id: `id` is blank"
    assert "--rejects" in notes[-1]
    records = [json.loads(line) for line in (tmp_path / "rejects").read_text().splitlines()]
    assert [record["line"] for record in records] == list(range(1, 31))
    assert records[0] == {
        "file": "a.csv",
        "line": 1,
        "reason": "bad-id",
        "detail": "`id` is blank",
        "raw": "x\ufffd",
    }


@pytest.mark.parametrize("is_new", [True, False])
def test_a_file_of_rejects_is_only_for_its_owner(tmp_path: Path, is_new: bool) -> None:
    path = tmp_path / "rejects.jsonl"
    if not is_new:
        path.touch(mode=0o644)
    with RejectLog(path, [], lambda note: None):
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_of_rejects_has_no_controls(tmp_path: Path) -> None:
    with RejectLog(tmp_path / "rejects", [], lambda note: None) as log:
        log.add("a", Reject(1, "empty", "", UNSAFE.encode()))
    content = (tmp_path / "rejects").read_text(encoding="utf-8")
    assert not set(content.removesuffix("\n")) & set(UNSAFE)
    assert json.loads(content)["raw"] == UNSAFE


def test_without_a_file_rejects_are_only_reported() -> None:
    notes: list[str] = []
    with RejectLog(None, [], notes.append) as log:
        log.add("a", Reject(1, "empty", "", b""))
    assert len(notes) == 1


@pytest.mark.parametrize("name", ["fed.csv", "link.csv", "no/folder", ""])
def test_a_file_that_cannot_take_rejects_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "fed.csv").write_text("id,text\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "fed.csv")
    with pytest.raises(RejectFileError, match="--rejects"):
        RejectLog(tmp_path / name, [tmp_path / "fed.csv", Path("-")], print)
    assert (tmp_path / "fed.csv").read_text() == "id,text\n"


def test_a_full_disk_is_an_error_with_the_name_of_the_file() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(RejectFileError, match="/dev/full"), RejectLog(full, [], lambda note: None) as log:
        for _ in range(100):
            log.add("a", Reject(1, "empty", "", b"x" * 60_000))
