"""The three servers together, and every way in which their process can end."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from monitor.embedded import EmbeddedStack, free_port, missing_stack, read_endpoints
from monitor.embedded.endpoints import running_stack
from monitor.embedded.folder import lock_holder
from monitor.embedded.launch import __file__ as launch_file
from monitor.embedded.process import Child, Program
from monitor.errors import EmbeddedError
from monitor.settings import EmbeddedSettings, load_settings
from tests.processes import wait_for

RUN = """
import sys, time
from pathlib import Path
from monitor.embedded import EmbeddedStack
from monitor.settings import EmbeddedSettings
stack = EmbeddedStack(EmbeddedSettings(data_dir=Path(sys.argv[1]), start_timeout=60))
stack.start()
print(*(server.child.pid for server in stack.servers), flush=True)
try:
    sys.stdin.read()
finally:
    stack.stop()
"""


class StackProcess:
    def __init__(self, folder: Path, *before: str) -> None:
        self.process = subprocess.Popen(
            [*before, sys.executable, "-c", RUN, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=folder.parent,
        )
        assert self.process.stdout
        self.servers = [int(pid) for pid in self.process.stdout.readline().split()]

    def end(self) -> None:
        self.process.communicate(timeout=60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def stack(folder: Path) -> Iterator[StackProcess]:
    process = StackProcess(folder)
    yield process
    process.process.kill()
    process.end()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_stack_ends_its_servers_and_can_be_started_again(stack: StackProcess, folder: Path) -> None:
    running = read_endpoints(folder)
    assert running
    with psycopg.connect(running.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1")
    stack.process.kill()
    wait_for(lambda: not any(alive(pid) for pid in stack.servers))
    assert read_endpoints(folder) is None

    again = StackProcess(folder)
    running = read_endpoints(folder)
    assert running
    with psycopg.connect(running.database_url) as connection:
        assert connection.execute("SELECT * FROM kept").fetchone() == (1,)
    again.end()


def test_ctrl_c_in_the_terminal_does_not_reach_the_servers(stack: StackProcess) -> None:
    ours = os.getsid(stack.process.pid)
    assert all(os.getsid(pid) not in (ours, os.getsid(0)) for pid in stack.servers)


def test_a_stopped_stack_leaves_no_process_and_no_endpoints(stack: StackProcess, folder: Path) -> None:
    assert len(stack.servers) == 3
    stack.end()
    assert not any(alive(pid) for pid in stack.servers)
    assert not (folder / "endpoints.json").exists()


def test_other_commands_find_the_running_stack_unless_settings_name_others(
    stack: StackProcess, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("ADE_EMBEDDED__DATA_DIR", "data")
    running = read_endpoints(folder)
    assert running

    loaded = load_settings(fallback=running_stack)
    assert loaded.settings.kafka.bootstrap_servers == running.bootstrap_servers
    assert loaded.settings.database.url.get_secret_value() == running.database_url
    assert loaded.settings.redis.url.get_secret_value() == running.redis_url
    assert loaded.settings.privacy.author_key
    assert loaded.origins["redis.url"] == "embedded stack in data"

    monkeypatch.setenv("ADE_DATABASE__URL", "postgresql://elsewhere/ade")
    loaded = load_settings({"redis.url": "redis://elsewhere"}, fallback=running_stack)
    assert loaded.settings.kafka.bootstrap_servers == running.bootstrap_servers
    assert "elsewhere" in loaded.settings.database.url.get_secret_value()
    assert "elsewhere" in loaded.settings.redis.url.get_secret_value()
    assert loaded.settings.privacy.author_key is None, "its hashes are of the embedded database alone"

    monkeypatch.delenv("ADE_DATABASE__URL")
    stack.end()
    assert load_settings(fallback=running_stack).settings.database == load_settings().settings.database
    assert "database.url" not in load_settings(fallback=running_stack).origins


def test_a_failed_start_stops_the_servers_that_were_started(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = EmbeddedStack(EmbeddedSettings(data_dir=folder, start_timeout=60))
    pids = []

    def refuse() -> None:
        pids.extend([stack.postgres.child.pid, stack.valkey.child.pid])  # type: ignore[union-attr]
        raise EmbeddedError("no broker today")

    monkeypatch.setattr(stack.broker, "start", refuse)
    with pytest.raises(EmbeddedError, match="no broker today"):
        stack.start()
    assert len(pids) == 2
    assert not any(alive(pid) for pid in pids)
    assert read_endpoints(folder) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user; others are one already")
def test_an_ordinary_user_runs_the_stack() -> None:
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
        # The interpreter of this test may be in a private folder of root; allow reading it, and nothing more.
        launched = (sys.executable, launch_file, "--parent", str(os.getpid()), "--death-signal", "9")
        user = ("--user", str(nobody.pw_uid), str(nobody.pw_gid), "--see-all", "--")
        process = StackProcess(Path(home) / "data", *launched, *user)
        try:
            assert len(process.servers) == 3
            owners = {Path(f"/proc/{pid}").stat().st_uid for pid in (process.process.pid, *process.servers)}
            assert owners == {nobody.pw_uid}
        finally:
            process.end()
        assert process.process.returncode == 0


def test_a_child_that_ignores_signals_is_killed_in_the_end(tmp_path: Path) -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on'); time.sleep(600)"
    )
    child = Child(
        Program(
            name="a stubborn program",
            command=(sys.executable, "-u", "-c", stubborn),
            folder=tmp_path,
            log=tmp_path / "log",
            stop_signals=((signal.SIGTERM, 0.2),),
        )
    )
    wait_for(lambda: child.last_lines() == "on")
    child.stop()
    assert child.exit_status() == -signal.SIGKILL


def test_servers_listen_on_their_fixed_ports_after_each_start(folder: Path) -> None:
    kafka, postgres, valkey = free_port(), free_port(), free_port()
    settings = EmbeddedSettings(
        data_dir=folder, start_timeout=60, kafka_port=kafka, postgres_port=postgres, valkey_port=valkey
    )
    for _ in range(2):
        stack = EmbeddedStack(settings)
        stack.start()
        endpoints = read_endpoints(folder)
        stack.stop()
        assert endpoints
        assert endpoints.bootstrap_servers.endswith(f":{kafka}")
        assert f":{postgres}/" in endpoints.database_url
        assert f":{valkey}/" in endpoints.redis_url


def test_a_taken_port_is_named_with_its_setting_before_any_server_starts(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        stack = EmbeddedStack(EmbeddedSettings(data_dir=folder, valkey_port=port))
        with pytest.raises(
            EmbeddedError, match=rf"{port} .*embedded\.valkey_port \(ADE_EMBEDDED__VALKEY_PORT"
        ):
            stack.start()
    assert not (folder / "postgres").exists()
    assert lock_holder(folder) is None


def test_the_state_of_a_stack_is_described_while_it_does_not_answer(folder: Path) -> None:
    assert missing_stack(folder) is None
    stack = StackProcess(folder)
    assert missing_stack(folder) is None
    (folder / "endpoints.json").rename(folder / "elsewhere")
    starting = missing_stack(folder)
    stack.end()
    assert starting and "starting" in starting and str(stack.process.pid) in starting
    stopped = missing_stack(folder)
    assert stopped and "is not running" in stopped and str(folder) in stopped
