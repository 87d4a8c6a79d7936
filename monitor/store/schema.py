"""All tables of the ADE database in one place: importing this module defines every one of them."""

from __future__ import annotations

from monitor.store import audit_tables, enrichment_tables, review_tables, signal_tables
from monitor.store.tables import metadata

__all__ = ["audit_tables", "enrichment_tables", "metadata", "review_tables", "signal_tables"]
