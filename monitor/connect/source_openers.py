"""Open a connector from the settings, and check everything first: a mistake shows before any connection."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from monitor.connect.errors import ConnectError
from monitor.connect.http_stream import open_client
from monitor.connect.jetstream import Jetstream, read_zstd_dictionary
from monitor.connect.mastodon_live import SILENCE as MASTODON_SILENCE
from monitor.connect.mastodon_live import MastodonPolling, MastodonStream
from monitor.connect.mastodon_timeline import Timeline, name_of_source
from monitor.connect.x_stream import SILENCE as X_SILENCE
from monitor.connect.x_stream import XStream
from monitor.settings import ConnectSettings, masked_addresses

if TYPE_CHECKING:
    import httpx

    from monitor.connect.live_source import LiveSource

LIBRARIES: Final = ("httpx", "websockets")


class SourceOpener(Protocol):
    """What connects to one platform: its name, and a context manager that yields the source."""

    @property
    def name(self) -> str:
        """Name of the source, for the state file."""

    def opened(self) -> contextlib.AbstractAsyncContextManager[LiveSource]:
        """Open the clients of the source, and close them at the end."""


def require_libraries() -> None:
    """Check that the extra `sources` is installed.

    Raises:
        ConnectError: a library is missing.
    """
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        raise ConnectError(
            f"connectors need {' and '.join(missing)}", "run `pip install 'ade-monitor[sources]'`"
        )


@dataclass(frozen=True)
class XOpener:
    """Opens the filtered stream of X.

    Raises:
        ConnectError: there is no bearer token, or it cannot be sent in a header.
    """

    settings: ConnectSettings
    name: str = "x"

    def __post_init__(self) -> None:
        require_url("connect.x_url", self.settings.x_url, ("https", "http"))
        if not self._token:
            raise ConnectError(
                "there is no bearer token for X",
                "set ADE_CONNECT__X_BEARER_TOKEN, or the secret file ade_connect__x_bearer_token",
            )
        _require_header_value("connect.x_bearer_token", self._token)

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[XStream]:
        """Yield the source; see `SourceOpener`."""
        async with self.client() as client:
            yield XStream(client, self.settings.x_url, self.settings.x_backfill_minutes)

    def client(self) -> httpx.AsyncClient:
        """Return a client that sends the token."""
        return open_client(self._token, silence=X_SILENCE)

    @property
    def _token(self) -> str:
        secret = self.settings.x_bearer_token
        return secret.get_secret_value().strip() if secret else ""


@dataclass(frozen=True)
class BlueskyOpener:
    """Opens Jetstream.

    Raises:
        ConnectError: a host is not the address of a WebSocket, or the dictionary cannot be read.
    """

    settings: ConnectSettings
    name: str = "bluesky"

    def __post_init__(self) -> None:
        for host in self._hosts:
            require_url("connect.jetstream_hosts", host, ("wss", "ws"))
        if not self._hosts:
            raise ConnectError("connect.jetstream_hosts names no host", "name at least one")
        if self.settings.jetstream_dictionary is not None:
            read_zstd_dictionary(self.settings.jetstream_dictionary)

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[Jetstream]:
        """Yield the source; see `SourceOpener`."""
        path = self.settings.jetstream_dictionary
        yield Jetstream(self._hosts, None if path is None else read_zstd_dictionary(path))

    @property
    def _hosts(self) -> list[str]:
        return [host.strip() for host in self.settings.jetstream_hosts.split(",") if host.strip()]


@dataclass(frozen=True)
class MastodonOpener:
    """Opens a Mastodon server: as a stream if there is a token and one timeline, else by polling.

    Attributes:
        settings: server, token and interval.
        timelines: what to read.
        poll: read the timelines even if a stream is possible.

    Raises:
        ConnectError: no server is named, or its address is wrong.
    """

    settings: ConnectSettings
    timelines: Sequence[Timeline]
    poll: bool = False

    def __post_init__(self) -> None:
        if not self.settings.mastodon_server:
            raise ConnectError(
                "no Mastodon server is named",
                "name one with --server, such as --server https://mastodon.social",
            )
        require_url("connect.mastodon_server", self.url, ("https", "http"))
        _require_header_value("connect.mastodon_access_token", self._token)

    @property
    def url(self) -> str:
        """Address of the server; a bare host name is one, too."""
        server = (self.settings.mastodon_server or "").strip()
        return (server if "://" in server else f"https://{server}").rstrip("/")

    @property
    def name(self) -> str:
        """Name of the source, for the state file."""
        return name_of_source(self.url, self.timelines)

    @property
    def streams(self) -> bool:
        """True if the streaming API is used."""
        return bool(self._token) and not self.poll and len(self.timelines) == 1

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[MastodonStream | MastodonPolling]:
        """Yield the source; see `SourceOpener`."""
        async with open_client(self._token, silence=MASTODON_SILENCE) as client:
            if self.streams:
                yield MastodonStream(client, self.url, self.timelines)
            else:
                interval = self.settings.mastodon_poll_interval
                yield MastodonPolling(client, self.url, self.timelines, interval=interval)

    @property
    def _token(self) -> str:
        secret = self.settings.mastodon_access_token
        return secret.get_secret_value().strip() if secret else ""


def require_url(setting: str, url: str, schemes: Sequence[str]) -> None:
    """Check that a setting is a URL with one of the schemes and a host.

    Raises:
        ConnectError: it is not.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise ConnectError(f"{setting} '{masked_addresses(url)}' is not a URL", f"write {schemes[0]}://HOST")


def _require_header_value(setting: str, token: str) -> None:
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ConnectError(f"{setting} is not a token: it has characters that no token has", "copy it again")
