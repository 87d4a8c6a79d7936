"""The migrations build the tables that the code writes, from any state, and also two at the same time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from monitor.errors import FatalError, SchemaRevisionError
from monitor.settings import Settings
from monitor.store import (
    Filters,
    Store,
    Written,
    current_revision,
    find_effects,
    required_revision,
    upgrade_database,
)
from monitor.store.ade_report import REPORT, REPORT_DEFINITION, ReportedEffect
from monitor.store.connections import migrating_engine
from monitor.store.months import includes_name, is_partition
from monitor.store.revisions import downgrade_database
from monitor.store.tables import metadata
from tests.monitor.store.batches import (
    Tables,
    alert,
    mention_of,
    negative_tweet,
    positive_tweet,
    scored,
    write,
)
from tests.monitor.store.events import apply, post_event
from tests.processes import child_environment


@pytest.fixture
def empty(settings: Settings) -> Iterator[psycopg.Connection]:
    """A connection to a database that was never migrated."""
    with psycopg.connect(settings.database.url.get_secret_value(), autocommit=True) as connection:
        yield connection


def test_the_migrations_and_the_tables_of_the_code_agree(migrated: Settings) -> None:
    with migrating_engine(migrated.database).connect() as connection:
        opts = {"compare_server_default": True, "include_name": includes_name}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []


def test_the_migrations_and_the_checks_of_the_code_agree(migrated: Settings) -> None:
    with migrating_engine(migrated.database).begin() as connection:
        by_migrations = _checks(connection, "public")
        connection.execute(text("CREATE SCHEMA built"))
        connection.execute(text("SET search_path TO built"))
        metadata.create_all(connection)
        assert by_migrations == _checks(connection, "built")
        assert len(by_migrations) > 5


def test_the_migrations_and_the_indexes_of_the_code_agree(migrated: Settings, tables: Tables) -> None:
    with migrating_engine(migrated.database).begin() as connection:
        connection.execute(text("CREATE SCHEMA built"))
        connection.execute(text("SET search_path TO built"))
        metadata.create_all(connection)
    assert _indexes(tables) == _indexes(tables, "built")
    assert "ix_tweets_words" in _indexes(tables)


def _checks(connection, schema):  # type: ignore[no-untyped-def]
    inspector = inspect(connection)
    return {
        (table.name, check["name"], check["sqltext"])
        for table in metadata.sorted_tables
        for check in inspector.get_check_constraints(table.name, schema=schema)
    }


def test_the_view_is_the_one_of_the_code_and_has_the_columns_of_queries(
    migrated: Settings, tables: Tables
) -> None:
    tables.run(f"CREATE VIEW built AS {REPORT_DEFINITION}")
    ((by_migrations, by_code),) = tables.rows(
        "SELECT pg_get_viewdef(%s::regclass), pg_get_viewdef('built'::regclass)", REPORT
    )
    assert by_migrations == by_code
    names = {
        name for (name,) in tables.rows("SELECT attname FROM pg_attribute WHERE attrelid = 'built'::regclass")
    }
    assert set(ReportedEffect.__dataclass_fields__) <= names


def test_a_downgrade_to_base_drops_everything_and_an_upgrade_restores_it(
    migrated: Settings, tables: Tables
) -> None:
    downgrade_database(migrated, "base")
    left = tables.rows("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    assert {name for (name,) in left} == {"alembic_version", "alembic_version_pkc"}
    assert current_revision(migrated) is None
    assert upgrade_database(migrated) is None
    assert current_revision(migrated) == required_revision()
    test_the_migrations_and_the_tables_of_the_code_agree(migrated)


async def test_the_new_index_of_words_keeps_the_data_and_finds_more(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    text = "zoloft😭 so sick"
    await write(store, [scored("1", text, mention_of(text, "sick")), positive_tweet("2")])
    content, indexes = tables.content(), _indexes(tables)
    assert downgrade_database(migrated, "0001") == required_revision()
    assert "[!-/:-@[-`{-~]+" in _indexes(tables)["ix_tweets_words"]
    assert upgrade_database(migrated) == "0001"
    assert (tables.content(), _indexes(tables)) == (content, indexes)
    assert {effect.tweet_id for effect in find_effects(migrated, Filters(text="zoloft"))} == {"1", "2"}


async def test_texts_from_before_versions_are_recognized_after_the_upgrade(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [positive_tweet("ä1"), negative_tweet("2")], alerts=[alert("a", "ä1")])
    downgrade_database(migrated, "0002")
    upgrade_database(migrated)
    assert await write(store, [positive_tweet("ä1"), negative_tweet("2")]) == Written(0, 0, 0)
    edited = "zoloft: still shaking"
    edit = scored("ä1", edited, mention_of(edited, "shaking"))
    assert (await write(store, [edit], alerts=[alert("a", "ä1")])).changed_alerts == 1
    assert tables.rows("SELECT text, version FROM tweets WHERE tweet_id = 'ä1'") == [(edited, 2)]


async def test_going_back_keeps_the_latest_prediction_of_each_bundle(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [positive_tweet("1"), positive_tweet("2")], alerts=[alert("a"), alert("b", "2")])
    await write(store, [scored("1", "no news")])
    await apply(store, post_event("delete", "2"))
    downgrade_database(migrated, "0002")
    assert tables.rows("SELECT label FROM predictions ORDER BY 1") == [("ADE",), ("NoADE",)]
    assert tables.rows("SELECT * FROM ade_report") == tables.rows("SELECT * FROM alert_outbox") == []
    upgrade_database(migrated)
    test_the_migrations_and_the_tables_of_the_code_agree(migrated)


def _indexes(tables: Tables, schema: str = "public") -> dict[str, str]:
    """Return the definition of each index of the schema, without the schema's name."""
    query = "SELECT indexname, tablename, replace(indexdef, %s, '') FROM pg_indexes WHERE schemaname = %s"
    indexes = tables.rows(query, f" {schema}.", schema)
    return {
        name: definition
        for name, table, definition in indexes
        if not name.startswith("alembic") and not is_partition(table)
    }


