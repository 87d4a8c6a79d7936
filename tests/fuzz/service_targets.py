"""What reaches our own services: entries of the alert stream, answers of Redis, requests for status pages."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import zlib
from functools import cache
from typing import Any, Final

from pydantic import SecretStr

from monitor.alerts import AlertFilter, AlertReader, StreamEntry, follow
from monitor.alerts.redis import GroupReader, TailReader, connect
from monitor.cli.alerts import alert_line, retraction_line
from monitor.enrich.drugs import DrugChoice
from monitor.health import Health
from monitor.metrics import SUPERVISOR
from monitor.settings import MonitoringSettings, RedisSettings
from monitor.status_server import StatusServer
from tests.fuzz.fuzz_target import FuzzTarget
from tests.monitor.alerts.payloads import payload, retraction


class OneAnswer(AlertReader):
    """A reader with the entries of one input, and then the end."""

    location = "Redis"

    def __init__(self, data: bytes) -> None:
        name, _, text = data.partition(b"\n")
        fields = {name.decode("utf-8", "replace"): text.decode("utf-8", "replace")}
        self._entries = [StreamEntry("1-0", fields)]

    def read(self) -> list[StreamEntry]:
        if not self._entries:
            raise EndOfEntriesError
        entries, self._entries = self._entries, []
        return entries

    def acknowledge(self, entry: StreamEntry) -> None: ...
    def release(self) -> None: ...
    def close(self) -> None: ...


class EndOfEntriesError(Exception):
    """The input was read."""


def read_alert(data: bytes) -> None:
    def show(item: Any, text: str) -> None:
        json.loads(text)
        str(alert_line(item) if hasattr(item, "tweet_id") else retraction_line(item)).encode()

    follow(
        OneAnswer(data), show, notify=[].append, alert_filter=AlertFilter(drugs=(DrugChoice("sertraline"),))
    )


class RedisAnswers:
    """A server that answers a command with the bytes of the input, and closes the connection."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.answer = b""
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                connection.settimeout(2)
                with contextlib.suppress(OSError):
                    while command := connection.recv(65_536):
                        connection.sendall(b"+OK\r\n" * command.count(b"SETINFO"))
                        if b"SETINFO" not in command:
                            connection.sendall(self.answer)
                            break


@cache
def redis_server() -> RedisAnswers:
    return RedisAnswers()


def read_redis(data: bytes) -> None:
    """Read the answer to XREAD or XREADGROUP."""
    server = redis_server()
    server.answer = data
    client = connect(RedisSettings(url=SecretStr(server.url)))
    reader: AlertReader = TailReader(client, "ade:alerts", from_start=True, block_ms=None)
    if zlib.crc32(data) % 2:
        reader = GroupReader(
            client,
            "ade:alerts",
            group="g",
            consumer="c",
            claim_after=60,
            from_start=True,
            notify=[].append,
            max_length=1_000,
        )
    try:
        for entry in reader.read():
            reader.acknowledge(entry)
    finally:
        reader.close()


def resp(*values: Any) -> bytes:
    """Return values in Redis's protocol."""
    answer = b""
    for value in values:
        if isinstance(value, list):
            answer += b"*%d\r\n" % len(value) + resp(*value)
        else:
            text = value.encode() if isinstance(value, str) else value
            answer += b"$%d\r\n%s\r\n" % (len(text), text)
    return answer


@cache
def status_pages() -> StatusServer:
    return StatusServer(MonitoringSettings(port=0), SUPERVISOR, Health())


def send_request(data: bytes) -> None:
    """Send bytes to the status pages. They answer, or end the connection, and go on answering others."""
    port = status_pages().server_address[1]
    for request in (data, b"GET /live HTTP/1.0\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            with contextlib.suppress(ConnectionError):
                while piece := connection.recv(65_536):
                    answer += piece
    if not answer.startswith(b"HTTP/1.0 200"):
        raise AssertionError(f"/live answers {answer[:60]!r}")


ALERT: Final = json.dumps(payload(1, of_a_newer_version={"rank": 5})).encode()
SERVICE_TARGETS: Final = [
    FuzzTarget(
        "alert-entry",
        read_alert,
        [b"alert\n" + ALERT, b"retracted\n" + json.dumps(retraction(1)).encode()],
        documented=(EndOfEntriesError,),
    ),
    FuzzTarget(
        "redis-answer",
        read_redis,
        [
            resp([["ade:alerts", [["1-0", ["alert", ALERT.decode()]]]]]),
            b"*-1\r\n",
            b"-NOAUTH Authentication required.\r\n",
            b"+OK\r\n",
        ],
        [
            b"$-1\r\n",
            b"*0\r\n",
            b":1\r\n",
            b"*1000000000\r\n",
            b"$4294967296\r\n",
            b"%1\r\n",
            b"_\r\n",
            b"-ERR x\r\n",
        ],
    ),
    FuzzTarget(
        "status-request",
        send_request,
        [
            b"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text;version=1.0.0\r\n\r\n",
            b"GET /ready?x=1 HTTP/1.0\r\n\r\n",
            b"POST //[ HTTP/1.1\r\nContent-Length: 9\r\n\r\n{}",
        ],
        [
            b"GET ",
            b" HTTP/9.9",
            b"%00",
            b"\r\n",
            b"Accept: */*;version=x\r\n",
            b"Transfer-Encoding: chunked\r\n",
        ],
        documented=(),
    ),
]
