"""An Apache Kafka with a port for each kind of security, and a token server."""

from __future__ import annotations

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote_plus

import pytest
from kafka.admin import KafkaAdminClient, UserScramCredentialUpsertion

from monitor.embedded import free_port
from monitor.settings import KafkaSettings
from tests.apache_kafka import ApacheKafka
from tests.certificates import TestAuthority

USER: Final = "ade, of=tests"
PASSWORD: Final = "pass wörd,=%@/ with everything"
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
CLIENT, SECRET = "ade monitor", "secret:of+tests"
LOGIN: Final = {"username": USER, "password": PASSWORD}
LISTENERS: Final = {
    "TLS": "SSL",
    "MUTUAL": "SSL",
    "EXPIRED": "SSL",
    "OTHERNAME": "SSL",
    "LOGIN": "SASL_PLAINTEXT",
    "TLSLOGIN": "SASL_SSL",
}
"""The ports in addition to the one without security, and their protocols."""
_FIRST_LOGINS: Final = (("LOGIN", "PLAIN"), ("TLSLOGIN", "SCRAM-SHA-512"), ("TLSLOGIN", "OAUTHBEARER"))
LOGINS: Final = [
    pytest.param(*login, marks=() if login in _FIRST_LOGINS else pytest.mark.slow)
    for login in product(("LOGIN", "TLSLOGIN"), MECHANISMS)
]
"""Each port with a login and each mechanism; most of them are tried by `make test-full` alone."""


class SecureKafka:
    """A broker whose ports differ in their security.

    Args:
        home: folder of the distribution.
        folder: for data and certificates.
    """

    def __init__(self, home: Path, folder: Path) -> None:
        self.authority = TestAuthority(folder / "authority")
        self.stranger = TestAuthority(folder / "stranger")
        self.ports = {name: free_port() for name in LISTENERS}
        self.server = ApacheKafka(home, folder / "kafka", settings=self._settings())

    def start(self) -> None:
        """Start the broker, and create the user of SCRAM."""
        self.server.start()
        admin = KafkaAdminClient(bootstrap_servers=self.server.bootstrap)
        for kind in ("SCRAM-SHA-256", "SCRAM-SHA-512"):  # a user may occur once in a request
            admin.alter_user_scram_credentials([UserScramCredentialUpsertion(USER, kind, PASSWORD)])
        admin.close()

    def kill(self) -> None:
        """Kill the broker."""
        self.server.kill()

    def settings(self, listener: str, **others: Any) -> KafkaSettings:
        """Return the settings for a port, which trust the authority and have no login."""
        protocol = LISTENERS[listener]
        trust = {"tls_ca": self.authority.file} if protocol.endswith("SSL") else {}
        return KafkaSettings.model_validate(
            {
                "bootstrap_servers": f"localhost:{self.ports[listener]}",
                "security_protocol": protocol,
                "session_timeout": 6,
                "heartbeat_interval": 1,
                "rebalance_timeout": 6,
                **trust,
                **others,
            }
        )

    def _settings(self) -> dict[str, str]:
        good = self.authority.issue().both
        keystores = {name: good for name, protocol in LISTENERS.items() if protocol.endswith("SSL")}
        keystores["EXPIRED"] = self.authority.issue(expired=True).both
        keystores["OTHERNAME"] = self.authority.issue("kafka.example.org").both
        protocols = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT", **LISTENERS}
        public = {"PLAINTEXT": "127.0.0.1:{port}"} | {
            name: f"localhost:{port}" for name, port in self.ports.items()
        }
        addresses = ",".join(f"{name}://{address}" for name, address in public.items())
        plain = _module("plain.PlainLoginModule", **{f"user_{USER}": PASSWORD})
        values = {
            "listeners": f"{addresses},CONTROLLER://127.0.0.1:{{controller}}",
            "advertised.listeners": addresses,
            "listener.security.protocol.map": ",".join(f"{name}:{kind}" for name, kind in protocols.items()),
            "listener.name.mutual.ssl.client.auth": "required",
            # Those who are named in no rule may do everything, but not with what others have rules for.
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "true",
            "super.users": "User:ANONYMOUS",
        }
        for name, keystore in keystores.items():
            prefix = f"listener.name.{name.lower()}.ssl"
            values |= {f"{prefix}.keystore.type": "PEM", f"{prefix}.keystore.location": str(keystore)}
            values |= {
                f"{prefix}.truststore.type": "PEM",
                f"{prefix}.truststore.location": str(self.authority.file),
            }
        for name in ("login", "tlslogin"):
            prefix = f"listener.name.{name}"
            values[f"{prefix}.sasl.enabled.mechanisms"] = ",".join(MECHANISMS)
            values[f"{prefix}.plain.sasl.jaas.config"] = plain
            for kind in ("scram-sha-256", "scram-sha-512"):
                values[f"{prefix}.{kind}.sasl.jaas.config"] = _module("scram.ScramLoginModule")
            values[f"{prefix}.oauthbearer.sasl.jaas.config"] = _module(
                "oauthbearer.OAuthBearerLoginModule", unsecuredLoginStringClaim_sub="broker"
            )
        return values


def _module(name: str, **options: str) -> str:
    """Return a line of JAAS, with what the format of Java's properties needs."""
    texts = (f'"{option}"="{value}"' for option, value in options.items())
    line = " ".join([f"org.apache.kafka.common.security.{name}", "required", *texts]) + ";"
    return "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in line)


class TokenServer:
    """Issues tokens to one client, as an OAuth 2.0 server does; the tokens are unsigned JWTs.

    Attributes:
        url: its address.
        lifetime: seconds that its next tokens are valid.
        states_lifetime: whether it says so to the client.
        issued: how many it has issued.
    """

    def __init__(self) -> None:
        self.lifetime = 3600.0
        self.states_lifetime = True
        self.issued = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                status, answer = server.answer(self.headers["Authorization"], form)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/token"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, authorization: str, form: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        """Return status and answer to a request."""
        login = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")
        if [unquote_plus(part) for part in login] != [CLIENT, SECRET]:
            return 401, {"error": "invalid_client"}
        if form["grant_type"] != ["client_credentials"]:
            return 400, {"error": "unsupported_grant_type"}
        self.issued += 1
        now = time.time()
        claims = {"sub": "ade", "iat": now, "exp": now + self.lifetime, "scope": form.get("scope", [""])[0]}
        token = f"{_encoded({'alg': 'none'})}.{_encoded(claims)}."
        answer = {"access_token": token, "token_type": "Bearer"}
        return 200, {**answer, "expires_in": self.lifetime} if self.states_lifetime else answer

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
