"""Tokens for SASL OAUTHBEARER, from an OAuth 2.0 server (client credentials: RFC 6749, section 4.4)."""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, Final
from urllib.parse import quote_plus, urlencode

from monitor.errors import MonitorError, RetryableError, SettingsError
from monitor.kafka.tls import trusted_authorities
from monitor.settings import KafkaSettings

REQUEST_TIMEOUT: Final = 10.0
"""Seconds until a token server that does not answer counts as away."""

USUAL_LIFETIME: Final = 300.0
"""Seconds that a token counts as valid if the server does not say how long it is."""

RENEWAL: Final = 0.8
"""Share of a token's lifetime after which a new one is requested."""

MOST_BYTES: Final = 1_000_000
"""Bytes of an answer that are read; real ones have a few thousand."""


@dataclass(frozen=True)
class _Token:
    """A token, and when to request the next one, on the clock of `time.monotonic`."""

    text: str
    renew_at: float
    ends_at: float


class TokenSource:
    """The tokens of one client: each is used until most of its lifetime is over. Safe to use from threads.

    Args:
        kafka: address of the token server, and the name and secret of the client.
    """

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._lock = threading.Lock()
        self._token: _Token | None = None

    def token(self) -> str:
        """Return a valid token. Blocking, for up to `REQUEST_TIMEOUT`.

        Raises:
            SettingsError: the server refuses the client, or its certificate is not trusted.
            RetryableError: the server is away, or answers with something else.
        """
        with self._lock:
            now = time.monotonic()
            if self._token is None or now >= self._token.renew_at:
                try:
                    self._token = _request_token(self._kafka)
                except MonitorError:
                    if self._token is None or now >= self._token.ends_at:
                        raise
            return self._token.text


@lru_cache(maxsize=8)
def token_source(kafka: KafkaSettings) -> TokenSource:
    """Return the source of these settings. All clients of a process share it, and so its tokens."""
    return TokenSource(kafka)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, because the secret would go to the other server, too."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Return nothing, so that the redirect counts as an error."""


def _request_token(kafka: KafkaSettings) -> _Token:
    started = time.monotonic()
    where = f"the token server {kafka.oauth_token_url}"
    try:
        opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=trusted_authorities(kafka)), _NoRedirects
        )
        with opener.open(_request(kafka), timeout=REQUEST_TIMEOUT) as response:
            return _token_in(response.read(MOST_BYTES), where, started)
    except urllib.error.HTTPError as error:
        raise _refusal(error, where) from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise SettingsError(
                f"the certificate of {where} is not accepted ({error.reason.verify_message})",
                "name the file of its authority in kafka.tls_ca (ADE_KAFKA__TLS_CA)",
            ) from None
        raise _away(where, error.reason) from None
    except (OSError, HTTPException) as error:
        raise _away(where, error) from None


def _request(kafka: KafkaSettings) -> urllib.request.Request:
    """Return the request; RFC 6749, section 2.3.1 says how name and secret are encoded."""
    secret = kafka.oauth_client_secret.get_secret_value() if kafka.oauth_client_secret else ""
    login = f"{quote_plus(kafka.oauth_client_id or '')}:{quote_plus(secret)}"
    form = {"grant_type": "client_credentials"} | ({"scope": kafka.oauth_scope} if kafka.oauth_scope else {})
    return urllib.request.Request(  # noqa: S310 - the settings allow https, and http on loopback
        kafka.oauth_token_url or "",
        data=urlencode(form).encode("ascii"),
        headers={
            "Authorization": f"Basic {base64.b64encode(login.encode()).decode('ascii')}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        },
    )


def _token_in(body: bytes, where: str, started: float) -> _Token:
    try:
        answer: Any = json.loads(body)
        text, seconds = answer["access_token"], float(answer.get("expires_in") or USUAL_LIFETIME)
        # Kafka's client separates the parts of its login by control characters.
        usable = isinstance(text, str) and text.isascii() and text.isprintable() and seconds > 0
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        usable = False
    if not usable:
        raise RetryableError(
            f"{where} answers without a token", "is kafka.oauth_token_url its token endpoint?"
        )
    return _Token(text, started + RENEWAL * seconds, started + seconds)


def _refusal(error: urllib.error.HTTPError, where: str) -> MonitorError:
    """Return what an HTTP status means. Errors of the client have a status of 400 or 401."""
    with error:
        code = _error_code(error)
    if error.code in (400, 401, 403):
        return SettingsError(
            f"{where} refuses the client ({error.code}{code})",
            "correct kafka.oauth_client_id, kafka.oauth_client_secret or kafka.oauth_scope",
        )
    if 300 <= error.code < 400 or error.code == 404:
        return SettingsError(
            f"{where} is not a token endpoint (status {error.code})", "correct kafka.oauth_token_url"
        )
    return _away(where, f"status {error.code}{code}")


def _error_code(error: urllib.error.HTTPError) -> str:
    """Return the server's word for the error, such as `invalid_client` (RFC 6749, section 5.2), if any."""
    try:
        word = json.loads(error.read(MOST_BYTES))["error"]
        return f", {word:.60}" if isinstance(word, str) and word.isascii() and word.isprintable() else ""
    except (OSError, HTTPException, ValueError, TypeError, KeyError, RecursionError):
        return ""


def _away(where: str, cause: object) -> RetryableError:
    return RetryableError(f"{where} does not answer ({cause})", "start it, or correct kafka.oauth_token_url")
