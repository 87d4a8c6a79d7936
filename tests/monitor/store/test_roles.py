"""The roles of the database: what each may do, and above all what each may not do, as logins."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors
from pydantic import SecretStr

from models.terminology import GroupKind, PtGroup
from monitor.embedded import Postgres
from monitor.enrich.drugs import DrugChoice
from monitor.findings import DrugMention, DrugNaming
from monitor.recoding import recode_mentions
from monitor.settings import Settings
from monitor.store import (
    Filters,
    Store,
    find_effects,
    missing_roles_advice,
    read_roles,
    required_revision,
    set_up_roles,
    upgrade_database,
)
from monitor.store.cases import CaseChange, CaseStatus, change_case, read_case
from monitor.store.coding_changes import has_newer_mentions, stored_codings
from monitor.store.group_filters import find_groups
from monitor.store.label_import import LabelEffect, replace_label
from monitor.store.listed_effects import Listedness
from monitor.store.revisions import downgrade_database
from monitor.store.roles import (
    ADMIN,
    HIDDEN_FROM_READERS,
    READER,
    READER_RIGHTS,
    RELATIONS,
    REVIEWER,
    REVIEWER_RIGHTS,
    SCHEMA_LOCK,
    SETUP_ROLES,
    WRITER,
    WRITER_RIGHTS,
)
from monitor.store.tables import metadata
from monitor.store.terminology_import import ReleaseContent, replace_terminology
from tests.monitor.recoding.test_recoded_texts import WordCoder
from tests.monitor.store.batches import (
    Tables,
    alert,
    linked_to,
    negative_tweet,
    positive_tweet,
    scored,
    write,
)
from tests.monitor.store.events import apply, author_event, post_event
from tests.monitor.store.logins import connected, login, name_of
from tests.processes import wait_for

PAGE = (Path(__file__).parents[3] / "docs" / "database.md").read_text(encoding="utf-8")

RIGHTS = """
    SELECT relation, privilege FROM unnest(%s::text[]) AS relation,
        unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
        AS privilege
    WHERE has_table_privilege(%s, relation, privilege)
