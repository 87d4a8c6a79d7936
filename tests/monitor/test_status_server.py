"""The pages of a process, as Prometheus and a probe see them."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.errors import SettingsError
from monitor.health import Health, Heartbeat, failing
from monitor.metrics import SUPERVISOR
from monitor.settings import MonitoringSettings, Settings
from monitor.status_server import MOST_REQUESTS, StatusServer, serving_status
from tests.processes import wait_for

FREE = MonitoringSettings(port=0)


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def server(health: Health) -> Iterator[StatusServer]:
    server = StatusServer(FREE, SUPERVISOR, health)
    yield server
    server.close()


def fetch(url: str, path: str, method: str = "GET") -> tuple[HTTPResponse, bytes]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request(method, path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def answer(url: str, path: str) -> tuple[int, Any]:
    response, body = fetch(url, path)
    return response.status, json.loads(body)


def test_the_answer_names_the_check_that_fails(server: StatusServer, health: Health) -> None:
    assert answer(server.url, "/live") == (200, {"live": True, "checks": {}})
    assert answer(server.url, "/ready") == (503, {"ready": False, "checks": {"running": "is starting"}})
    health.runs()
    health.live["supervision"] = failing("has not turned for 181 s")
    assert answer(server.url, "/live") == (
        503,
        {"live": False, "checks": {"supervision": "has not turned for 181 s"}},
    )


def test_a_process_whose_event_loop_hangs_says_that_it_is_not_live(
    server: StatusServer, health: Health
) -> None:
    loop = asyncio.new_event_loop()
    heartbeat = Heartbeat(longest=3.0)
    heartbeat.beat_with(loop)
    health.live["event_loop"] = heartbeat.problem
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    may_go_on = threading.Event()
    try:
        assert answer(server.url, "/live")[0] == 200
        loop.call_soon_threadsafe(may_go_on.wait)
        wait_for(lambda: answer(server.url, "/live")[0] == 503)
        assert answer(server.url, "/live")[1]["checks"]["event_loop"].startswith("has not turned for")
        may_go_on.set()
        wait_for(lambda: answer(server.url, "/live")[0] == 200)
    finally:
        may_go_on.set()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_metrics_are_in_the_format_of_prometheus(server: StatusServer) -> None:
    response, body = fetch(server.url, "/metrics?anything")
    assert response.status == 200
    assert response.getheader("Content-Type", "").startswith("text/plain; version=")
    names = {family.name for family in text_string_to_metric_families(body.decode())}
    assert {"ade_restarts", "process_resident_memory_bytes", "python_gc_collections"} <= names
    assert "ade_posts_read" not in names, "a supervisor reads no posts"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(server: StatusServer, method: str) -> None:
    assert fetch(server.url, "/metrics", method)[0].status == 501


def test_other_pages_do_not_exist(server: StatusServer) -> None:
    assert fetch(server.url, "/")[0].status == 404
    assert fetch(server.url, "/../etc/passwd")[0].status == 404


def test_a_head_request_has_no_body(server: StatusServer) -> None:
    response, body = fetch(server.url, "/ready", "HEAD")
    assert (response.status, body) == (503, b"")


def test_a_taken_port_is_an_error_that_names_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"port {port} .*ADE_MONITORING__PORT"):
            StatusServer(MonitoringSettings(port=port), SUPERVISOR, Health())


@pytest.mark.parametrize("host", ["no-such-host.invalid", "203.0.113.9"])
def test_an_address_that_is_not_ours_is_an_error_that_names_the_setting(host: str) -> None:
    with pytest.raises(SettingsError, match="ADE_MONITORING__HOST"):
        StatusServer(MonitoringSettings(host=host, port=0), SUPERVISOR, Health())


def test_without_a_port_there_is_no_server() -> None:
    assert Settings().monitoring == MonitoringSettings(host="127.0.0.1", port=None)
    with serving_status(Settings().monitoring, SUPERVISOR, Health()) as url:
        assert url is None


def test_only_loopback_is_served_unless_another_address_is_named(server: StatusServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_after_the_end_connections_are_refused() -> None:
    with serving_status(FREE, SUPERVISOR, Health()) as url:
        assert url
        assert fetch(url, "/live")[0].status == 200
    with pytest.raises(ConnectionRefusedError):
        fetch(url, "/live")
    port = urlsplit(url).port
    with serving_status(MonitoringSettings(port=port), SUPERVISOR, Health()) as again:
        assert again == url, "a restart gets its port at once"


def test_clients_that_send_nothing_do_not_keep_a_probe_out(server: StatusServer) -> None:
    place = server.server_address[:2]
    silent = [socket.create_connection(place) for _ in range(MOST_REQUESTS + 10)]
    for _ in range(3):
        assert fetch(server.url, "/live")[0].status == 200
    for client in silent[:10]:
        client.settimeout(10)
        assert client.recv(1) == b"", "the oldest were ended"
    for client in silent:
        client.close()


def test_a_client_that_sends_nothing_is_left_after_some_time(
    server: StatusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.status_server._Request.timeout", 0.2)
    with socket.create_connection(server.server_address[:2]) as client:
        client.settimeout(30)
        assert client.recv(1) == b""