def test_upgrading_twice_changes_nothing(settings: Settings) -> None:
    assert upgrade_database(settings) is None
    assert upgrade_database(settings) == required_revision()


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    settings: Settings, empty: psycopg.Connection
) -> None:
    empty.execute("CREATE TABLE progress (somebody_elses int)")
    with pytest.raises(FatalError, match="progress"):
        upgrade_database(settings)
    assert current_revision(settings) is None
    assert empty.execute("SELECT to_regclass('tweets')").fetchone() == (None,)


def test_upgrades_at_the_same_time_wait_for_each_other(settings: Settings, empty: psycopg.Connection) -> None:
    command = [sys.executable, "-m", "monitor.cli", "db", "upgrade"]
    upgrades = [subprocess.Popen(command, env=child_environment(settings)) for _ in range(3)]
    assert [process.wait(60) for process in upgrades] == [0, 0, 0]
    assert empty.execute("SELECT version_num FROM alembic_version").fetchall() == [(required_revision(),)]


async def test_a_database_that_was_never_migrated_is_refused_with_advice(settings: Settings) -> None:
    with pytest.raises(SchemaRevisionError, match=rf"{required_revision()}.*`ade-monitor db upgrade`"):
        await _check(settings)


async def test_a_database_of_a_newer_version_is_refused_by_writers_and_by_upgrade(
    migrated: Settings, tables: Tables
) -> None:
    tables.run("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaRevisionError, match=rf"9999.*{required_revision()}.*`ade-monitor db upgrade`"):
        await _check(migrated)
    with pytest.raises(SchemaRevisionError, match="9999"):
        upgrade_database(migrated)


async def test_a_database_at_the_right_revision_is_accepted(migrated: Settings) -> None:
    await _check(migrated)


async def _check(settings: Settings) -> None:
    store = Store(settings)
    try:
        await store.check_revision()
    finally:
        await store.close()
