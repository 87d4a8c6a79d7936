"""The ADE database: `Store` writes batches, `find_effects` reads it, `upgrade_database` makes the tables."""

from monitor.store.ade_report import ALL_BUNDLES, Filters, ReportedEffect, find_effects
from monitor.store.connections import async_engine, describe_database, reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.revisions import current_revision, required_revision, revision_error, upgrade_database
from monitor.store.tables import alert_outbox
from monitor.store.writing import RaiseAlerts, Store, Written

__all__ = [
    "ALL_BUNDLES",
    "Filters",
    "RaiseAlerts",
    "ReportedEffect",
    "Store",
    "Written",
    "alert_outbox",
    "async_engine",
    "current_revision",
    "describe_database",
    "find_effects",
    "reading_engine",
    "required_revision",
    "revision_error",
    "translate_driver_errors",
    "upgrade_database",
]
