"""What ended by itself is started again, however often, on its port and with its data."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from monitor.backoff import Backoff
from monitor.embedded import EmbeddedStack, Valkey
from monitor.embedded.process import Child, Program
from monitor.embedded.restarts import QUICK_END, RestartedServer, RestartPlan
from monitor.settings import EmbeddedSettings
from tests.processes import wait_for

SOON = Backoff(first=0.01, longest=0.01)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_pauses_grow_with_each_quick_end_and_start_over_after_a_long_run() -> None:
    clock = Clock()
    plan = RestartPlan(clock)
    assert plan.is_due, "the first start does not wait"
    pauses = [plan.count_end(started=clock.now - 1) for _ in range(9)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert plan.quick_ends == 9
    assert not plan.is_due
    clock.now += 60
    assert plan.is_due
    assert plan.count_end(started=clock.now - QUICK_END) == 1
    assert plan.quick_ends == 1


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[EmbeddedStack]:
    stack = EmbeddedStack(EmbeddedSettings(data_dir=tmp_path / "data", start_timeout=60))
    stack.start()
    yield stack
    stack.stop()


def test_a_killed_server_comes_back_on_its_port_with_its_data(stack: EmbeddedStack) -> None:
    notes: list[str] = []
    restarts: list[str] = []
    servers = [
        RestartedServer(
            server, notes.append, on_restart=lambda name=server.name: restarts.append(name), pauses=SOON
        )  # type: ignore[misc]
        for server in stack.servers
    ]
    with psycopg.connect(stack.postgres.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1")
    with redis.Redis.from_url(stack.valkey.url) as client:
        client.set("kept", "1")
        client.execute_command("WAITAOF", 1, 0, 5000)
    before = stack.endpoints
    for server in stack.servers:
        assert server.child
        os.kill(server.child.pid, signal.SIGKILL)

    def all_are_back() -> bool:
        for server in servers:
            server.supervise()
        return len(restarts) == 3

    wait_for(all_are_back)
    assert stack.endpoints.database_url == before.database_url
    assert stack.endpoints.redis_url == before.redis_url
    assert stack.endpoints.bootstrap_servers == before.bootstrap_servers
    with psycopg.connect(stack.postgres.url) as connection:
        assert connection.execute("SELECT * FROM kept").fetchone() is not None
    with redis.Redis.from_url(stack.valkey.url) as client:
        assert client.get("kept") == b"1"
    assert sum("ended with status -9" in note for note in notes) == 3


@pytest.mark.slow
def test_a_server_that_cannot_start_is_tried_again_until_it_can(tmp_path: Path) -> None:
    notes: list[str] = []
    valkey = Valkey(tmp_path, start_timeout=60)
    valkey.start()
    server = RestartedServer(valkey, notes.append, pauses=SOON)
    assert valkey.child
    port = valkey.port
    valkey.child.kill()
    server.supervise()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()

        def fails_twice() -> bool:
            server.supervise()
            return sum("next attempt" in note for note in notes) >= 2

        wait_for(fails_twice)
        assert any(f"port {port} of 127.0.0.1 is taken" in note for note in notes)
        assert "still does not start" in notes[-1], "the same reason is not repeated at length"

    def is_back() -> bool:
        server.supervise()
        return valkey.child is not None

    wait_for(is_back)
    assert valkey.port == port
    valkey.kill()


def test_programs_that_are_asked_first_stop_at_the_same_time(tmp_path: Path) -> None:
    """Each program ends only after both were asked, so stopping one after the other would kill the first."""
    script = (
        "import pathlib, signal, sys, time\n"
        "mark, other = map(pathlib.Path, sys.argv[1:])\n"
        "signal.signal(signal.SIGTERM, lambda *_: mark.touch())\n"
        "print('on', flush=True)\n"
        "while not (mark.exists() and other.exists()): time.sleep(0.01)\n"
    )
    paths = [tmp_path / "first", tmp_path / "second"]
    children = [
        Child(
            Program(
                name="a program",
                command=(sys.executable, "-c", script, str(mark), str(other)),
                folder=tmp_path,
                log=tmp_path / f"{mark.name}.log",
                stop_signals=((signal.SIGTERM, 60),),
            )
        )
        for mark, other in (paths, reversed(paths))
    ]
    for child in children:
        wait_for(lambda child=child: child.last_lines() == "on")  # type: ignore[misc]
        child.request_stop()
    for child in children:
        child.stop()
        assert child.exit_status() == 0
