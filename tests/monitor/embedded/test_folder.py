"""The data folder: its lock, its files, and the messages when it cannot be used."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.embedded.endpoints import Endpoints, read_endpoints, write_endpoints
from monitor.embedded.folder import FolderLock, lock_holder, read_or_create_secret, translate_os_errors
from monitor.errors import EmbeddedError

HOLD = """
import sys
from pathlib import Path
from monitor.embedded.folder import FolderLock
FolderLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout
    assert process.stdout.readline() == b"held\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def endpoints(pid: int, folder: Path) -> Endpoints:
    return Endpoints(
        pid,
        "127.0.0.1:1",
        "postgresql://ade:hush@127.0.0.1:2/ade",
        "redis://:hush@127.0.0.1:3/0",
        str(folder),
    )


def test_a_second_monitor_is_refused_with_the_holder_of_the_lock(tmp_path: Path) -> None:
    with held(tmp_path / "data") as holder:
        with pytest.raises(EmbeddedError) as caught:
            FolderLock(tmp_path / "data").acquire()
        lock = lock_holder(tmp_path / "data")
        assert lock
        for detail in (str(holder.pid), lock.since, f"kill {holder.pid}", "--data-dir"):
            assert detail in str(caught.value)


def test_a_killed_holder_releases_the_lock(tmp_path: Path) -> None:
    with held(tmp_path) as holder:
        holder.kill()
        holder.wait()
        assert lock_holder(tmp_path) is None
        lock = FolderLock(tmp_path)
        lock.acquire()
        lock.release()


def test_reading_the_lock_does_not_keep_a_monitor_from_it(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    for _ in range(50):
        assert lock_holder(tmp_path) is None
        lock.acquire()
        lock.release()


def test_endpoints_are_valid_only_while_their_stack_holds_the_lock(tmp_path: Path) -> None:
    assert read_endpoints(tmp_path) is None
    with held(tmp_path) as holder:
        assert read_endpoints(tmp_path) is None
        write_endpoints(tmp_path, endpoints(holder.pid, tmp_path))
        assert read_endpoints(tmp_path) == endpoints(holder.pid, tmp_path)
        write_endpoints(tmp_path, endpoints(holder.pid + 1, tmp_path))
        assert read_endpoints(tmp_path) is None
        write_endpoints(tmp_path, endpoints(holder.pid, tmp_path))
    assert read_endpoints(tmp_path) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": 1}', "\x00"])
def test_damaged_endpoints_count_as_missing(tmp_path: Path, content: str) -> None:
    with held(tmp_path):
        (tmp_path / "endpoints.json").write_text(content)
        assert read_endpoints(tmp_path) is None


def test_endpoints_hide_their_passwords(tmp_path: Path) -> None:
    assert "hush" not in repr(endpoints(1, tmp_path))
    write_endpoints(tmp_path, endpoints(1, tmp_path))
    assert (tmp_path / "endpoints.json").stat().st_mode & 0o077 == 0


def test_a_file_instead_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    for folder in (tmp_path / "data", tmp_path / "data" / "below"):
        with pytest.raises(EmbeddedError, match=str(folder)):
            FolderLock(folder).acquire()


@pytest.mark.parametrize(
    ("number", "message"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EIO, "error")]
)
def test_an_error_of_the_system_becomes_a_message_with_the_folder(
    tmp_path: Path, number: int, message: str
) -> None:
    with pytest.raises(EmbeddedError, match=message) as caught, translate_os_errors(tmp_path):
        raise OSError(number, os.strerror(number))
    assert str(tmp_path) in str(caught.value)
    assert "ADE_EMBEDDED__DATA_DIR" in str(caught.value)


def test_a_secret_is_created_once_and_private(tmp_path: Path) -> None:
    first = read_or_create_secret(tmp_path / "key")
    assert len(first) > 30
    assert read_or_create_secret(tmp_path / "key") == first
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    (tmp_path / "key").write_text("")
    assert read_or_create_secret(tmp_path / "key") not in ("", first)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can play two users")
def test_the_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    lock.acquire()
    lock.release()
    os.chown(tmp_path / "lock", 12345, 12345)
    with pytest.raises(EmbeddedError, match="uid 12345"):
        lock.acquire()
