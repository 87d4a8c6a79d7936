"""The embedded broker: by default Tansu, which speaks Kafka's protocol and keeps everything in memory."""

from __future__ import annotations

import contextlib
import signal
import socket
import struct
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from monitor.embedded.folder import make_data_folder, make_private_folder
from monitor.embedded.process import Program
from monitor.embedded.servers import LoopbackServer, find_program
from monitor.errors import MonitorError
from monitor.settings import KafkaSettings
from monitor.settings.value_types import BrokerChoice

API_VERSIONS: Final = 18
NO_CLIENT_ID: Final = -1
COUNT_TIMEOUT: Final = 5.0  # seconds; a shutdown waits no longer for the number of unread messages


class LoopbackBroker(LoopbackServer):
    """A broker on loopback that has no passwords: other users of the machine can read and write its topics.

    Attributes:
        kind: value of the setting `embedded.broker`.
        keeps_topics: False if the topics are lost when it stops.
    """

    name = "broker"
    port_setting = "kafka_port"
    kind: BrokerChoice
    keeps_topics: bool

    @property
    def bootstrap(self) -> str:
        """`host:port` for clients."""
        return f"127.0.0.1:{self.port}"


class Broker(LoopbackBroker):
    """Tansu on loopback. Only its log goes to the data folder; its topics are lost when it stops.

    It never removes a message, also not one that was read, so its memory grows until it stops.
    """

    kind = "tansu"
    keeps_topics = False

    def require_programs(self) -> Path:
        """Return the program of Tansu.

        Raises:
            EmbeddedError: its wheel is missing.
        """
        return find_program("tansu")

    def start(self) -> None:
        """Start the broker, and wait until it answers Kafka's protocol.

        Raises:
            EmbeddedError: its wheel is missing, or it ended or did not answer.
        """
        tansu = self.require_programs()
        data_dir = make_data_folder(self._data_dir)
        logs = make_private_folder(data_dir / "logs")

        def program_for(port: int) -> Program:
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
                # It waits until its clients have gone, and has nothing to save.
                stop_signals=((signal.SIGTERM, 0.5),),
            )

        self._start(program_for, speaks_kafka)


@dataclass(frozen=True)
class UnreadMessages:
    """Messages that only the broker has: tweets that no worker has read, and unreplayed dead letters."""

    tweets: int
    dead_letters: int


def count_unread_messages(kafka: KafkaSettings) -> UnreadMessages | None:
    """Count what would be lost with the broker; None if it does not answer in time.

    If time is short, dead letters that were replayed count, too.
    """
    counts: list[UnreadMessages] = []

    def count() -> None:
        from kafka.errors import KafkaError

        from monitor.deadletters import read_letters
        from monitor.kafka import topic_states

        try:
            states = topic_states(kafka)
        except (MonitorError, KafkaError):
            return
        tweets = sum(state.waiting for state in states if state.topic == kafka.topic)
        letters = sum(state.end - state.first for state in states if state.topic == kafka.dead_letter_topic)
        counts.append(UnreadMessages(tweets, letters))
        if letters:
            # Some of these messages are receipts or replayed letters, as only reading them shows.
            with contextlib.suppress(MonitorError):
                unreplayed = sum(letter.sent_to is None for letter in read_letters(kafka))
                counts.append(UnreadMessages(tweets, unreplayed))

    thread = threading.Thread(target=count, daemon=True)
    thread.start()
    thread.join(COUNT_TIMEOUT)
    return counts[-1] if counts else None


def speaks_kafka(port: int) -> bool:
    """Return True if the server on a loopback port answers a request for its API versions (version 0)."""
    correlation = 7
    request = struct.pack(">hhih", API_VERSIONS, 0, correlation, NO_CLIENT_ID)
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        response = connection.recv(10, socket.MSG_WAITALL)
    if len(response) < 10:
        return False
    _, response_correlation, error = struct.unpack(">iih", response)
    return bool(response_correlation == correlation and error == 0)
