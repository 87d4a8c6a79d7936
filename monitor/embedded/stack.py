"""The three servers together, under the lock of their data folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from monitor.embedded.apache_kafka import ApacheKafka
from monitor.embedded.broker import Broker, LoopbackBroker
from monitor.embedded.endpoints import Endpoints, remove_endpoints, write_endpoints
from monitor.embedded.folder import FolderLock, read_or_create_secret
from monitor.embedded.postgres import Postgres
from monitor.embedded.process import KillRequested, never
from monitor.embedded.servers import LoopbackServer
from monitor.embedded.valkey import Valkey
from monitor.settings import EmbeddedSettings


class EmbeddedStack:
    """A Postgres, a Valkey and a broker of our own in one data folder.

    Args:
        settings: the folder for all their data, which broker, their ports, and the time that their start may
            take.
    """

    def __init__(self, settings: EmbeddedSettings) -> None:
        self.data_dir = folder = settings.data_dir
        timeout = settings.start_timeout
        self._lock = FolderLock(folder)
        self.postgres = Postgres(folder, start_timeout=timeout, port=settings.postgres_port)
        self.valkey = Valkey(folder, start_timeout=timeout, port=settings.valkey_port)
        self.broker: LoopbackBroker
        if settings.broker == "kafka":
            kafka = ApacheKafka(folder, settings.kafka_home, start_timeout=timeout, port=settings.kafka_port)
            self.broker = kafka
        else:
            self.broker = Broker(folder, start_timeout=timeout, port=settings.kafka_port)

    @property
    def servers(self) -> tuple[LoopbackServer, ...]:
        """The servers in the order of their start."""
        return (self.postgres, self.valkey, self.broker)

    @property
    def logs(self) -> Path:
        """Folder of the logs."""
        return self.data_dir / "logs"

    @property
    def endpoints(self) -> Endpoints:
        """The addresses of the servers, once they are started."""
        return Endpoints(
            pid=os.getpid(),
            bootstrap_servers=self.broker.bootstrap,
            database_url=self.postgres.url,
            redis_url=self.valkey.url,
            author_key_file=str(self.data_dir / "author.key"),
            broker=self.broker.kind,
            broker_pid=self.broker.child.pid if self.broker.child else 0,
        )

    def start(self, on_started: Callable[[LoopbackServer], None] = lambda server: None) -> None:
        """Lock the folder and start all servers, from the main thread (see `process.Child`).

        Args:
            on_started: called with each server that answers.

        Raises:
            EmbeddedError: another process runs the folder, it cannot be used, a fixed port is taken, or a
                server does not start; the servers that were started by then are stopped.
        """
        self.data_dir = self._lock.acquire()
        try:
            remove_endpoints(self.data_dir)
            read_or_create_secret(self.data_dir / "author.key")
            for server in self.servers:
                server.require_port()
                server.require_programs()
            for server in self.servers:
                server.start()
                on_started(server)
            self.publish_endpoints()
        except BaseException:
            self.stop()
            raise

    def publish_endpoints(self) -> None:
        """Write the addresses of the servers for other commands.

        Raises:
            EmbeddedError: the folder cannot be used.
        """
        write_endpoints(self.data_dir, self.endpoints)

    def stop(self, kill_requested: KillRequested = never) -> None:
        """Stop all servers, the last started first, and release the folder. Without the lock, do nothing."""
        if not self._lock.held:
            return
        try:
            remove_endpoints(self.data_dir)
        finally:
            for server in reversed(self.servers):
                server.stop(kill_requested)
            self._lock.release()
