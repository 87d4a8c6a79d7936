"""The embedded broker: Tansu, which speaks Kafka's protocol and keeps everything in memory alone."""

from __future__ import annotations

import signal
import socket
import struct
from pathlib import Path

from monitor.embedded.folder import make_data_folder, make_private
from monitor.embedded.ports import start_on_free_port
from monitor.embedded.process import Child, Hurry, Program, calmly
from monitor.embedded.wheels import program

API_VERSIONS = 18
NO_CLIENT_ID = -1


class Broker:
    """Tansu on loopback.

    It has no passwords: other users of the machine can read and write its topics.

    Args:
        data_dir: folder for its log; it keeps no data there, nor anywhere.
        start_timeout: seconds until it counts as failed.
    """

    name = "broker"

    def __init__(self, data_dir: Path, *, start_timeout: float = 30) -> None:
        self._data_dir = data_dir
        self._start_timeout = start_timeout
        self.child: Child | None = None
        self.port = 0

    @property
    def bootstrap(self) -> str:
        """`host:port` for clients."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers Kafka's protocol.

        Raises:
            EmbeddedError: its wheel is missing, or it ended or did not answer.
        """
        tansu = program("tansu")
        data_dir = make_data_folder(self._data_dir)
        logs = make_private(data_dir / "logs")

        def on_port(port: int) -> Program:
            url = f"tcp://127.0.0.1:{port}/"
            return Program(
                name="the broker (Tansu)",
                command=(
                    *(str(tansu), "broker"),
                    *("--listener-url", url, "--advertised-listener-url", url),
                    *("--storage-engine", "memory://tansu/"),
                ),
                folder=data_dir,
                log=logs / "broker.log",
                # It waits for its clients to go, and has nothing to save.
                stop_signals=((signal.SIGTERM, 0.5),),
            )

        self.child, self.port = start_on_free_port(on_port, speaks_kafka, self._start_timeout)

    def stop(self, hurry: Hurry = calmly) -> None:
        """Stop it; all that is in its topics is lost."""
        if self.child:
            self.child.stop(hurry)
            self.child = None


def speaks_kafka(port: int) -> bool:
    """Ask the server on a loopback port for the versions it speaks (ApiVersions, version 0)."""
    correlation = 7
    request = struct.pack(">hhih", API_VERSIONS, 0, correlation, NO_CLIENT_ID)
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = connection.recv(10, socket.MSG_WAITALL)
    if len(answer) < 10:
        return False
    _, answered, error = struct.unpack(">iih", answer)
    return bool(answered == correlation and error == 0)
