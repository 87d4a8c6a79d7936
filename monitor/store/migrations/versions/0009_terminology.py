"""Groups of PTs from the user's release of MedDRA, and codes of stored mentions by other releases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "terminology_releases",
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("content", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.PrimaryKeyConstraint("release", name=op.f("pk_terminology_releases")),
    )
    op.create_table(
        "pt_groups",
        sa.Column("ptid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("ptid", "kind", "code", name=op.f("pk_pt_groups")),
    )
    op.create_index(op.f("ix_pt_groups_kind_code"), "pt_groups", ["kind", "code"])
    op.create_table(
        "recoded_mentions",
        sa.Column("mention_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("ptid", sa.Text(), nullable=True),
        sa.Column("pt_name", sa.Text(), nullable=True),
        sa.Column("pt_score", sa.Double(), nullable=True),
        sa.Column("coded_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mention_id"],
            ["mentions.id"],
            name=op.f("fk_recoded_mentions_mention_id_mentions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("mention_id", "release", name=op.f("pk_recoded_mentions")),
    )
    op.create_index(op.f("ix_recoded_mentions_release_ptid"), "recoded_mentions", ["release", "ptid"])


def downgrade() -> None:
    """Return to the revision before. The groups and the other codes are lost."""
    for name in ("recoded_mentions", "pt_groups", "terminology_releases"):
        op.drop_table(name)