"""


def rights_in(tables: Tables, role: str) -> dict[str, set[str]]:
    """Return what a role may do with whole tables."""
    rights: dict[str, set[str]] = {}
    for relation, privilege in tables.rows(RIGHTS, list(RELATIONS), role):
        rights.setdefault(relation, set()).add(privilege)
    return rights


def whole_table_rights(rights: str) -> list[str]:
    """Return the rights that are not for some columns only."""
    return [right for right in re.split(r", (?![^(]*\))", rights) if "(" not in right]


def test_a_migrated_database_has_exactly_the_rights_of_the_code(tables: Tables) -> None:
    writer = {name: set(whole_table_rights(rights)) for name, rights in WRITER_RIGHTS.items()}
    reader = {name: {"SELECT"} for name, rights in READER_RIGHTS.items() if rights == "SELECT"}
    assert rights_in(tables, WRITER) == {name: rights for name, rights in writer.items() if rights}
    assert rights_in(tables, READER) == reader
    reviewer = {name: set(whole_table_rights(rights)) for name, rights in REVIEWER_RIGHTS.items()}
    assert rights_in(tables, REVIEWER) == {name: rights for name, rights in reviewer.items() if rights}
    columns = {
        name
        for (name,) in tables.rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'tweets'::regclass AND attnum > 0 "
            "AND NOT attisdropped AND has_column_privilege(%s, attrelid, attnum, 'SELECT')",
            READER,
        )
    }
    assert columns == {*metadata.tables["tweets"].columns.keys()} - {*HIDDEN_FROM_READERS}
    owners = "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relname = ANY(%s)"
    assert tables.rows(owners, list(RELATIONS)) == [(ADMIN,)]


def test_setting_up_the_roles_again_changes_nothing(tables: Tables, migrated: Settings) -> None:
    before = [rights_in(tables, role) for role in (WRITER, READER, REVIEWER, ADMIN)]
    assert set_up_roles(migrated).complete
    tables.run(SETUP_ROLES)
    assert [rights_in(tables, role) for role in (WRITER, READER, REVIEWER, ADMIN)] == before


def test_roles_are_not_set_up_while_a_migration_runs(tables: Tables, migrated: Settings) -> None:
    tables.rows("SELECT pg_advisory_lock(%s)", SCHEMA_LOCK)
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with ThreadPoolExecutor(1) as pool:
        state = pool.submit(set_up_roles, migrated)
        try:
            wait_for(lambda: state.done() or tables.rows(waiting) == [(1,)])
            assert not state.done()
        finally:
            tables.rows("SELECT pg_advisory_unlock(%s)", SCHEMA_LOCK)
        assert state.result().complete


def refused(connection: psycopg.Connection[Any], statement: str) -> bool:
    """Return True if the server refuses a statement for lack of rights."""
    try:
        connection.execute(statement)
    except errors.InsufficientPrivilege:
        return True
    return False


FORBIDDEN_TO_ALL_BUT_ADMINS = (
    "CREATE TABLE others (id int)",
    "CREATE SCHEMA others",
    "DROP TABLE progress",
    "DROP VIEW ade_report",
    "ALTER TABLE tweets ADD COLUMN author text",
    "TRUNCATE compliance_events",
    "UPDATE alembic_version SET version_num = '0001'",
    "CREATE ROLE others",
    "SET ROLE ade_admin",
)
FORBIDDEN_TO_WRITERS = (
    "DELETE FROM hourly_counts",
    "DELETE FROM progress",
    "DELETE FROM predictions",
    "UPDATE mentions SET text = ''",
    "DELETE FROM author_keys",
    "DELETE FROM expired_events",
    "SELECT * FROM ade_report",
)
FORBIDDEN_TO_READERS = (
    "SELECT author_hash FROM tweets",
    "SELECT author_key_id FROM tweets",
    "SELECT text_digests FROM tweets",
    "SELECT * FROM tweets",
    "SELECT * FROM author_keys",
    "SELECT * FROM tombstones",
    "SELECT * FROM compliance_events",
    "SELECT * FROM alert_outbox",
    "SELECT * FROM post_aliases",
    "INSERT INTO hourly_counts VALUES (now(), 'b', 1, 1)",
    "UPDATE tweets SET text = NULL",
    "DELETE FROM mentions",
    "SELECT 1 FROM predictions FOR UPDATE",
)


async def test_a_reviewer_works_on_cases_and_changes_nothing_else(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [positive_tweet()])
    ((case_id,),) = tables.rows("SELECT case_id FROM cases")
    with login(migrated, REVIEWER) as settings, connected(settings) as connection:
        change = CaseChange(status=CaseStatus.OPEN, owner="ann", note="asked the author")
        assert change_case(settings, case_id, change, actor="ann") == {"status": "open", "owner": "ann"}
        assert read_case(settings, case_id).events[0].note == "asked the author"
        forbidden = (
            "UPDATE cases SET drug = 'x'",
            "DELETE FROM cases",
            "INSERT INTO cases (case_id, effect, first_at, last_at) VALUES ('1', 'x', now(), now())",
            "UPDATE case_events SET note = 'x'",
            "DELETE FROM case_events",
            *FORBIDDEN_TO_READERS,
        )
        assert [statement for statement in forbidden if not refused(connection, statement)] == []
    with login(migrated, READER) as settings, connected(settings) as connection:
        assert refused(connection, "UPDATE cases SET status = 'closed'")
        assert refused(connection, "INSERT INTO case_events (case_id, actor) VALUES ('1', 'x')")


def test_a_writer_may_not_change_tables_or_delete_counts(migrated: Settings) -> None:
    with login(migrated, WRITER) as settings, connected(settings) as connection:
        statements = FORBIDDEN_TO_ALL_BUT_ADMINS + FORBIDDEN_TO_WRITERS
        assert [statement for statement in statements if not refused(connection, statement)] == []


def test_a_reader_may_not_write_and_sees_no_authors(migrated: Settings) -> None:
    with login(migrated, READER) as settings, connected(settings) as connection:
        statements = FORBIDDEN_TO_ALL_BUT_ADMINS + FORBIDDEN_TO_READERS
        assert [statement for statement in statements if not refused(connection, statement)] == []


def test_an_admin_may_not_create_roles_and_databases(migrated: Settings) -> None:
    with login(migrated, ADMIN) as settings, connected(settings) as connection:
        for statement in ("CREATE ROLE others", "CREATE DATABASE others", "ALTER SYSTEM SET fsync = off"):
            assert refused(connection, statement), statement


def test_a_writer_cannot_pass_its_rights_on(migrated: Settings, tables: Tables) -> None:
    with login(migrated, WRITER) as settings, connected(settings) as connection:
        connection.execute(f"GRANT SELECT, INSERT ON tombstones TO {READER}")  # PostgreSQL only warns
    assert "tombstones" not in rights_in(tables, READER)


async def test_a_writer_does_all_that_a_worker_does(migrated: Settings, tables: Tables) -> None:
    with login(migrated, WRITER) as settings:
        store = Store(settings)
        await store.check_revision()
        tweets = [positive_tweet(), negative_tweet("2"), positive_tweet("3", aliases=("33",))]
        assert (await write(store, tweets, alerts=[alert("a")])).new_alerts == 1
        await write(store, [scored("1", "another text")])
        [deleted] = await apply(store, post_event("delete", "3"))
        [of_author] = await apply(store, author_event("user_delete"))
        assert (deleted.touched["tweets"], of_author.touched["tweets"]) == (1, 2)
        tables.run(
            "UPDATE compliance_events SET touched = '{}', letters_done_at = now(), done_at = '2020-01-01'"
        )
        assert await store.expire_events(days=1, allowed_seconds=1) == 2
        await store.close()


QUERY_NEEDS = re.compile(r"`ade-monitor query` opens .*? needs `SELECT` on (.*?)\. ", re.DOTALL)
SERTRALINE = DrugMention(10, 16, "Zoloft", "sertraline", DrugNaming.BRAND, "N06AB06")


async def add_all_that_queries_read(store: Store, settings: Settings) -> None:
    """Store a post with an effect of sertraline, a release, codes by it, and a label."""
    await write(store, [linked_to(SERTRALINE, positive_tweet())])
    groups = [PtGroup("10044565", kind, kind.value, "Nerves") for kind in GroupKind]
    replace_terminology(settings, "26.1", groups, ReleaseContent())
    assert recode_mentions(settings, WordCoder({"shaking": ("10044565", "Tremor")})).mentions == 1
    replace_label(
        settings, "1", "sertraline", "text", [LabelEffect("10044565", "Tremor", "warnings", "Tremor.")]
    )


def ways_to_find_the_post(settings: Settings) -> list[Filters]:
    """Return filters for each option of the query that reads another table."""
    groups = find_groups(settings, [(kind, kind.value) for kind in GroupKind])
    assert stored_codings(settings) == ["27.0"]
    assert not has_newer_mentions(settings, "27.0")
    return [
        Filters(),
        Filters(bundle="all"),
        Filters(bundle="old"),
        Filters(text="zoloft", pt="tremor", coded=True, min_score=0.1, min_probability=0.1),
        Filters(drug=DrugChoice("sertraline")),
        Filters(drug=DrugChoice("ssris", "N06AB")),
        Filters(coding="27.0"),
        Filters(listedness=Listedness.LISTED),
        Filters(listedness=Listedness.LISTED, coding="27.0", groups=groups),
        *(Filters(groups=(group,)) for group in groups),
    ]


async def test_a_reader_finds_effects_in_every_way_of_the_query(store: Store, migrated: Settings) -> None:
    await add_all_that_queries_read(store, migrated)
    with login(migrated, READER) as settings:
        for filters in ways_to_find_the_post(settings):
            assert [effect.tweet_id for effect in find_effects(settings, filters)] == ["1"], filters


async def test_the_rights_that_the_page_names_are_enough_for_queries(
    store: Store, migrated: Settings
) -> None:
    await add_all_that_queries_read(store, migrated)
    needed = QUERY_NEEDS.search(PAGE)
    assert needed is not None
    relations = re.findall("`([a-z_]+)`", needed[1])
    with login(migrated) as settings, connected(migrated) as owner:
        owner.execute(f"GRANT SELECT ON {', '.join(relations)} TO {name_of(settings)}")
        for filters in ways_to_find_the_post(settings):
            assert [effect.tweet_id for effect in find_effects(settings, filters)] == ["1"], filters


@pytest.mark.slow
async def test_an_admin_migrates_and_other_admins_can_use_what_it_made(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [positive_tweet()], alerts=[alert("a")])
    with login(migrated, ADMIN) as first, login(migrated, ADMIN) as second:
        downgrade_database(first, "0004")
        assert upgrade_database(first) == "0004"
        assert read_roles(second.database).complete
        downgrade_database(second, "base")
        assert upgrade_database(second) is None
        assert read_roles(second.database).complete
        [event] = await apply(Store(first), post_event("delete", "1"))
        assert event.event_id is not None
    assert rights_in(tables, WRITER)["tweets"] == {"SELECT", "INSERT", "UPDATE", "DELETE"}


def test_going_back_takes_the_rights_and_keeps_the_roles(migrated: Settings, tables: Tables) -> None:
    downgrade_database(migrated, "0004")
    left = {name for (name,) in tables.rows("SELECT relname FROM pg_class WHERE relkind IN ('r', 'v')")}
    names = [name for name in RELATIONS if name in left]
    assert len(names) > 10
    for role in (WRITER, READER):
        assert tables.rows(RIGHTS, names, role) == []
    assert read_roles(migrated.database).missing == ()
    assert read_roles(migrated.database).owner == name_of(migrated)


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server without the roles: those of the tests' server have them from the first migration on."""
    server = Postgres(tmp_path_factory.mktemp("own"), start_timeout=60, options={"fsync": "off"})
    server.start()
    yield server
    server.stop()


