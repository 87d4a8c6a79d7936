"""Counts of drugs and events by day, and triggers that note the days whose cases changed."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# `row` is a transition table, or a query over some. Days are those of the first post of a case, in UTC.
ADD_DAYS: Final = (
    "INSERT INTO signal_changes (day) SELECT DISTINCT CAST(first_at AT TIME ZONE 'UTC' AS date) FROM {rows};"
)

# A later post only moves `last_at`, which is not counted.
CHANGED_CASES: Final = """(
    SELECT unnest(ARRAY[o.first_at, n.first_at]) AS first_at
    FROM old_rows AS o JOIN new_rows AS n ON n.case_id = o.case_id
    WHERE (o.first_at, o.drug, o.ptid, o.status = 'not-a-case')
        IS DISTINCT FROM (n.first_at, n.drug, n.ptid, n.status = 'not-a-case')
) AS changed"""

CASES_OF_POSTS: Final = "cases WHERE case_id IN (SELECT case_id FROM {rows})"

CASES_OF_MENTIONS: Final = """cases WHERE case_id IN (
    SELECT case_id FROM mentions WHERE id IN (SELECT mention_id FROM {rows}) AND case_id IS NOT NULL
)"""

REVIEWED_CASES: Final = """cases WHERE case_id IN (
    SELECT case_id FROM case_posts WHERE tweet_id IN (
        SELECT n.tweet_id FROM old_rows AS o JOIN new_rows AS n ON n.item_id = o.item_id
        WHERE n.outcome IS DISTINCT FROM o.outcome
    )
)"""

# `review_items` comes with the next migration, which makes its trigger.
CHANGES: Final = {
    ("cases", "INSERT"): "new_rows",
    ("cases", "UPDATE"): CHANGED_CASES,
    ("cases", "DELETE"): "old_rows",
    ("case_posts", "INSERT"): CASES_OF_POSTS.format(rows="new_rows WHERE role = 'report'"),
    # An erased post gets another id, which foreign keys bring here.
    ("case_posts", "UPDATE"): CASES_OF_POSTS.format(
        rows="(SELECT case_id, tweet_id, role FROM old_rows "
        "EXCEPT SELECT case_id, tweet_id, role FROM new_rows) AS changed"
    ),
    ("case_posts", "DELETE"): CASES_OF_POSTS.format(rows="old_rows"),
    ("recoded_mentions", "INSERT"): CASES_OF_MENTIONS.format(rows="new_rows"),
    ("recoded_mentions", "UPDATE"): CASES_OF_MENTIONS.format(rows="new_rows"),
    ("recoded_mentions", "DELETE"): CASES_OF_MENTIONS.format(rows="old_rows"),
    ("review_items", "UPDATE"): REVIEWED_CASES,
}
"""What each kind of change to a table adds to `signal_changes`."""

BRANCHES: Final = " ELS".join(
    f"IF TG_TABLE_NAME = '{table}' AND TG_OP = '{event}' THEN {ADD_DAYS.format(rows=rows)}"
    for (table, event), rows in CHANGES.items()
)

TRANSITIONS: Final = {
    "INSERT": "NEW TABLE AS new_rows",
    "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "OLD TABLE AS old_rows",
}


def upgrade() -> None:
    """Make the tables and the triggers, and note all days, which are to be counted for the first time."""
    op.create_table(
        "signal_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("coding", sa.Text(), server_default="", nullable=False),
        sa.Column("drug", sa.Text(), server_default="", nullable=False),
        sa.Column("ptid", sa.Text(), server_default="", nullable=False),
        sa.Column("platform", sa.Text(), server_default="", nullable=False),
        sa.Column("lang", sa.Text(), server_default="", nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("authors", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= authors AND authors <= cases AND cases > 0",
            name=op.f("ck_signal_counts_authors_within_cases"),
        ),
    )
    for column in ("day", "ptid"):
        op.create_index(op.f(f"ix_signal_counts_{column}"), "signal_counts", [column])
    op.create_table(
        "signal_events",
        sa.Column("coding", sa.Text(), server_default="", nullable=False),
        sa.Column("ptid", sa.Text(), nullable=False),
        sa.Column("pt_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("coding", "ptid", name=op.f("pk_signal_events")),
    )
    op.create_index("ix_signal_events_pt_name_lower", "signal_events", [sa.text("lower(pt_name)")])
    op.create_table(
        "signal_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("refreshed_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("final", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_signal_days")),
    )
    op.create_table(
        "signal_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal_changes")),
    )
    op.create_index(op.f("ix_cases_first_at"), "cases", ["first_at"])
    op.execute(
        "CREATE FUNCTION note_signal_days() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN {BRANCHES} END IF; RETURN NULL; END $$"
    )
    for table, event in CHANGES:
        if table != "review_items":
            op.execute(
                f"CREATE TRIGGER note_signal_days_{event.lower()} AFTER {event} ON {table} "
                f"REFERENCING {TRANSITIONS[event]} FOR EACH STATEMENT EXECUTE FUNCTION note_signal_days()"
            )
    op.execute(ADD_DAYS.format(rows="cases"))


def downgrade() -> None:
    """Return to the revision before. The counts are lost, and an upgrade makes them again."""
    for table, event in CHANGES:
        if table != "review_items":
            op.execute(f"DROP TRIGGER note_signal_days_{event.lower()} ON {table}")
    op.execute("DROP FUNCTION note_signal_days()")
    op.drop_index(op.f("ix_cases_first_at"), table_name="cases")
    for name in ("signal_changes", "signal_days", "signal_events", "signal_counts"):
        op.drop_table(name)
