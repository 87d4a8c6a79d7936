"""The three parts together, under the lock of their data folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from monitor.embedded.broker import Broker
from monitor.embedded.endpoints import Endpoints, remove_endpoints, write_endpoints
from monitor.embedded.folder import FolderLock, secret_file
from monitor.embedded.postgres import Postgres
from monitor.embedded.process import Hurry, calmly
from monitor.embedded.valkey import Valkey

Part = Postgres | Valkey | Broker


def _unheard(_: Part) -> None:
    pass


class EmbeddedStack:
    """A Postgres, a Valkey and a broker of our own in one data folder.

    Args:
        data_dir: folder for everything that they keep.
        start_timeout: seconds for each part until it counts as failed.
    """

    def __init__(self, data_dir: Path, *, start_timeout: float = 30) -> None:
        self.data_dir = data_dir
        self._lock = FolderLock(data_dir)
        self.postgres = Postgres(data_dir, start_timeout=start_timeout)
        self.valkey = Valkey(data_dir, start_timeout=start_timeout)
        self.broker = Broker(data_dir, start_timeout=start_timeout)

    @property
    def parts(self) -> tuple[Part, ...]:
        """In the order of their start."""
        return (self.postgres, self.valkey, self.broker)

    @property
    def logs(self) -> Path:
        """Folder of the logs."""
        return self.data_dir / "logs"

    @property
    def endpoints(self) -> Endpoints:
        """Where the parts answer, once they are started."""
        return Endpoints(
            pid=os.getpid(),
            bootstrap_servers=self.broker.bootstrap,
            database_url=self.postgres.url,
            redis_url=self.valkey.url,
            author_key_file=str(self.data_dir / "author.key"),
        )

    def start(self, started: Callable[[Part], None] = _unheard) -> None:
        """Lock the folder and start all parts, from the main thread (see `process.Child`).

        Args:
            started: told of each part that answers.

        Raises:
            EmbeddedError: somebody else runs the folder, it cannot be used, or a part does not start;
                whatever was started by then is stopped.
        """
        self.data_dir = self._lock.acquire()
        try:
            remove_endpoints(self.data_dir)
            secret_file(self.data_dir / "author.key")
            for part in self.parts:
                part.start()
                started(part)
            write_endpoints(self.data_dir, self.endpoints)
        except BaseException:
            self.stop()
            raise

    def check(self) -> None:
        """Make sure that all parts run.

        Raises:
            EmbeddedError: one has ended; the message shows the end of its log.
        """
        for part in self.parts:
            if part.child and (status := part.child.exit_status()) is not None:
                raise part.child.failure(f"ended unexpectedly with status {status}")

    def stop(self, hurry: Hurry = calmly) -> None:
        """Stop all parts, the last started first, and give the folder free; nothing where it is not ours."""
        if not self._lock.held:
            return
        try:
            remove_endpoints(self.data_dir)
        finally:
            for part in reversed(self.parts):
                part.stop(hurry)
            self._lock.release()
