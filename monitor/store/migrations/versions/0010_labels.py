"""Product labels, and the effects that they list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "drug_labels",
        sa.Column("label_id", sa.Text(), nullable=False),
        sa.Column("drug", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("imported_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("label_id", name=op.f("pk_drug_labels")),
    )
    op.create_index(op.f("ix_drug_labels_drug"), "drug_labels", ["drug"])
    op.create_table(
        "listed_effects",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("label_id", sa.Text(), nullable=False),
        sa.Column("drug", sa.Text(), nullable=False),
        sa.Column("ptid", sa.Text(), nullable=False),
        sa.Column("pt_name", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=True),
        sa.Column("start", sa.Integer(), nullable=True),
        sa.Column("end", sa.Integer(), nullable=True),
        sa.Column("fatal", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["label_id"],
            ["drug_labels.label_id"],
            name=op.f("fk_listed_effects_label_id_drug_labels"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listed_effects")),
    )
    op.create_index(op.f("ix_listed_effects_label_id"), "listed_effects", ["label_id"])
    op.create_index(op.f("ix_listed_effects_drug_ptid"), "listed_effects", ["drug", "ptid"])


def downgrade() -> None:
    """Return to the revision before. The labels are lost, and can be imported again."""
    op.drop_table("listed_effects")
    op.drop_table("drug_labels")
