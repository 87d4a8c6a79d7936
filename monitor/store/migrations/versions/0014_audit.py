"""The audit of who saw, exported, changed or erased what.

The database itself fills number, time, actor and hashes of an entry, so no caller can choose them. The
function has the rights of its owner, because nobody else may change the head of the chain. So it serves only
`audit_entries`: anybody may make a temporary table, and its trigger could move the head without an entry.

Concurrent entries get one order by the lock on the row of `audit_head`. An advisory lock would give that,
too, but any login may take one and stop all writers. And with the isolation level "repeatable read", it would
let two entries continue the same hash, where the row reports a conflict.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# The schema is written into the function. Otherwise a caller's search path would choose the table.
CHAIN = """
DO $ade$ BEGIN EXECUTE format($create$
    CREATE FUNCTION chain_audit_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = %I, pg_temp AS $chain$
    DECLARE
        head audit_head;
    BEGIN
        IF TG_RELID <> 'audit_entries'::regclass THEN
            RAISE EXCEPTION 'only entries of the audit continue its chain'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        SELECT * INTO STRICT head FROM audit_head FOR UPDATE;
        NEW.number := head.number + 1;
        NEW.at := clock_timestamp();
        NEW.actor := session_user;
        NEW.previous_hash := head.hash;
        NEW.hash := sha256(convert_to(CAST(jsonb_build_object(
            'number', NEW.number,
            'at', to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'actor', NEW.actor,
            'action', NEW.action,
            'subject', NEW.subject,
            'reason', NEW.reason,
            'details', NEW.details,
            'previous', encode(head.hash, 'hex')
        ) AS text), 'UTF8'));
        UPDATE audit_head SET number = NEW.number, hash = NEW.hash;
        RETURN NEW;
    END $chain$
$create$, current_schema()); END $ade$
"""
REFUSE = """
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries of the audit are never changed or removed'
        USING ERRCODE = 'insufficient_privilege';
END $$
"""


def upgrade() -> None:
    """Make the tables, the function that continues the chain, and the triggers that keep the entries."""
    op.create_table(
        "audit_entries",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("action <> ''", name=op.f("ck_audit_entries_action_named")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_at"), "audit_entries", ["at"])
    op.create_index(op.f("ix_audit_entries_subject"), "audit_entries", ["subject"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.execute("INSERT INTO audit_head VALUES (1, 0, decode(repeat('00', 32), 'hex'))")
    op.execute(CHAIN)
    op.execute("REVOKE EXECUTE ON FUNCTION chain_audit_entry() FROM PUBLIC")
    op.execute(REFUSE)
    op.execute(
        "CREATE TRIGGER chain BEFORE INSERT ON audit_entries "
        "FOR EACH ROW EXECUTE FUNCTION chain_audit_entry()"
    )
    for table, events in (
        ("audit_entries", "UPDATE OR DELETE OR TRUNCATE"),
        ("audit_head", "INSERT OR DELETE OR TRUNCATE"),
    ):
        op.execute(f"CREATE TRIGGER refuse BEFORE {events} ON {table} EXECUTE FUNCTION refuse_audit_change()")
        # Also for a session with `session_replication_role = replica`, which skips other triggers.
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse")


def downgrade() -> None:
    """Return to the revision before. The audit is lost."""
    op.drop_table("audit_entries")
    op.drop_table("audit_head")
    op.execute("DROP FUNCTION chain_audit_entry()")
    op.execute("DROP FUNCTION refuse_audit_change()")
