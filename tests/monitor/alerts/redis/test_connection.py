"""TLS and logins of a real Valkey: they work, or the error says what to correct."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from monitor.alerts.redis.connection import connect, connect_async, location_of, translate_redis_errors
from monitor.cli.client_programs import redis_client_options
from monitor.cli.redis_prompt import RedisPrompt
from monitor.errors import MonitorError, RetryableError, SettingsError
from monitor.settings import RedisSettings
from tests.certificates import TestAuthority
from tests.tls_gate import TlsGate


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TestAuthority:
    return TestAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> TestAuthority:
    return TestAuthority(tmp_path_factory.mktemp("stranger"))


@pytest.fixture
def gates(redis_url: str, authority: TestAuthority) -> Iterator[dict[str, str]]:
    """URLs of one Valkey, whose certificates differ; `mutual` needs one of ours, and `open` has no TLS."""
    parts = urlsplit(redis_url)
    port = parts.port or 0
    opened = {
        "good": TlsGate(port, authority.issue()),
        "expired": TlsGate(port, authority.issue(expired=True)),
        "othername": TlsGate(port, authority.issue("cache.example.org")),
        "mutual": TlsGate(port, authority.issue(), client_authority=authority),
    }
    yield {name: f"rediss://:{parts.password}@localhost:{gate.port}/0" for name, gate in opened.items()} | {
        "open": redis_url.replace("redis://", "rediss://", 1)
    }
    for gate in opened.values():
        gate.close()


def at(url: str, **tls: Any) -> RedisSettings:
    return RedisSettings(url=SecretStr(url), **tls)


def ping(settings: RedisSettings) -> bool:
    with translate_redis_errors(location_of(settings)), connect(settings) as client:
        return bool(client.ping())


def refusal(settings: RedisSettings) -> MonitorError:
    with pytest.raises(MonitorError) as caught:
        ping(settings)
    password = urlsplit(settings.url.get_secret_value()).password
    assert password
    assert password not in str(caught.value)
    return caught.value


async def test_connections_are_encrypted(gates: dict[str, str], authority: TestAuthority) -> None:
    settings = at(gates["good"], tls_ca=authority.file)
    assert ping(settings)
    client = connect_async(settings)
    assert await client.ping()
    await client.aclose()
    assert list(RedisPrompt(settings).run(["PING"])) == ["PONG"]


def test_a_certificate_is_shown(gates: dict[str, str], authority: TestAuthority) -> None:
    ours = authority.issue(common_name="ade")
    pair = {"tls_certificate": ours.certificate, "tls_key": ours.key}
    assert ping(at(gates["mutual"], tls_ca=authority.file, **pair))


@pytest.mark.parametrize(
    ("gate", "reason"), [("expired", "expired"), ("othername", "mismatch"), ("good", "local issuer")]
)
def test_a_certificate_that_is_not_accepted_is_named(
    gate: str, reason: str, gates: dict[str, str], authority: TestAuthority, stranger: TestAuthority
) -> None:
    error = refusal(at(gates[gate], tls_ca=(stranger if gate == "good" else authority).file))
    assert isinstance(error, SettingsError)
    assert reason in str(error)
    assert "ADE_REDIS__TLS_CA" in str(error)


def test_a_missing_certificate_of_ours_is_named(authority: TestAuthority) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue().both)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.file)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            with contextlib.suppress(OSError):
                context.wrap_socket(listener.accept()[0], server_side=True)

        refusing = threading.Thread(target=refuse)
        refusing.start()
        url = f"rediss://ade:hunter2@localhost:{listener.getsockname()[1]}/0"
        error = refusal(at(url, tls_ca=authority.file))
        refusing.join()
    assert "redis.tls_certificate" in str(error)


def test_a_server_without_tls_is_named(gates: dict[str, str]) -> None:
    assert isinstance(refusal(at(gates["open"])), SettingsError | RetryableError)


def test_a_wrong_password_is_named(gates: dict[str, str], authority: TestAuthority) -> None:
    url = gates["good"].replace("rediss://:", "rediss://ade:hunter2", 1)
    error = refusal(at(url, tls_ca=authority.file))
    assert isinstance(error, SettingsError)
    assert "ADE_REDIS__URL" in str(error)


def test_a_file_that_is_not_a_certificate_is_named(gates: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    assert str(tmp_path / "ca.pem") in str(refusal(at(gates["good"], tls_ca=tmp_path / "ca.pem")))


def test_the_client_program_gets_the_files(authority: TestAuthority) -> None:
    options, _ = redis_client_options(at("rediss://cache:6380/0", tls_ca=authority.file))
    assert options[-3:] == ["--tls", "--cacert", str(authority.file)]