def test_a_login_that_may_not_create_roles_still_migrates_and_is_told_what_to_do(
    own_server: Postgres, settings: Settings
) -> None:
    url = SecretStr(own_server.url)
    database = settings.database.model_copy(update={"url": url})
    superuser = settings.model_copy(update={"database": database})
    with login(superuser) as plain:
        with connected(superuser) as connection:
            connection.execute(f"GRANT CREATE ON SCHEMA public TO {name_of(plain)}")
        assert upgrade_database(plain) is None
        state = read_roles(plain.database)
        assert (state.missing, state.owner) == ((WRITER, READER, ADMIN, REVIEWER), name_of(plain))
        advice = missing_roles_advice(plain.database, state)
        assert advice is not None
        assert "`ade-monitor db roles --sql`" in advice
        assert not set_up_roles(plain).complete
        assert upgrade_database(plain) == required_revision()

        with connected(superuser) as connection:
            connection.execute(SETUP_ROLES)
        assert missing_roles_advice(plain.database, read_roles(plain.database)) is None
        # The former owner goes on as a member of `ade_admin`.
        assert downgrade_database(plain, "0004") == required_revision()
        assert upgrade_database(plain) == "0004"
        assert read_roles(plain.database).complete


def test_a_login_that_may_create_roles_sets_them_up_alone(own_server: Postgres, settings: Settings) -> None:
    database = settings.database.model_copy(update={"url": SecretStr(own_server.url)})
    superuser = settings.model_copy(update={"database": database})
    with login(superuser, options="CREATEROLE") as creator:
        name = f"db_{uuid.uuid4().hex[:8]}"
        with connected(superuser) as connection:
            connection.execute(f"CREATE DATABASE {name} OWNER {name_of(creator)}")
        address = creator.database.url.get_secret_value().rpartition("/")[0] + f"/{name}"
        owned = creator.model_copy(
            update={"database": creator.database.model_copy(update={"url": SecretStr(address)})}
        )
        try:
            assert upgrade_database(owned) is None
            assert read_roles(owned.database).complete
        finally:
            with connected(superuser) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
