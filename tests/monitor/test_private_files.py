"""Files with texts of posts are for their owner alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.private_files import open_private


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("append", [False, True])
def test_a_new_file_is_private_whatever_the_umask_is(tmp_path: Path, append: bool) -> None:
    before = os.umask(0)
    try:
        with open_private(tmp_path / "posts", append=append) as file:
            file.write("sick\n")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "posts") == 0o600


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o604, 0o640])
@pytest.mark.parametrize(("append", "content"), [(False, "sick\n"), (True, "before\nsick\n")])
def test_an_existing_file_becomes_private(tmp_path: Path, mode: int, append: bool, content: str) -> None:
    path = tmp_path / "posts"
    path.write_text("before\n")
    path.chmod(mode)
    with open_private(path, append=append) as file:
        assert mode_of(path) == 0o600, "before anything is written"
        file.write("sick\n")
    assert path.read_text() == content


def test_a_device_keeps_its_permissions() -> None:
    before = mode_of(Path(os.devnull))
    with open_private(Path(os.devnull)) as file:
        file.write("sick")
    assert mode_of(Path(os.devnull)) == before


def test_a_pipe_gets_the_text(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE, text=True) as reader:
        with open_private(tmp_path / "pipe") as file:
            file.write("sick")
        assert reader.communicate()[0] == "sick"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as two users")
def test_a_public_file_of_another_user_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "posts"
    path.write_text("before\n")
    path.chmod(0o666)
    tmp_path.chmod(0o755)
    script = (
        "import os, pathlib; from monitor.private_files import open_private\n"
        f"os.chdir({str(tmp_path)!r}); os.setuid(65534)\n"  # a relative path needs no rights above the folder
        "try: open_private(pathlib.Path('posts'))\n"
        "except PermissionError as error: print(error.strerror)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "not yours" in ended.stdout, ended.stderr
    assert path.read_text() == "before\n"
