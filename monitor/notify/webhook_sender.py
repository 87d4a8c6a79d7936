"""Send alerts to a webhook: a POST request with a signature that the receiver can check.

The headers follow Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp` (seconds since 1970), and
`webhook-signature`, the HMAC-SHA256 of `id.timestamp.body`. Receivers refuse old timestamps, so a recorded
request cannot be sent again later.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from monitor.alerts.rulebook.routes import WebhookRoute, url_problem
from monitor.errors import SettingsError
from monitor.notify.cloud_events import event_body
from monitor.notify.dispatch import Dispatch
from monitor.notify.errors import RefusedError, RouteAwayError
from monitor.notify.route_secrets import RouteSecrets, shown_host

if TYPE_CHECKING:
    import httpx

SHORTEST_KEY: Final = 16
"""Bytes of a key for signatures. Standard Webhooks asks for 24 to 64, and HMAC itself for no length."""

LONGEST_WAIT: Final = 3_600.0
"""Seconds that a receiver may ask us to wait with Retry-After."""

REFUSALS: Final = frozenset({400, 413, 415, 422})
"""Answers that are about the message. Any other one that is not 2xx, such as 401, 404 or 410, may be about
the address or the key. A person has to correct those, and the alerts wait."""

PREFIX: Final = "whsec_"


class WebhookSender:
    """The `RouteSender` of a webhook.

    Args:
        route: the route.
        secrets: reads its secrets.
        stream: name of the Redis Stream, for the source of the events.
        clock: returns the time, timezone-aware, for signatures.

    Raises:
        SettingsError: a secret is missing or too short, or a file cannot be used.
    """

    def __init__(
        self, route: WebhookRoute, secrets: RouteSecrets, stream: str, clock: Callable[[], datetime]
    ) -> None:
        self._url = secrets.read("url") if route.url is None else route.url
        if problem := url_problem(self._url, allow_http=route.allow_http):
            raise secrets.problem("url", f"is wrong: {problem}")
        self._keys = [_key(line, secrets) for line in secrets.read("secret").splitlines()]
        self._secrets = secrets
        self._stream = stream
        self._clock = clock
        self._client = _client(route, secrets)

    def send(self, dispatch: Dispatch) -> None:
        """Send a message; any 2xx status means that it arrived.

        Raises:
            RouteAwayError: there was another status, or none.
            RefusedError: the status is about the message; see `REFUSALS`.
        """
        import httpx

        content_type, body = event_body(dispatch, self._stream)
        headers = {"Content-Type": content_type, **self._signature(dispatch.message_id, body)}
        try:
            with self._client.stream("POST", self._url, content=body.encode(), headers=headers) as response:
                self._check(response)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            reason = self._secrets.hidden_in(str(error)) or "no answer"
            raise RouteAwayError(
                f"{shown_host(self._url)} did not take the message ({type(error).__name__}: {reason})"
            ) from None

    def preview(self, dispatch: Dispatch) -> str:
        """Return the request with its headers, without the signature and the path of the address."""
        content_type, body = event_body(dispatch, self._stream)
        lines = [
            f"POST to {shown_host(self._url)}",
            f"Content-Type: {content_type}",
            f"webhook-id: {dispatch.message_id}",
            "webhook-timestamp, webhook-signature: made when it is sent",
            "",
            body,
        ]
        return "\n".join(lines)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _signature(self, message_id: str, body: str) -> dict[str, str]:
        from standardwebhooks import Webhook

        now = self._clock().astimezone(UTC)
        signatures = [Webhook(key).sign(message_id, now, body) for key in self._keys]
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }

    def _check(self, response: httpx.Response) -> None:
        status = f"{shown_host(self._url)} answered {response.status_code} {response.reason_phrase}".strip()
        if response.is_success:
            return
        if response.status_code in REFUSALS:
            raise RefusedError(status)
        if response.is_redirect:
            raise RouteAwayError(status, "redirections are not followed: correct the url")
        raise RouteAwayError(status, retry_after=self._retry_after(response.headers.get("Retry-After")))

    def _retry_after(self, value: str | None) -> float | None:
        """Return the seconds in a header Retry-After, which has seconds or a date (RFC 9110, 10.2.3)."""
        if value is None:
            return None
        try:
            seconds = float(value) if value.isascii() and value.strip().isdigit() else self._until(value)
        except (ValueError, TypeError):
            return None
        return min(max(seconds, 0.0), LONGEST_WAIT)

    def _until(self, date: str) -> float:
        return (parsedate_to_datetime(date) - self._clock()).total_seconds()


def _key(text: str, secrets: RouteSecrets) -> bytes:
    """Return the bytes of a key: base64 after `whsec_`, else the text itself.

    Raises:
        SettingsError: it is not base64, or too short.
    """
    text = text.strip()
    try:
        encoded = text.removeprefix(PREFIX)
        key = base64.b64decode(encoded, validate=True) if text.startswith(PREFIX) else text.encode()
    except (binascii.Error, ValueError):
        raise secrets.problem("secret", f"is not base64 after {PREFIX}") from None
    if len(key) < SHORTEST_KEY:
        raise secrets.problem(
            "secret",
            f"has {len(key)} bytes, and needs at least {SHORTEST_KEY}",
            'make one with: echo "whsec_$(openssl rand -base64 32)"',
        )
    return key


def _client(route: WebhookRoute, secrets: RouteSecrets) -> httpx.Client:
    import ssl

    import httpx

    try:
        context = ssl.create_default_context(cafile=None if route.ca_file is None else str(route.ca_file))
    except (OSError, ssl.SSLError) as error:
        raise _wrong_authority(secrets, route.ca_file, error) from None
    return httpx.Client(timeout=route.timeout, follow_redirects=False, verify=context)


def _wrong_authority(secrets: RouteSecrets, path: object, error: Exception) -> SettingsError:
    return secrets.problem("ca_file", f"{path} is not a PEM file of certificates ({error})")
