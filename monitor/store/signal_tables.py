"""The tables of the signals: counts of cases by day, drug and event, and which days have to be counted again.

`docs/database.md` explains every column. No row refers to a post: triggers note the days whose cases changed
in `signal_changes`, and the next refresh counts these days again. So whatever changes cases, also by hand,
reaches the counts.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    func,
    text,
)

from monitor.store.tables import Instant
from monitor.store.tables import metadata as metadata

# The refresh alone writes here, and replaces whole days. A key of all columns would take most of its time.
signal_counts = Table(
    "signal_counts",
    metadata,
    Column("day", Date, nullable=False, index=True),
    Column("coding", Text, nullable=False, server_default=""),
    Column("drug", Text, nullable=False, server_default=""),
    Column("ptid", Text, nullable=False, server_default="", index=True),
    Column("platform", Text, nullable=False, server_default=""),
    Column("lang", Text, nullable=False, server_default=""),
    Column("cases", Integer, nullable=False),
    Column("authors", Integer, nullable=False),
    CheckConstraint("0 <= authors AND authors <= cases AND cases > 0", name="authors_within_cases"),
)

signal_events = Table(
    "signal_events",
    metadata,
    Column("coding", Text, primary_key=True, server_default=""),
    Column("ptid", Text, primary_key=True),
    Column("pt_name", Text, nullable=False),
    Index("ix_signal_events_pt_name_lower", text("lower(pt_name)")),
)

signal_days = Table(
    "signal_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("refreshed_at", Instant, nullable=False, server_default=func.now()),
    Column("final", Boolean, nullable=False, server_default=text("false")),
)

# Rows are only added here, one for each day and transaction, so workers never wait for each other.
signal_changes = Table(
    "signal_changes",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("day", Date, nullable=False),
)
