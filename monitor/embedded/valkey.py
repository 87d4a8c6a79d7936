"""The embedded Valkey, which keeps the alert stream on disk and evicts nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Final

from monitor.embedded.folder import (
    make_data_folder,
    make_private_folder,
    read_or_create_secret,
    translate_os_errors,
)
from monitor.embedded.process import Program
from monitor.embedded.servers import LoopbackServer, find_program

# An entry that is deleted from a stream stays in its node, in memory and in the file, until all entries of
# the node are deleted. So each entry has its own node.
CONFIG: Final = """\
bind 127.0.0.1
port {port}
requirepass {password}
appendonly yes
save ""
maxmemory-policy noeviction
stream-node-max-entries 1
daemonize no
"""


class Valkey(LoopbackServer):
    """Valkey on loopback, with a random password. Its data go to `valkey/` in the data folder."""

    name = "valkey"
    port_setting = "valkey_port"

    def __init__(self, data_dir: Path, *, start_timeout: float = 30, port: int | None = None) -> None:
        super().__init__(data_dir, start_timeout=start_timeout, port=port)
        self._password = ""

    @property
    def url(self) -> str:
        """`redis://` URL with the password."""
        return self._url(self.port)

    def require_programs(self) -> Path:
        """Return the program of Valkey.

        Raises:
            EmbeddedError: its wheel is missing.
        """
        return find_program("valkey-server")

    def start(self) -> None:
        """Start the server, and wait until it has loaded its data and answers.

        Raises:
            EmbeddedError: its wheel is missing, its folder cannot be used, or it ended or did not answer.
        """
        server = self.require_programs()
        data_dir = make_data_folder(self._data_dir)
        folder = make_private_folder(data_dir / "valkey")
        logs = make_private_folder(data_dir / "logs")
        self._password = read_or_create_secret(data_dir / "valkey.password")

        def program_for(port: int) -> Program:
            _write_config(folder / "valkey.conf", CONFIG.format(port=port, password=self._password))
            return Program(
                name="Valkey",
                command=(str(server), "valkey.conf"),
                folder=folder,
                log=logs / "valkey.log",
                # On SIGTERM it writes its data.
                stop_signals=((signal.SIGTERM, 10),),
            )

        self._start(program_for, self._is_ready)

    def _url(self, port: int) -> str:
        return f"redis://:{self._password}@127.0.0.1:{port}/0"

    def _is_ready(self, port: int) -> bool:
        import redis

        with redis.Redis.from_url(self._url(port), socket_timeout=2, retry=None) as client:
            return bool(client.ping())


def _write_config(path: Path, text: str) -> None:
    """Write the configuration, whose password `ps` would show on the command line."""
    with (
        translate_os_errors(path.parent),
        os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file,
    ):
        file.write(text)
