"""The roles of the database: what a worker, an analyst, a reviewer and an administrator may do.

They are groups without a login (`NOLOGIN`) and belong to the whole server. Logins become members of them.
Migration 0005 makes them. `upgrade_database` sets their rights at its end, so migrations that add tables need
no grants; a test compares the rights in a migrated database with this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from monitor.settings import DatabaseSettings, Settings
from monitor.store import schema
from monitor.store.analyst_views import ANALYST_VIEWS
from monitor.store.connections import describe_database, migrating_engine, reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.months import PARTITIONED
from monitor.store.tables import tweets

WRITER: Final = "ade_writer"
"""Workers, with their relay, and everything else that a worker does by itself."""

READER: Final = "ade_reader"
"""Analysts: `ade-monitor query` and SQL on the results, without authors."""

ADMIN: Final = "ade_admin"
"""Owner of the tables: migrations, deletions by hand, retention, reports."""

REVIEWER: Final = "ade_reviewer"
"""Analysts who work on cases and review mentions: as readers, and changes of cases, notes and verdicts."""

ROLES: Final = (WRITER, READER, ADMIN, REVIEWER)

APPEND_AUDIT: Final = "INSERT (action, subject, reason, details), SELECT (number)"
"""Entries of the audit: all who work with the database may add to it, and only `ade_admin` may read it."""

WRITER_RIGHTS: Final[Mapping[str, str]] = {
    "alembic_version": "SELECT",
    "tweets": "SELECT, INSERT, UPDATE, DELETE",
    "post_times": "SELECT, INSERT, UPDATE, DELETE",
    "post_aliases": "SELECT, INSERT, DELETE",
    "predictions": "SELECT, INSERT, UPDATE",
    "mentions": "SELECT, INSERT, DELETE",
    "author_keys": "SELECT, INSERT",
    "alert_outbox": "SELECT, INSERT, UPDATE, DELETE",
    "hourly_counts": "SELECT, INSERT, UPDATE",
    "skipped_languages": "SELECT, INSERT, UPDATE",
    "counted_offsets": "SELECT, INSERT, UPDATE",
    "tombstones": "SELECT, INSERT, UPDATE, DELETE",
    "compliance_events": "SELECT, INSERT, UPDATE, DELETE",
    "expired_events": "SELECT, INSERT, UPDATE",
    "progress": "SELECT, INSERT, UPDATE",
    "post_drugs": "SELECT, INSERT, DELETE",
    "hourly_drug_counts": "SELECT, INSERT, UPDATE",
    "hourly_effect_counts": "SELECT, INSERT, UPDATE",
    "post_facts": "SELECT, INSERT, DELETE",
    "post_copies": "SELECT, INSERT, UPDATE, DELETE",
    "copy_keys": "SELECT, INSERT, UPDATE, DELETE",
    "cases": "SELECT, INSERT, UPDATE, DELETE",
    "case_posts": "SELECT, INSERT, UPDATE, DELETE",
    "case_events": "SELECT, INSERT",
    "seen_pairs": "SELECT, INSERT",
    "terminology_releases": "SELECT",
    "pt_groups": "SELECT",
    "recoded_mentions": "SELECT, DELETE",
    "drug_labels": "SELECT",
    "listed_effects": "SELECT",
    "alert_cooldowns": "SELECT, INSERT, UPDATE, DELETE",
    # Triggers note changed days; retention keeps the counts of the days that it empties.
    "signal_changes": "INSERT",
    "signal_days": "SELECT, UPDATE",
    "audit_entries": APPEND_AUDIT,
}
"""What a worker does in each table. Foreign keys delete and rename with the rights of the tables' owner."""

HIDDEN_FROM_READERS: Final = ("author_hash", "author_key_id", "text_digests")
"""Columns of `tweets` that recognize an author or a text."""

READER_RIGHTS: Final[Mapping[str, str]] = {
    "alembic_version": "SELECT",
    "ade_report": "SELECT",
    **dict.fromkeys(ANALYST_VIEWS, "SELECT"),
    "tweets": f"SELECT ({', '.join(c.name for c in tweets.columns if c.name not in HIDDEN_FROM_READERS)})",
    "post_times": "SELECT",
    "predictions": "SELECT",
    "mentions": "SELECT",
    "hourly_counts": "SELECT",
    "skipped_languages": "SELECT",
    "progress": "SELECT",
    "post_drugs": "SELECT",
    "hourly_drug_counts": "SELECT",
    "hourly_effect_counts": "SELECT",
    "post_facts": "SELECT",
    "post_copies": "SELECT",
    "cases": "SELECT",
    "case_posts": "SELECT",
    "case_events": "SELECT",
    "seen_pairs": "SELECT",
    "terminology_releases": "SELECT",
    "pt_groups": "SELECT",
    "recoded_mentions": "SELECT",
    "drug_labels": "SELECT",
    "listed_effects": "SELECT",
    "signal_counts": "SELECT",
    "signal_events": "SELECT",
    "signal_days": "SELECT",
    "signal_changes": "SELECT",
    "review_samples": "SELECT",
    "review_strata": "SELECT",
    "review_items": "SELECT",
    "review_sample_items": "SELECT",
    "review_leases": "SELECT",
    "review_verdicts": "SELECT",
    "audit_entries": APPEND_AUDIT,
    # Numbers of erased rows, by which an export notices that it must start again.
    "compliance_events": "SELECT (touched)",
}

