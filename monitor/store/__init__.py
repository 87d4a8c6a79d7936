"""The ADE database: `Store` writes batches into it, and `find_effects` reads adverse effects from it.

tables          the tables
columns         the value of each column that a batch writes
statements      the SQL of a batch, built from both
writing         the transaction of a batch
admission       which posts of a batch may be stored, and under which id
posts           the rows of `tweets`
first_posts     what a batch knows of first posts
post_copies     which posts are copies of earlier ones
copy_statements the SQL of copies
versions        the versions of a post
counting        what a batch adds to the hourly counts
digests         digests of texts and ids
audited_events  what each kind of compliance event does
applying        the transaction of deletions and other compliance events
erasing         what of a post is erased
tombstones      which posts and authors are kept out
expiring        which events are removed after some time, with their tombstones
row_expiry      removing rows that are over, again and again
months          the partitions of months
month_statistics  what the planner knows about them
old_posts       which posts are removed because of their age
old_months      which months are dropped as a whole
audited_runs    the audit of commands and jobs that change many posts
author_keys     the keys of author hashes
roles           what workers, analysts and administrators may do
origin          what a file says about the database that it comes from
report_order    the order of its rows, and how to go on after one
ade_report      the view for analysts, and the query on it
terminology_import  one release of MedDRA in place of another
effect_groups   the groups of effects in memory, for rules
group_filters   the groups of effects as conditions of a query
recoded_mentions  codes of mentions by other releases
coding_changes  what these codes change
revisions       which revision a database is at, and how to upgrade it
migrations      the steps from revision to revision
connections     URL, time limits and names of connections
bounded_connections  giving up on a server that is silent or read-only
stored_progress how far the database is, for reading again
write_check     whether a login can write now
driver_errors   which errors of the database pass, and which need a person
"""

from monitor.store.ade_report import ALL_BUNDLES, Filters, ReportedEffect, find_effects
from monitor.store.audited_events import AppliedEvent, AuditedEvent, audited
from monitor.store.audited_runs import AuditedRun, note_run
from monitor.store.author_keys import AuthorKeys, author_keys
from monitor.store.connections import async_engine, describe_database, reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.old_months import Month, drop_empty_months, find_old_months, remove_posts_of_month
from monitor.store.old_posts import START, AgeLimits, OldPage, remove_old_posts
from monitor.store.revisions import current_revision, required_revision, revision_error, upgrade_database
from monitor.store.roles import (
    READER,
    may_only_read,
    missing_roles_advice,
    new_rights_advice,
    read_roles,
    set_up_roles,
)
from monitor.store.stored_progress import stored_progress
from monitor.store.tables import alert_outbox
from monitor.store.tombstones import find_removed
from monitor.store.write_check import check_writable
from monitor.store.writing import RaiseAlerts, Store, Written

__all__ = [
    "ALL_BUNDLES",
    "READER",
    "START",
    "AgeLimits",
    "AppliedEvent",
    "AuditedEvent",
    "AuditedRun",
    "AuthorKeys",
    "Filters",
    "Month",
    "OldPage",
    "RaiseAlerts",
    "ReportedEffect",
    "Store",
    "Written",
    "alert_outbox",
    "async_engine",
    "audited",
    "author_keys",
    "check_writable",
    "current_revision",
    "describe_database",
    "drop_empty_months",
    "find_effects",
    "find_old_months",
    "find_removed",
    "may_only_read",
    "missing_roles_advice",
    "new_rights_advice",
    "note_run",
    "read_roles",
    "reading_engine",
    "remove_old_posts",
    "remove_posts_of_month",
    "required_revision",
    "revision_error",
    "set_up_roles",
    "stored_progress",
    "translate_driver_errors",
    "upgrade_database",
]
