"""The roles ade_writer, ade_reader and ade_admin, and the id of the key of each author hash.

The new column is NULL in older rows, so no row is rewritten: which key made their hashes is not known.

The roles belong to the whole server. If this login may not create them, they are left out with a notice, and
nothing else changes: `ade-monitor db roles --sql` has the same SQL for a superuser. Going back takes the
rights away, and keeps the roles, because other databases may use them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WRITER = {
    "alembic_version": "SELECT",
    "tweets": "SELECT, INSERT, UPDATE, DELETE",
    "post_aliases": "SELECT, INSERT, DELETE",
    "predictions": "SELECT, INSERT, UPDATE",
    "mentions": "SELECT, INSERT, DELETE",
    "author_keys": "SELECT, INSERT",
    "alert_outbox": "SELECT, INSERT, UPDATE, DELETE",
    "hourly_counts": "SELECT, INSERT, UPDATE",
    "skipped_languages": "SELECT, INSERT, UPDATE",
    "skipped_progress": "SELECT, INSERT, UPDATE",
    "tombstones": "SELECT, INSERT, UPDATE, DELETE",
    "compliance_events": "SELECT, INSERT, UPDATE, DELETE",
    "expired_events": "SELECT, INSERT, UPDATE",
    "progress": "SELECT, INSERT, UPDATE",
}
# Authors and digests of texts are not for readers.
COLUMNS = (
    "tweet_id, posted_at, first_seen_at, lang, text, platform, kind, referenced_id, url, context, edited_at, "
    "version, erased_at"
)
READER = {
    "alembic_version": "SELECT",
    "ade_report": "SELECT",
    "tweets": f"SELECT ({COLUMNS})",
    "predictions": "SELECT",
    "mentions": "SELECT",
    "hourly_counts": "SELECT",
    "skipped_languages": "SELECT",
    "progress": "SELECT",
}
RELATIONS = (*WRITER, "ade_report")


def upgrade() -> None:
    """Add the column and the table, and then the roles."""
    op.add_column("tweets", sa.Column("author_key_id", sa.Text(), nullable=True))
    op.create_table(
        "author_keys",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("first_used_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_author_keys")),
    )
    op.execute(
        """
        DO $$
        DECLARE item text;
        BEGIN
            FOREACH item IN ARRAY ARRAY['ade_writer', 'ade_reader', 'ade_admin'] LOOP
                BEGIN
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = item) THEN
                        EXECUTE format('CREATE ROLE %I NOLOGIN', item);
                    END IF;
                EXCEPTION
                    WHEN duplicate_object OR unique_violation THEN NULL;
                    WHEN insufficient_privilege THEN
                        RAISE NOTICE 'the role % was not created: %', item, SQLERRM;
                END;
            END LOOP;
        END $$
        """
    )
    _if_there(
        "ade_writer", "; ".join(f"GRANT {rights} ON {name} TO ade_writer" for name, rights in WRITER.items())
    )
    _if_there(
        "ade_reader", "; ".join(f"GRANT {rights} ON {name} TO ade_reader" for name, rights in READER.items())
    )
    for role in ("ade_writer", "ade_reader"):
        _if_there(role, f"EXECUTE format('GRANT USAGE ON SCHEMA %I TO {role}', current_schema())")
    _if_there(
        "ade_admin",
        f"""
        SELECT rolname INTO former_owner
        FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner AND NOT rolsuper
        WHERE pg_class.oid = to_regclass('alembic_version') AND rolname <> 'ade_admin';
        IF NOT pg_has_role(former_owner, 'ade_admin', 'USAGE') THEN
            EXECUTE format('GRANT ade_admin TO %I', former_owner);
        END IF;
        EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO ade_admin', current_schema());
        {_owned_by("ade_admin")}
        """,  # noqa: S608 - names of our own
    )


def downgrade() -> None:
    """Take the rights away, and make this login the owner again. Which key made a hash is forgotten."""
    op.execute("RESET ROLE")
    _if_there("ade_admin", _owned_by("session_user"))
    for role in ("ade_writer", "ade_reader", "ade_admin"):
        _if_there(role, f"EXECUTE format('REVOKE ALL ON SCHEMA %I FROM {role}', current_schema())")
    for role in ("ade_writer", "ade_reader"):
        _if_there(role, "; ".join(f"REVOKE ALL ON {name} FROM {role}" for name in RELATIONS))
    op.drop_table("author_keys")
    op.drop_column("tweets", "author_key_id")


def _owned_by(owner: str) -> str:
    return "; ".join(f"ALTER TABLE {name} OWNER TO {owner}" for name in RELATIONS) + ";"


def _if_there(role: str, statements: str) -> None:
    """Run statements about a role if it exists. Without the rights for them, none of them has an effect."""
    op.execute(
        f"""
        DO $$
        DECLARE former_owner text;
        BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                {statements.strip().rstrip(";")};
            END IF;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE 'the rights of {role} were not changed: %', SQLERRM;
        END $$
        """
    )
