"""The position on disk."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.connect import ConnectError, Position, StateFile

POSITION = Position({"time_us": "1773480000000000"}, datetime(2026, 3, 14, 9, 26, tzinfo=UTC))


def test_a_position_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    with StateFile(tmp_path / "new" / "folder", "bluesky") as state:
        assert state.load() is None
        state.save(POSITION)
        assert state.load() == POSITION


def test_two_sources_have_two_files(tmp_path: Path) -> None:
    with StateFile(tmp_path, "mastodon-a.example:3000") as first, StateFile(tmp_path, "mastodon-b") as second:
        first.save(POSITION)
        assert second.load() is None
        assert first.path.parent == tmp_path


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"source": "x", "cursor": {}, "at": "2026-03-14T09:26:00+00:00"}',
        '{"source": "bluesky", "cursor": [], "at": "2026-03-14T09:26:00+00:00"}',
        '{"source": "bluesky", "cursor": {}, "at": "2026-03-14T09:26:00"}',
        '{"source": "bluesky", "cursor": {}, "at": 7}',
    ],
)
def test_a_file_that_is_not_ours_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    (tmp_path / "bluesky.json").write_text(content)
    with StateFile(tmp_path, "bluesky") as state, pytest.raises(ConnectError, match="delete it"):
        state.load()
    assert (tmp_path / "bluesky.json").read_text() == content


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    with StateFile(tmp_path, "x"):
        with pytest.raises(ConnectError, match="another process"):
            StateFile(tmp_path, "x").__enter__()
        with StateFile(tmp_path, "bluesky"):
            pass
    with StateFile(tmp_path, "x"):
        pass


def test_a_folder_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConnectError, match="state_dir"):
        StateFile(tmp_path / "file", "x").__enter__()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ConnectError, match="state_dir"):
        StateFile(tmp_path / "new", "x").__enter__()
