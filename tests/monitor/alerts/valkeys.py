"""A Valkey that a test can stop, and start again on the same port with the same data."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from pydantic import SecretStr

from monitor.embedded import find_program, free_port
from monitor.settings import RedisSettings, Settings
from tests.processes import wait_for


class RestartableValkey:
    """A Valkey without a password, which keeps its data in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        arguments = (
            f"--port {self.port} --bind 127.0.0.1 --appendonly yes --appendfsync always "
            "--stream-node-max-entries 1"
        )
        self._process = subprocess.Popen(
            [find_program("valkey-server"), *arguments.split(), "--save", "", "--dir", self.folder],
            stdout=subprocess.DEVNULL,
        )
        wait_for(self._answers)

    def stop(self) -> None:
        """Kill it."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def client(self) -> redis.Redis:
        """Return a client."""
        return redis.Redis(port=self.port, decode_responses=True)

    def settings(self, settings: Settings) -> Settings:
        """Return `settings` with the address of this Valkey."""
        return settings.model_copy(update={"redis": RedisSettings(url=SecretStr(self.url))})

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


@contextmanager
def restartable_valkey(folder: Path) -> Iterator[RestartableValkey]:
    """Run a Valkey during the block, with its data in a new folder."""
    folder.mkdir()
    server = RestartableValkey(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
