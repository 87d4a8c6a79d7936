"""Which server labels, and how it is used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from training.errors import RunError

KEY_VARIABLE: Final = "ADE_LABEL_API_KEY"
"""The environment variable that has the API key."""
_PATH: Final = "/chat/completions"


@dataclass(frozen=True)
class ServerSettings:
    """A server and how to use it.

    Attributes:
        endpoint: address of the API, such as `http://localhost:8000/v1`.
        model: name of the model.
        key: API key, or None; never shown.
        timeout: seconds until an answer must be complete.
        tries: how often a request without an answer is sent.
        per_minute: limit of requests per minute; None for no limit.
        first_pause: seconds before the second try; the later pauses double.
        longest_pause: limit of these pauses, in seconds.
    """

    endpoint: str
    model: str
    key: str | None = field(default=None, repr=False)
    timeout: float = 120.0
    tries: int = 5
    per_minute: float | None = None
    first_pause: float = 1.0
    longest_pause: float = 60.0

    @property
    def url(self) -> str:
        """The address that requests are sent to.

        Raises:
            RunError: the endpoint is not an address of HTTP.
        """
        base = self.endpoint.rstrip("/").removesuffix(_PATH)
        try:
            parts = urlsplit(base)
            is_valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_valid = False
        if not is_valid:
            raise RunError(
                f"--endpoint {self.endpoint!r} is not an address: write something like http://localhost:8000/v1"
            )
        return f"{base}{_PATH}"

    @property
    def host(self) -> str:
        """The name of the server, for messages; without a password that the address may have."""
        return urlsplit(self.url).netloc.rpartition("@")[2]
