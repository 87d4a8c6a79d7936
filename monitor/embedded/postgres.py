"""The embedded PostgreSQL: a cluster of our own, on loopback, behind a random password."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

from monitor.embedded.cluster import await_left_behind, identity_for, make_cluster
from monitor.embedded.folder import make_data_folder, make_private, naming_the_folder, secret_file
from monitor.embedded.process import Child, Hurry, Program, calmly
from monitor.embedded.servers import program, start_on_free_port
from monitor.errors import EmbeddedError

OWNER = "ade"
DATABASE = "ade"
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failed statement carries tweets, and those never go to a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class Postgres:
    """PostgreSQL 18 on loopback.

    Postgres refuses to run as root, so under root it runs as `nobody`, who then owns its files.

    Args:
        data_dir: the cluster goes to `postgres/` in this folder, its log to `logs/`.
        start_timeout: seconds until it counts as failed; making a new cluster may take as long again.
        options: settings of the server beside ours, such as `{"fsync": "off"}` for tests.
    """

    name = "postgres"

    def __init__(
        self, data_dir: Path, *, start_timeout: float = 30, options: Mapping[str, str] | None = None
    ) -> None:
        self._data_dir = data_dir
        self._start_timeout = start_timeout
        self._options = {**OPTIONS, **(options or {})}
        self._password = ""
        self.child: Child | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """`postgresql://` URL of our database, with the password."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Give the URL of another database of the cluster."""
        return self._url(self.port, database)

    def start(self) -> None:
        """Make the cluster where there is none, start the server, and make our database in it.

        Raises:
            EmbeddedError: its wheel is missing, its folder cannot be used, or it ended or did not answer.
        """
        server, initdb = program("postgres"), program("initdb")
        data_dir = make_data_folder(self._data_dir)
        logs = make_private(data_dir / "logs")
        folder = data_dir / "postgres"
        identity = identity_for(folder, server)
        with naming_the_folder(folder):
            if not folder.exists():
                folder.mkdir(mode=0o700)
                if identity:
                    os.chown(folder, identity.uid, identity.gid)
        cluster, log = folder / "data", logs / "postgres.log"
        with naming_the_folder(folder):
            there = cluster.exists()
        self._password = _password_for(cluster, there, data_dir / "postgres.password")
        if not there:
            make_cluster(initdb, folder, log, identity, OWNER, self._password, self._start_timeout)
        await_left_behind(cluster)

        def on_port(port: int) -> Program:
            options = {**self._options, "port": str(port)}
            return Program(
                name="PostgreSQL",
                command=(str(server), "-D", str(cluster), *(f"--{k}={v}" for k, v in options.items())),
                folder=folder,
                log=log,
                # Fast shutdown, then immediate: the next start recovers from that.
                stop_signals=((signal.SIGINT, 15), (signal.SIGQUIT, 5)),
                death_signal=signal.SIGQUIT,
                identity=identity,
            )

        self.child, self.port = start_on_free_port(on_port, self._answers, self._start_timeout)
        self._make_database()

    def stop(self, hurry: Hurry = calmly) -> None:
        """Stop it; a hurried stop leaves some recovery to the next start, and loses nothing."""
        if self.child:
            self.child.stop(hurry)
            self.child = None

    def _url(self, port: int, database: str) -> str:
        return f"postgresql://{OWNER}:{self._password}@127.0.0.1:{port}/{database}"

    def _answers(self, port: int) -> bool:
        import psycopg

        with psycopg.connect(self._url(port, "postgres"), connect_timeout=2):
            return True

    def _make_database(self) -> None:
        import psycopg

        exists = "SELECT FROM pg_database WHERE datname = %s"
        try:
            with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
                if connection.execute(exists, (DATABASE,)).fetchone() is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.Error as error:
            assert self.child  # noqa: S101 - it has just answered
            raise self.child.failure(f"did not make the database {DATABASE}: {error}") from None


def _password_for(cluster: Path, there: bool, file: Path) -> str:
    if there and not file.exists():
        raise EmbeddedError(
            f"{file}, the password of the database in {cluster}, is gone: put it back, "
            f"or remove {cluster.parent} to begin with an empty database"
        )
    return secret_file(file)
