"""Real servers for tests: each is started once, when the first test needs it.

Every test gets a fresh topic, a fresh database and an emptied Redis.
"""

from __future__ import annotations

import functools
import gc
import signal
import sys
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import redis
import typer.testing
from hypothesis import settings
from kafka.admin import KafkaAdminClient, NewTopic
from pydantic import SecretStr

from monitor.embedded import Broker, Postgres, Valkey
from monitor.settings import (
    DatabaseSettings,
    EmbeddedSettings,
    EnrichSettings,
    KafkaSettings,
    ModelSettings,
    PrivacySettings,
    RedisSettings,
    Settings,
)
from tests.memory_folder import memory_folder

if TYPE_CHECKING:
    from tests.secure_kafka import SecureKafka

# jsonschema compiles a grammar of addresses, for three seconds in each process. Our schemas have none.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

# Typer makes all commands of an app again in each call, for a tenth of a second of processor time.
typer.testing._get_command = functools.cache(typer.testing._get_command)

# How long an example takes depends more on the machine than on the code, so there are no deadlines.
# `make test-full` runs the thorough profile.
settings.register_profile("quick", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=100)
settings.load_profile("quick")

# A shell that starts the tests in the background may ignore Ctrl-C, and children would inherit that.
for interrupt in (signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(interrupt) is signal.SIG_IGN:
        signal.signal(interrupt, signal.default_int_handler if interrupt == signal.SIGINT else signal.SIG_DFL)

START_TIMEOUT = 60.0
PARTITIONS = 4


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave what is there after the collection out of all searches for garbage.

    That is millions of objects of packages and tests, and each full search would look at all of them.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folder for data and logs of the servers of this test session, in memory where possible."""
    with memory_folder(otherwise=tmp_path_factory.mktemp("servers")) as folder:
        yield folder


@pytest.fixture(scope="session")
def kafka_bootstrap(server_folder: Path) -> Iterator[str]:
    """`host:port` of a broker that runs as long as the tests."""
    broker = Broker(server_folder, start_timeout=START_TIMEOUT)
    broker.start()
    yield broker.bootstrap
    broker.kill()


@pytest.fixture(scope="session")
def secure_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    """An Apache Kafka with a port for each kind of security; without one, the test is skipped."""
    from tests.apache_kafka import kafka_home
    from tests.secure_kafka import SecureKafka

    server = SecureKafka(kafka_home(), tmp_path_factory.mktemp("secure-kafka"))
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def _kafka_admin(kafka_bootstrap: str) -> Iterator[KafkaAdminClient]:
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    yield admin
    admin.close()


@pytest.fixture
def topic(_kafka_admin: KafkaAdminClient) -> str:
    """Name of a fresh topic with four partitions; `<name>.dlq` exists, too, with one."""
    name = f"tweets-{uuid.uuid4().hex[:12]}"
    _kafka_admin.create_topics([NewTopic(name, PARTITIONS, 1), NewTopic(f"{name}.dlq", 1, 1)])
    return name


@pytest.fixture(scope="session")
def postgres(server_folder: Path) -> Iterator[Postgres]:
    """A Postgres that runs as long as the tests, and may lose data in a crash."""
    server = Postgres(
        server_folder,
        start_timeout=START_TIMEOUT,
        options={
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_wal_size": "256MB",
        },
    )
    server.start()
    yield server
    server.stop()  # SIGKILL would leave a segment of System V shared memory behind


@pytest.fixture(scope="session")
def _postgres_admin(postgres: Postgres) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def database_url(postgres: Postgres, _postgres_admin: psycopg.Connection) -> Iterator[str]:
    """`postgresql://` URL of a fresh, empty database."""
    with _database(postgres, _postgres_admin) as url:
        yield url


@pytest.fixture(scope="session")
def _migrated_template(postgres: Postgres, _postgres_admin: psycopg.Connection) -> str:
    """Name of a database at the newest revision, as a template for others."""
    from monitor.store.revisions import upgrade_database

    name = "migrated_template"
    _postgres_admin.execute(f"CREATE DATABASE {name}")
    upgrade_database(Settings(database=DatabaseSettings(url=SecretStr(postgres.url_of(name)))))
    with psycopg.connect(postgres.url_of(name), autocommit=True) as connection:
        for month in ("2026-07-01", "now"):  # of most posts in tests: so not every test makes them
            connection.execute("SELECT make_month(CAST(%s AS date))", [month])
    # A database with open connections cannot be copied.
    _postgres_admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
    )
    return name


@pytest.fixture(scope="session")
def _valkey(server_folder: Path) -> Iterator[Valkey]:
    server = Valkey(server_folder, start_timeout=START_TIMEOUT)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis_url(_valkey: Valkey) -> str:
    """`redis://` URL of an empty Valkey."""
    with redis.Redis.from_url(_valkey.url) as client:
        client.flushall()
    return _valkey.url


@pytest.fixture
def settings(kafka_bootstrap: str, topic: str, database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings for all three servers, with short Kafka timeouts and the dummy bundle; an empty database."""
    return _wired(kafka_bootstrap, topic, database_url, redis_url, tmp_path)


@pytest.fixture
def migrated(
    kafka_bootstrap: str,
    topic: str,
    redis_url: str,
    tmp_path: Path,
    postgres: Postgres,
    _postgres_admin: psycopg.Connection,
    _migrated_template: str,
) -> Iterator[Settings]:
    """As `settings`, with the database at the newest revision; use one of the two fixtures in a test."""
    with _database(postgres, _postgres_admin, template=_migrated_template) as url:
        yield _wired(kafka_bootstrap, topic, url, redis_url, tmp_path)


@contextmanager
def _database(server: Postgres, admin: psycopg.Connection, template: str = "template0") -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.url_of(name)
    admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _wired(bootstrap: str, topic: str, database_url: str, redis_url: str, folder: Path) -> Settings:
    return Settings(
        kafka=KafkaSettings(
            bootstrap_servers=bootstrap,
            topic=topic,
            partitions=PARTITIONS,
            group_id=f"group-{topic}",
            session_timeout=6,
            heartbeat_interval=1,
            rebalance_timeout=6,
        ),
        database=DatabaseSettings(url=SecretStr(database_url)),
        redis=RedisSettings(url=SecretStr(redis_url)),
        model=ModelSettings(bundle="dummy"),
        enrich=EnrichSettings(duplicates=False),  # many tests send the same text again and again
        privacy=PrivacySettings(author_key=SecretStr("a key for tests")),
        embedded=EmbeddedSettings(data_dir=folder / "data"),
    )
