"""Deletions outside of the database, by hand and in numbers; `monitor.store.applying` has what they do in it.

letter_scrubber    the task that removes dead letters of deleted posts
event_expiry       the task that removes events that matched nothing
erasure            deletions by hand, everywhere
event_files        files of ids and of compliance events
compliance_report  the audit in numbers
"""

from monitor.compliance.compliance_report import (
    ALLOWED_SECONDS,
    ComplianceReport,
    EventSummary,
    read_compliance_report,
)
from monitor.compliance.erasure import Erasure, erase
from monitor.compliance.event_expiry import EventExpiry
from monitor.compliance.event_files import EventFileError, event_of_id, read_event_file
from monitor.compliance.letter_scrubber import LetterScrubber

__all__ = [
    "ALLOWED_SECONDS",
    "ComplianceReport",
    "Erasure",
    "EventExpiry",
    "EventFileError",
    "EventSummary",
    "LetterScrubber",
    "erase",
    "event_of_id",
    "read_compliance_report",
    "read_event_file",
]