REVIEWER_RIGHTS: Final[Mapping[str, str]] = {
    **READER_RIGHTS,
    "cases": "SELECT, UPDATE (status, owner, due_at, changed_at)",
    "case_events": "SELECT, INSERT",
    "signal_changes": "SELECT, INSERT",
    # Only some columns, so that nobody writes in the name of another login, or changes what the model said.
    "review_samples": "SELECT, INSERT (strategy, since, until, seed, options)",
    "review_strata": "SELECT, INSERT",
    "review_items": "SELECT, INSERT, "
    "UPDATE (reasons, priority, needed, state, outcome, outcome_id, decided_at)",
    "review_sample_items": "SELECT, INSERT",
    "review_leases": "SELECT, INSERT (item_id, leased_until), UPDATE (leased_at, leased_until), DELETE",
    "review_verdicts": "SELECT, INSERT (item_id, role, decision, right_start, right_end, right_ptid, "
    "right_pt_name, right_drug, seconds, undoes)",
}

# "ade" and "migr" in ASCII.
SCHEMA_LOCK: Final = 0x6164656D696772
"""Advisory lock of all that changes tables, owners and rights: migrations, and the set-up of roles.

Two of them at the same time would lock the tables in different orders.
"""

RELATIONS: Final = ("alembic_version", *sorted(schema.metadata.tables), "ade_report", *ANALYST_VIEWS)
"""What belongs to the monitor."""


def _grants(role: str, rights: Mapping[str, str]) -> str:
    return "; ".join(f"GRANT {each} ON {name} TO {role}" for name, each in rights.items())


# Each part is a subtransaction of its own. A login without the right for a part leaves it out with a notice.
SETUP_ROLES: Final = f"""
DO $ade$
DECLARE
    item text;
    former_owner text;
BEGIN
    FOREACH item IN ARRAY ARRAY['{WRITER}', '{READER}', '{ADMIN}', '{REVIEWER}'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = item) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', item);
            END IF;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;  -- for another database, at this moment
            WHEN insufficient_privilege THEN RAISE NOTICE 'the role % was not created: %', item, SQLERRM;
        END;
    END LOOP;

    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{WRITER}') THEN
        BEGIN
            {_grants(WRITER, WRITER_RIGHTS)};
        EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE 'no rights for {WRITER}: %', SQLERRM;
        END;
    END IF;

    -- They have the rights of their owner, too. Workers make months, and drop those without posts.
    BEGIN
        FOREACH item IN ARRAY ARRAY['make_month(date)', 'drop_month(date)', 'analyze_months()'] LOOP
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', item);
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{WRITER}') THEN
                EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {WRITER}', item);
            END IF;
        END LOOP;
    EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE 'no months for {WRITER}: %', SQLERRM;
    END;

    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{READER}') THEN
        BEGIN
            {_grants(READER, READER_RIGHTS)};
        EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE 'no rights for {READER}: %', SQLERRM;
        END;
    END IF;

    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{REVIEWER}') THEN
        BEGIN
            {_grants(REVIEWER, REVIEWER_RIGHTS)};
        EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE 'no rights for {REVIEWER}: %', SQLERRM;
        END;
    END IF;

    -- It has the rights of its owner, so nobody else may make triggers with it. A restore may open it to all.
    BEGIN
        REVOKE EXECUTE ON FUNCTION chain_audit_entry() FROM PUBLIC;
    EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE 'chain_audit_entry is open to all: %', SQLERRM;
    END;

    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ADMIN}') THEN
        BEGIN
            SELECT rolname INTO former_owner
            FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner AND NOT rolsuper
            WHERE pg_class.oid = to_regclass('alembic_version') AND rolname <> '{ADMIN}';
            IF NOT pg_has_role(former_owner, '{ADMIN}', 'USAGE') THEN
                EXECUTE format('GRANT {ADMIN} TO %I', former_owner);
            END IF;
            EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO {ADMIN}', current_schema());
            FOREACH item IN ARRAY ARRAY[{", ".join(f"'{name}'" for name in RELATIONS)}] LOOP
                EXECUTE format('ALTER TABLE %I OWNER TO {ADMIN}', item);
            END LOOP;
            FOR item IN SELECT CAST(inhrelid AS regclass) FROM pg_inherits WHERE inhparent = ANY(CAST(
                    ARRAY[{", ".join(f"'{name}'" for name in PARTITIONED)}] AS regclass[])) LOOP
                EXECUTE format('ALTER TABLE %s OWNER TO {ADMIN}', item);
            END LOOP;
            FOR item IN SELECT DISTINCT CAST(CAST(tgfoid AS regprocedure) AS text) FROM pg_trigger
                WHERE NOT tgisinternal AND tgrelid = ANY(CAST(
                    ARRAY[{", ".join(f"'{name}'" for name in RELATIONS)}] AS regclass[]))
                UNION ALL VALUES ('make_month(date)'), ('analyze_months()'), ('drop_month(date)'),
                    ('lock_post_tables(text)'),
                    ('add_post_partitions(text, text)'), ('name_partition_indexes(text)') LOOP
                EXECUTE format('ALTER FUNCTION %s OWNER TO {ADMIN}', item);
            END LOOP;
        EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE '{ADMIN} does not own the tables: %', SQLERRM;
        END;
    END IF;

    IF (SELECT count(*) FROM pg_roles WHERE rolname IN ('{WRITER}', '{READER}', '{REVIEWER}')) = 3 THEN
        BEGIN
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO {WRITER}, {READER}, {REVIEWER}', current_schema());
        EXCEPTION WHEN insufficient_privilege THEN NULL;  -- everybody has it, unless it was taken away
        END;
    END IF;
END
$ade$;
""".strip()  # noqa: S608 - names of our own
"""SQL that creates the roles, gives them their rights and makes `ade_admin` the owner. It may run again."""

