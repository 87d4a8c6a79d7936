"""Tokens are used until most of their lifetime is over; what token servers do wrong is named."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import MonitorError, RetryableError, SettingsError
from monitor.kafka import TokenSource
from monitor.kafka.oauth_tokens import _token_in
from monitor.settings import KafkaSettings
from tests.secure_kafka import CLIENT, SECRET, TokenServer


@pytest.fixture
def server() -> Iterator[TokenServer]:
    """A token server."""
    server = TokenServer()
    yield server
    server.close()


def source_at(url: str, secret: str = SECRET) -> TokenSource:
    """Return a source of tokens."""
    return TokenSource(
        KafkaSettings.model_validate(
            {
                "security_protocol": "SASL_PLAINTEXT",
                "sasl_mechanism": "OAUTHBEARER",
                "oauth_token_url": url,
                "oauth_client_id": CLIENT,
                "oauth_client_secret": secret,
                "oauth_scope": "kafka",
            }
        )
    )


def test_a_token_is_used_again(server: TokenServer) -> None:
    source = source_at(server.url)
    assert source.token() == source.token()
    assert server.issued == 1


def test_a_token_is_renewed_before_its_end(server: TokenServer) -> None:
    server.lifetime = 0.001
    source = source_at(server.url)
    assert source.token() != source.token()
    assert server.issued == 2


def test_a_valid_token_is_used_while_the_server_is_away(
    server: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.kafka.oauth_tokens.RENEWAL", 0)
    source = source_at(server.url)
    token = source.token()
    server.close()
    assert source.token() == token


def test_a_refused_client_is_named_without_its_secret(server: TokenServer) -> None:
    with pytest.raises(SettingsError, match="invalid_client") as caught:
        source_at(server.url, "hunter2").token()
    assert "hunter2" not in str(caught.value)


class Answering:
    """A server that gives one answer to every request, and counts them."""

    def __init__(self, status: int, body: bytes, location: str = "") -> None:
        self.requests = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.requests += 1
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                server.requests += 1
                self.send_error(405)

            def log_message(self, *args: object) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/token"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>", RetryableError),
        (200, b"[]", RetryableError),
        (200, b'{"access_token": 7}', RetryableError),
        (200, b'{"access_token": "a\\u0001b"}', RetryableError),
        (400, b'{"error": "invalid_scope"}', SettingsError),
        (403, b"\xff\xfe", SettingsError),
        (404, b"", SettingsError),
        (503, b"later", RetryableError),
    ],
)
def test_what_a_server_answers_instead_of_a_token_is_named(
    status: int, body: bytes, kind: type[MonitorError]
) -> None:
    server = Answering(status, body)
    with pytest.raises(kind, match=server.url):
        source_at(server.url).token()
    server.close()


def test_the_secret_does_not_follow_a_redirect() -> None:
    other = Answering(200, b'{"access_token": "a"}')
    server = Answering(302, b"", other.url)
    with pytest.raises(SettingsError, match="302"):
        source_at(server.url).token()
    assert other.requests == 0
    server.close()
    other.close()


@given(st.binary())
def test_any_answer_is_a_token_or_an_error(body: bytes) -> None:
    with pytest.raises(RetryableError):
        _token_in(body, "the token server", 0)
