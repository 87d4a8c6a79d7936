"""TLS in front of a real server that has none, as with stunnel."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading

from tests.certificates import CertificateFiles, TestAuthority


class TlsGate:
    """Accepts TLS on a loopback port, and forwards what is in it to another port.

    Args:
        target: loopback port of the server.
        shown: the certificate that clients see.
        client_authority: who signs the certificates that clients must have, or None if they need none.
    """

    def __init__(
        self, target: int, shown: CertificateFiles, client_authority: TestAuthority | None = None
    ) -> None:
        self._target = target
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(shown.both)
        if client_authority:
            self._context.verify_mode = ssl.CERT_REQUIRED
            self._context.load_verify_locations(client_authority.file)
        self._loop = asyncio.new_event_loop()
        # Refused handshakes are what some tests are about.
        self._loop.set_exception_handler(lambda *_: None)
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context), self._loop
        ).result()
        self.port = int(server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Accept no more connections."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    with contextlib.suppress(OSError):
        sink.close()
