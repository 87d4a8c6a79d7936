"""A Valkey of a test's own, that can be stopped, started again on its port, and left without its data."""

from __future__ import annotations

import socket
import subprocess
from contextlib import closing
from pathlib import Path

import redis
from pydantic import SecretStr

from monitor.embedded.servers import find_program
from monitor.settings import RedisSettings, Settings
from tests.processes import wait_for


class RestartableValkey:
    """Keeps its data in `folder` over restarts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        arguments = f"--port {self.port} --bind 127.0.0.1 --appendonly yes --appendfsync always"
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
        """Connect to it."""
        return redis.Redis(port=self.port, decode_responses=True)

    def of(self, settings: Settings) -> Settings:
        """Point settings at it."""
        return settings.model_copy(update={"redis": RedisSettings(url=SecretStr(self.url))})

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False
