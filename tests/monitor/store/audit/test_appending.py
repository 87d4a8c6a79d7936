"""Entries of the audit: who appended them is up to the database, and nobody changes them."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
from psycopg import errors

from monitor.errors import FatalError
from monitor.settings import Settings
from monitor.store.audit import AuditEntry, append_audit, record_audit
from monitor.store.connections import checking_engine
from monitor.store.roles import ADMIN, READER, REVIEWER, WRITER, set_up_roles
from tests.monitor.store.batches import Tables
from tests.monitor.store.logins import connected, login, name_of

ENTRY = AuditEntry("export", "effects.csv", "for the weekly report", {"rows": 3})

CHANGES = (
    "UPDATE audit_entries SET actor = 'nobody'",
    "DELETE FROM audit_entries",
    "TRUNCATE audit_entries",
    "DELETE FROM audit_head",
    "TRUNCATE audit_head",
)


def test_the_database_names_the_actor_and_the_time(migrated: Settings, tables: Tables) -> None:
    for role in (WRITER, READER, REVIEWER, ADMIN):
        with login(migrated, role) as settings:
            number = record_audit(settings, ENTRY)
            row = tables.rows(
                "SELECT actor, action, subject, reason, details, now() - at < interval '1 minute' "
                "FROM audit_entries WHERE number = %s",
                number,
            )
            assert row == [
                (name_of(settings), "export", "effects.csv", "for the weekly report", {"rows": 3}, True)
            ]


def test_a_caller_cannot_choose_what_the_database_fills(migrated: Settings, tables: Tables) -> None:
    values = "INSERT INTO audit_entries (actor, action, subject) VALUES ('somebody', 'export', '')"
    with login(migrated, READER) as settings, connected(settings) as connection:
        for statement in (values, "SELECT actor FROM audit_entries"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)
    tables.run(values)
    assert tables.rows("SELECT number, actor FROM audit_entries") == tables.rows("SELECT 1, session_user")


def test_not_even_the_owner_changes_entries(migrated: Settings) -> None:
    record_audit(migrated, ENTRY)
    with connected(migrated) as superuser:
        superuser.execute("SET session_replication_role = replica")
        assert [each for each in CHANGES if not refused(superuser, each, "never changed")] == []
    for role in (ADMIN, WRITER, READER, REVIEWER):
        with login(migrated, role) as settings, connected(settings) as connection:
            words = "never changed" if role == ADMIN else "denied"
            assert [each for each in CHANGES if not refused(connection, each, words)] == []


OTHER_TABLE = (
    "CREATE TEMP TABLE others (number bigint, at timestamptz, actor text, action text, subject text, "
    "reason text, details jsonb, previous_hash bytea, hash bytea)"
)
CONTINUE = "CREATE TRIGGER chain BEFORE INSERT ON others FOR EACH ROW EXECUTE FUNCTION chain_audit_entry()"


def test_no_other_table_moves_the_head_of_the_chain(migrated: Settings, tables: Tables) -> None:
    for role in (WRITER, READER, REVIEWER):
        with login(migrated, role) as settings, connected(settings) as connection:
            connection.execute(OTHER_TABLE)
            assert refused(connection, CONTINUE, "denied")
    with login(migrated, ADMIN) as settings, connected(settings) as owner:
        owner.execute(OTHER_TABLE)
        owner.execute(CONTINUE)
        assert refused(owner, "INSERT INTO others (action) VALUES ('export')", "only entries of the audit")
    assert record_audit(migrated, ENTRY) == 1
    assert tables.rows("SELECT number FROM audit_head") == [(1,)]


def test_setting_up_the_roles_closes_the_function_of_the_chain(migrated: Settings, tables: Tables) -> None:
    tables.run("GRANT EXECUTE ON FUNCTION chain_audit_entry() TO PUBLIC")
    set_up_roles(migrated)
    allowed = "SELECT has_function_privilege(%s, 'chain_audit_entry()', 'EXECUTE')"
    assert [tables.rows(allowed, role) for role in (READER, ADMIN)] == [[(False,)], [(True,)]]


def refused(connection: psycopg.Connection[Any], statement: str, words: str) -> bool:
    """Return True if the server refuses a statement with these words."""
    try:
        connection.execute(statement)
    except errors.InsufficientPrivilege as error:
        return words in str(error)
    return False


def test_an_entry_of_a_transaction_that_fails_leaves_no_gap(migrated: Settings, tables: Tables) -> None:
    record_audit(migrated, ENTRY)
    with (
        checking_engine(migrated.database, 10).connect() as connection,
        connection.begin() as transaction,
    ):
        assert append_audit(connection, ENTRY) == 2
        transaction.rollback()
    assert record_audit(migrated, ENTRY) == 2
    assert tables.rows("SELECT number FROM audit_head") == [(2,)]


def test_entries_at_the_same_time_get_one_order(migrated: Settings, tables: Tables) -> None:
    numbers: list[int] = []

    def append_some() -> None:
        numbers.extend([record_audit(migrated, ENTRY) for _ in range(5)])

    threads = [threading.Thread(target=append_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 21))
    unchained = """
        SELECT number FROM (
            SELECT number, previous_hash, lag(hash, 1, decode(repeat('00', 32), 'hex'))
                OVER (ORDER BY number) AS expected FROM audit_entries
        ) AS chain WHERE previous_hash <> expected
    """
    assert tables.rows(unchained) == []


def test_an_old_snapshot_cannot_fork_the_chain(migrated: Settings, tables: Tables) -> None:
    append = "INSERT INTO audit_entries (action, subject) VALUES ('export', '')"
    for level in ("REPEATABLE READ", "SERIALIZABLE"):
        with psycopg.connect(migrated.database.url.get_secret_value()) as old:
            old.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
            old.execute("SELECT 1 FROM audit_head")
            tables.run(append)
            with pytest.raises(errors.SerializationFailure):
                old.execute(append)


def test_names_that_postgres_refuses_are_stored_readable(migrated: Settings, tables: Tables) -> None:
    names = ["a\0b", "\udcff.csv", "fine \U0001f600"]
    for name in names:
        record_audit(migrated, AuditEntry("export", name, name, {name: [name, {"deep": name}]}))
    rows = tables.rows("SELECT subject, reason, details FROM audit_entries ORDER BY number")
    assert [subject for subject, _, _ in rows] == ["a\ufffdb", "\ufffd.csv", "fine \U0001f600"]
    for subject, reason, details in rows:
        assert subject == reason == details[subject][0] == details[subject][1]["deep"]


def test_details_that_are_not_json_are_refused(migrated: Settings) -> None:
    for value in (float("nan"), float("inf"), object()):
        with pytest.raises(FatalError, match="cannot store a value"):
            record_audit(migrated, AuditEntry("export", "", details={"rows": value}))
