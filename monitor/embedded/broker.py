"""The embedded broker: Tansu, which speaks Kafka's protocol and keeps everything in memory alone.

What the memory-only broker would take with it.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

from monitor.embedded.folder import make_data_folder, make_private
from monitor.embedded.process import Child, Hurry, Program, calmly
from monitor.embedded.servers import program, start_on_free_port
from monitor.errors import MonitorError
from monitor.settings import KafkaSettings

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


COUNT_TIMEOUT = 5.0  # seconds; a shutdown does not wait longer for this


@dataclass(frozen=True)
class UnreadMessages:
    """Messages that only the broker has: tweets that no worker has read, and letters not sent again."""

    tweets: int
    dead_letters: int


def count_unread_messages(kafka: KafkaSettings) -> UnreadMessages | None:
    """Count what would be lost with the broker; None where it does not say in time.

    Where time is short, the letters that were sent again count too.
    """
    counted: list[UnreadMessages] = []

    def count() -> None:
        from kafka.errors import KafkaError

        from monitor.deadletters.reading import read_letters
        from monitor.kafka.topics import topic_states

        try:
            states = topic_states(kafka)
        except (MonitorError, KafkaError):
            return
        tweets = sum(s.end - s.first if s.lag is None else s.lag for s in states if s.topic == kafka.topic)
        letters = sum(s.end - s.first for s in states if s.topic == kafka.dead_letter_topic)
        counted.append(UnreadMessages(tweets, letters))
        if letters:
            # Some of them are receipts, or were sent again; only reading them tells.
            with contextlib.suppress(MonitorError):
                counted.append(
                    UnreadMessages(tweets, sum(letter.sent_to is None for letter in read_letters(kafka)))
                )

    thread = threading.Thread(target=count, daemon=True)
    thread.start()
    thread.join(COUNT_TIMEOUT)
    return counted[-1] if counted else None