_STATE: Final = text(
    """
    SELECT
        ARRAY(SELECT name FROM unnest(CAST(:roles AS text[])) WITH ORDINALITY AS row (name, number)
              WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) ORDER BY number) AS missing,
        (SELECT rolname FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner
         WHERE pg_class.oid = to_regclass('alembic_version')) AS owner,
        current_user AS login
    """
)


# Their rights were granted by hand, before there were roles.
_WITHOUT_NEW_RIGHTS: Final = text(
    "SELECT rolname FROM pg_roles WHERE rolcanlogin AND has_table_privilege(oid, 'progress', 'INSERT') "
    "AND NOT has_table_privilege(oid, 'post_times', 'INSERT') ORDER BY rolname"
)

_ONLY_READS: Final = text(
    "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :reader AND pg_has_role(oid, 'USAGE')) "
    "AND NOT has_table_privilege('progress', 'INSERT')"
)


@dataclass(frozen=True, slots=True)
class RolesState:
    """What of the roles is there.

    Attributes:
        missing: names of the roles that do not exist.
        owner: the role that owns the tables, or None without tables.
        login: the user of this connection.
    """

    missing: tuple[str, ...]
    owner: str | None
    login: str

    @property
    def complete(self) -> bool:
        """Return True if all roles exist and `ade_admin` owns the tables."""
        return not self.missing and self.owner == ADMIN


def read_roles(database: DatabaseSettings) -> RolesState:
    """Return what of the roles is there.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database does not exist.
    """
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        row = connection.execute(_STATE, {"roles": list(ROLES)}).one()
    return RolesState(tuple(row.missing), row.owner, row.login)


def may_only_read(database: DatabaseSettings) -> bool:
    """Return True if this login is a member of `ade_reader` and may not write.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return bool(connection.scalar(_ONLY_READS, {"reader": READER}))


def set_up_roles(settings: Settings) -> RolesState:
    """Create the roles and their rights, as far as this login may, and return what is there afterwards.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), migrating_engine(database).begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SCHEMA_LOCK})
        connection.execute(text(SETUP_ROLES))
    return read_roles(database)


def missing_roles_advice(database: DatabaseSettings, state: RolesState) -> str | None:
    """Return what to do for roles that could not be set up, or None if nothing is missing."""
    if state.complete:
        return None
    fact = f"{', '.join(state.missing)} do not exist" if state.missing else f"{state.owner} owns the tables"
    return (
        f"the roles of {describe_database(database)} are not complete: {fact}, and {state.login} may not "
        "change that. The monitor works without them. To have them, let a superuser run the output of "
        "`ade-monitor db roles --sql` in this database"
    )


def new_rights_advice(database: DatabaseSettings) -> str | None:
    """Return what to do for logins that may write posts, but nothing to the newer tables; None without any.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        logins = list(connection.execute(_WITHOUT_NEW_RIGHTS).scalars())
    if not logins:
        return None
    grants = "; ".join(f'GRANT {WRITER} TO "{login}"' for login in logins)
    return (
        f"workers with these logins cannot write: {', '.join(logins)}. Their rights lack the newer tables. "
        f"Run as a superuser: {grants}"
    )


def become_owner(connection: Connection) -> None:
    """Act as `ade_admin` until the end of the transaction if it owns the tables, so that it owns new ones."""
    if connection.execute(_STATE, {"roles": list(ROLES)}).one().owner == ADMIN:
        connection.execute(text(f"SET LOCAL ROLE {ADMIN}"))
