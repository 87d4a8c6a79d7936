"""A gate in front of a real server: it can be shut, and it can spoil what passes as a bad network does."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import dataclass

CHUNK = 65_536
SLOW_CHUNK = 2_048
"""Bytes that pass at a time: at most, and with a limit of bytes a second."""


@dataclass(eq=False)
class _Pair:
    """A connection of a client, and ours to the server. In a silent pair, nothing passes any more."""

    outer: socket.socket
    inner: socket.socket | None
    silent: bool = False


class Gate:
    """Forwards a loopback port to another one while it is open.

    Args:
        target: loopback port of the server; None if it is not known yet.

    Attributes:
        target: the server of new connections. Change it for a failover: existing connections stay.
        port: where it listens, always the same one.
        delay: seconds for which it holds back what passes, in both directions.
        bytes_per_s: limit of each direction of each connection, or None.
        cuts: how often `cut_after` has cut a connection.
    """

    def __init__(self, target: int | None = None) -> None:
        self.target = target
        self.port = 0
        self.delay = 0.0
        self.bytes_per_s: int | None = None
        self.cuts = 0
        self._left: int | None = None
        self._is_silent = False
        self._lock = threading.Lock()
        self._pairs: list[_Pair] = []
        self._listener: socket.socket | None = None
        self.open()

    def open(self) -> None:
        """Accept connections, and let data pass. Those that became silent stay so."""
        self._is_silent = False
        if self._listener is None:
            listener = socket.create_server(("127.0.0.1", self.port))
            self.port = listener.getsockname()[1]
            self._listener = listener
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def shut(self) -> None:
        """Refuse new connections and break the existing ones."""
        if self._listener:
            # shutdown() wakes accept(); after close() alone, the port would accept one more connection.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self.cut()

    def cut(self) -> None:
        """Break the existing connections, at both ends."""
        for pair in self._pairs:
            _break(pair)
        self._pairs.clear()

    def cut_after(self, count: int) -> None:
        """Break one connection in a request: the one whose client sends the byte after `count` more ones."""
        with self._lock:
            self._left = count

    def silence(self) -> None:
        """Swallow everything: on the existing connections for good, and on new ones from now until `open`.

        Neither end notices: both stay connected, as after the loss of a route or of a firewall's state.
        """
        self._is_silent = True
        for pair in self._pairs:
            pair.silent = True

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                outer, _ = listener.accept()
            except OSError:
                return
            pair = _Pair(outer, None, silent=self._is_silent)
            if not pair.silent and self.target is not None:
                try:
                    pair.inner = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    # As the server itself would: this client is refused, and later ones may not be.
                    outer.close()
                    continue
            self._pairs.append(pair)
            if self._listener is not listener:
                _break(pair)
                return
            for source in filter(None, (outer, pair.inner)):
                threading.Thread(target=self._pump, args=(pair, source), daemon=True).start()

    def _pump(self, pair: _Pair, source: socket.socket) -> None:
        is_request = source is pair.outer
        with contextlib.suppress(OSError):
            while data := source.recv(SLOW_CHUNK if self.bytes_per_s else CHUNK):
                if self.delay:
                    time.sleep(self.delay)
                passing = self._passing(data) if is_request else data
                sink = pair.inner if is_request else pair.outer
                if sink and not pair.silent:
                    sink.sendall(passing)
                    if self.bytes_per_s:
                        time.sleep(len(passing) / self.bytes_per_s)
                if len(passing) < len(data):
                    self.cuts += 1
                    break
        if not pair.silent:
            _break(pair)

    def _passing(self, data: bytes) -> bytes:
        """Return what passes of a request: less than all of it if the connection is to be cut there."""
        with self._lock:
            if self._left is None:
                return data
            passing = data[: self._left]
            self._left = self._left - len(data) if len(data) <= self._left else None
        return passing


def _break(pair: _Pair) -> None:
    for end in filter(None, (pair.outer, pair.inner)):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
