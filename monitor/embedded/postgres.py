"""The embedded PostgreSQL: a cluster of our own, on loopback, with a random password."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from monitor.embedded.cluster import create_cluster, identity_for, wait_for_previous_server
from monitor.embedded.folder import (
    make_data_folder,
    make_private_folder,
    read_or_create_secret,
    translate_os_errors,
)
from monitor.embedded.process import Program
from monitor.embedded.servers import LoopbackServer, find_program
from monitor.errors import EmbeddedError

OWNER: Final = "ade"
DATABASE: Final = "ade"
OPTIONS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failed statement contains tweets, which must never be logged.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    # An old file of the write-ahead log is deleted. If it were used again, it would keep deleted texts.
    "wal_recycle": "off",
}


class Postgres(LoopbackServer):
    """PostgreSQL 18 on loopback. Its data go to `postgres/` in the data folder.

    Postgres refuses to run as root. Under root, it runs as `nobody`, who then owns its files.

    Args:
        data_dir: folder of the embedded stack.
        start_timeout: seconds until a start counts as failed; a new cluster may take as long again.
        port: where it listens; None for a free port.
        options: settings of the server in addition to ours, such as `{"fsync": "off"}` for tests.
    """

    name = "postgres"
    port_setting = "postgres_port"

    def __init__(
        self,
        data_dir: Path,
        *,
        start_timeout: float = 30,
        port: int | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data_dir, start_timeout=start_timeout, port=port)
        self._options = {**OPTIONS, **(options or {})}
        self._password = ""

    @property
    def url(self) -> str:
        """`postgresql://` URL of our database, with the password."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Return the URL of another database of the cluster."""
        return self._url(self.port, database)

    def require_programs(self) -> tuple[Path, Path]:
        """Return the server and the program that creates a cluster.

        Raises:
            EmbeddedError: their wheel is missing.
        """
        return find_program("postgres"), find_program("initdb")

    def start(self) -> None:
        """Start the server, after creating the cluster if it is missing; then create our database in it.

        Raises:
            EmbeddedError: its wheel is missing, its folder cannot be used, or it ended or did not answer.
        """
        server, initdb = self.require_programs()
        data_dir = make_data_folder(self._data_dir)
        logs = make_private_folder(data_dir / "logs")
        folder = data_dir / "postgres"
        identity = identity_for(folder, server)
        with translate_os_errors(folder):
            if not folder.exists():
                folder.mkdir(mode=0o700)
                if identity:
                    os.chown(folder, identity.uid, identity.gid)
        cluster, log = folder / "data", logs / "postgres.log"
        with translate_os_errors(folder):
            exists = cluster.exists()
        self._password = _password_for(cluster, exists, data_dir / "postgres.password")
        if not exists:
            create_cluster(initdb, folder, log, identity, OWNER, self._password, self._start_timeout)
        wait_for_previous_server(cluster)

        def program_for(port: int) -> Program:
            options = {**self._options, "port": str(port)}
            return Program(
                name="PostgreSQL",
                command=(str(server), "-D", str(cluster), *(f"--{k}={v}" for k, v in options.items())),
                folder=folder,
                log=log,
                # Fast shutdown, then immediate shutdown, from which the next start recovers.
                stop_signals=((signal.SIGINT, 15), (signal.SIGQUIT, 5)),
                death_signal=signal.SIGQUIT,
                identity=identity,
            )

        self._start(program_for, self._is_ready)
        self._create_database()

    def _url(self, port: int, database: str) -> str:
        return f"postgresql://{OWNER}:{self._password}@127.0.0.1:{port}/{database}"

    def _is_ready(self, port: int) -> bool:
        import psycopg

        with psycopg.connect(self._url(port, "postgres"), connect_timeout=2):
            return True

    def _create_database(self) -> None:
        import psycopg

        exists = "SELECT FROM pg_database WHERE datname = %s"
        try:
            with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
                if connection.execute(exists, (DATABASE,)).fetchone() is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.Error as error:
            assert self.child  # noqa: S101 - it has just answered
            raise self.child.failure(f"did not create the database {DATABASE}: {error}") from None


def _password_for(cluster: Path, exists: bool, file: Path) -> str:
    if exists and not file.exists():
        raise EmbeddedError(
            f"{file}, the password of the database in {cluster}, is missing",
            f"restore it, or remove {cluster.parent} to start with an empty database",
        )
    return read_or_create_secret(file)
