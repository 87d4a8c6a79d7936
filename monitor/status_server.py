"""The HTTP server of a process: /metrics for Prometheus, /live and /ready for its supervisor.

It runs in a thread of its own. So it answers also when the event loop hangs, which is what /live is for, and
`ade-monitor up`, which has no event loop, uses the same code. The server is Python's own: aiohttp would need
a second event loop, and the server of prometheus-client has one page only.
"""

from __future__ import annotations

import errno
import json
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer, TCPServer, ThreadingMixIn
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from monitor.errors import SettingsError
from monitor.health import Health, HealthReport
from monitor.metrics import metrics_of
from monitor.settings import MonitoringSettings

log = structlog.get_logger()

REQUEST_TIMEOUT: Final = 5.0
"""Seconds that a client may take for its request."""

MOST_REQUESTS: Final = 16
"""Requests at the same time. The next one ends the oldest, so slow clients neither take all memory nor keep a
probe out, which would look as if the process hung."""

_JSON: Final = "application/json"
_SETTING: Final = "monitoring.port (ADE_MONITORING__PORT)"


class StatusServer(ThreadingMixIn, TCPServer):
    """Answers requests from its creation until `close`.

    Args:
        settings: where it listens; a port must be set.
        kind: the metrics of this kind of process.
        health: the checks of this process.

    Raises:
        SettingsError: the port is taken, or cannot be used.
    """

    allow_reuse_address = True  # else a restart within a minute would find its port taken
    daemon_threads = True
    request_queue_size = 2 * MOST_REQUESTS

    def __init__(self, settings: MonitoringSettings, kind: CollectorRegistry, health: Health) -> None:
        self._metrics = metrics_of(kind)
        self._health = health
        self._open: deque[socket.socket] = deque()
        self._lock = threading.Lock()
        host, port = settings.host, settings.port or 0
        try:
            self.address_family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            super().__init__((str(address[0]), port), _Request)
        except OSError as error:
            raise _unusable(host, port, error) from None
        threading.Thread(target=self.serve_forever, name="status server", daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        host, port = str(self.server_address[0]), self.server_address[1]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def answer(self, path: str, accept: str) -> tuple[HTTPStatus, str, bytes]:
        """Return the status, the content type and the body for a path.

        Args:
            path: with or without a query.
            accept: the header of this name.
        """
        page = urlsplit(path).path
        if page == "/metrics":
            self._health.measure()
            encode, content_type = choose_encoder(accept)
            return HTTPStatus.OK, content_type, encode(self._metrics)
        if page == "/live":
            return _answer("live", self._health.live_report())
        if page == "/ready":
            return _answer("ready", self._health.ready_report())
        return HTTPStatus.NOT_FOUND, _JSON, b'{"pages": ["/metrics", "/live", "/ready"]}\n'

    def close(self) -> None:
        """Refuse connections from now on."""
        self.shutdown()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a request in a thread, and end the oldest one if there are too many."""
        with self._lock:
            self._open.append(request)
            oldest = self._open.popleft() if len(self._open) > MOST_REQUESTS else None
        if oldest:
            with suppress(OSError):
                oldest.shutdown(socket.SHUT_RDWR)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer a request."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock, suppress(ValueError):
                self._open.remove(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a request that failed, instead of printing its traceback. Clients that leave are usual."""
        log.debug("request of the status server failed", exc_info=True)


class _Request(BaseHTTPRequestHandler):
    """A request for one page."""

    timeout = REQUEST_TIMEOUT
    server_version = "ade-monitor"
    sys_version = ""
    server: BaseServer

    def do_GET(self) -> None:
        """Send a page."""
        assert isinstance(self.server, StatusServer)  # noqa: S101 - nothing else creates requests
        status, content_type, body = self.server.answer(self.path, self.headers.get("Accept", ""))
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing: probes come every few seconds."""


@contextmanager
def serving_status(
    settings: MonitoringSettings, kind: CollectorRegistry, health: Health
) -> Iterator[str | None]:
    """Serve the status of this process during the block, if a port is set.

    Yields:
        The address of the server, or None if no port is set.

    Raises:
        SettingsError: the port is taken, or cannot be used. The process must not go on: a probe of that port
            would ask another process about this one.
    """
    if settings.port is None:
        yield None
        return
    server = StatusServer(settings, kind, health)
    try:
        yield server.url
    finally:
        server.close()


def _answer(name: str, report: HealthReport) -> tuple[HTTPStatus, str, bytes]:
    checks = {check: problem or "ok" for check, problem in report.problems.items()}
    status = HTTPStatus.OK if report.is_good else HTTPStatus.SERVICE_UNAVAILABLE
    return status, _JSON, json.dumps({name: report.is_good, "checks": checks}).encode() + b"\n"


def _unusable(host: str, port: int, error: OSError) -> SettingsError:
    if error.errno == errno.EADDRINUSE:
        return SettingsError(
            f"port {port} of {host} is taken, and the metrics and the health of this process need it",
            f"choose another one with {_SETTING}; each process on a machine needs its own",
        )
    return SettingsError(
        f"metrics and health cannot be served on port {port} of {host!r}: {error.strerror}",
        f"correct monitoring.host (ADE_MONITORING__HOST) or {_SETTING}",
    )
