"""The embedded Valkey: keeps the alert stream on disk, and evicts nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from monitor.embedded.folder import make_data_folder, make_private, naming_the_folder, secret_file
from monitor.embedded.process import Child, Hurry, Program, calmly
from monitor.embedded.servers import program, start_on_free_port

CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
appendonly yes
save ""
maxmemory-policy noeviction
daemonize no
"""


class Valkey:
    """Valkey on loopback, with a password of its own.

    Args:
        data_dir: its data go to `valkey/` in this folder, its log to `logs/`.
        start_timeout: seconds until it counts as failed.
    """

    name = "valkey"

    def __init__(self, data_dir: Path, *, start_timeout: float = 30) -> None:
        self._data_dir = data_dir
        self._start_timeout = start_timeout
        self._password = ""
        self.child: Child | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """`redis://` URL with the password."""
        return self._url(self.port)

    def start(self) -> None:
        """Start it, and wait until it has loaded its data and answers.

        Raises:
            EmbeddedError: its wheel is missing, its folder cannot be used, or it ended or did not answer.
        """
        server = program("valkey-server")
        data_dir = make_data_folder(self._data_dir)
        folder = make_private(data_dir / "valkey")
        logs = make_private(data_dir / "logs")
        self._password = secret_file(data_dir / "valkey.password")

        def on_port(port: int) -> Program:
            _write_config(folder / "valkey.conf", CONFIG.format(port=port, password=self._password))
            return Program(
                name="Valkey",
                command=(str(server), "valkey.conf"),
                folder=folder,
                log=logs / "valkey.log",
                stop_signals=((signal.SIGTERM, 10),),
            )

        self.child, self.port = start_on_free_port(on_port, self._answers, self._start_timeout)

    def stop(self, hurry: Hurry = calmly) -> None:
        """Stop it; SIGTERM makes it write what it has."""
        if self.child:
            self.child.stop(hurry)
            self.child = None

    def _url(self, port: int) -> str:
        return f"redis://:{self._password}@127.0.0.1:{port}/0"

    def _answers(self, port: int) -> bool:
        import redis

        with redis.Redis.from_url(self._url(port), socket_timeout=2, retry=None) as client:
            return bool(client.ping())


def _write_config(path: Path, text: str) -> None:
    """Write the password where `ps` does not show it."""
    with (
        naming_the_folder(path.parent),
        os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file,
    ):
        file.write(text)
