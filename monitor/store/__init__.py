"""The ADE database: `Store` writes batches into it, and `find_effects` reads adverse effects from it.

tables          the tables
columns         the value of each column that a batch writes
statements      the SQL of a batch, built from both
writing         the transaction of a batch
admission       which posts of a batch may be stored, and under which id
posts           the rows of `tweets`
versions        the versions of a post
counting        what a batch adds to the hourly counts
digests         digests of texts and ids
audited_events  what each kind of compliance event does
applying        the transaction of deletions and other compliance events
erasing         what of a post is erased
tombstones      which posts and authors are kept out
expiring        which events are removed after some time, with their tombstones
ade_report      the view for analysts, and the query on it
revisions       which revision a database is at, and how to upgrade it
migrations      the steps from revision to revision
connections     URL, time limits and names of connections
stored_progress how far the database is, for reading again
write_check     whether a login can write now
driver_errors   which errors of the database pass, and which need a person
"""

from monitor.store.ade_report import ALL_BUNDLES, Filters, ReportedEffect, find_effects
from monitor.store.audited_events import AppliedEvent, AuditedEvent, audited
from monitor.store.connections import async_engine, describe_database, reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.revisions import current_revision, required_revision, revision_error, upgrade_database
from monitor.store.stored_progress import stored_progress
from monitor.store.tables import alert_outbox
from monitor.store.tombstones import find_removed
from monitor.store.write_check import check_writable
from monitor.store.writing import RaiseAlerts, Store, Written

__all__ = [
    "ALL_BUNDLES",
    "AppliedEvent",
    "AuditedEvent",
    "Filters",
    "RaiseAlerts",
    "ReportedEffect",
    "Store",
    "Written",
    "alert_outbox",
    "async_engine",
    "audited",
    "check_writable",
    "current_revision",
    "describe_database",
    "find_effects",
    "find_removed",
    "reading_engine",
    "required_revision",
    "revision_error",
    "stored_progress",
    "translate_driver_errors",
    "upgrade_database",
]
