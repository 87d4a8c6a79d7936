"""Deletions outside of the database, by hand and in numbers; `monitor.store.applying` has what they do in it.

letter_scrubber    the task that removes dead letters of deleted posts
event_expiry       the task that removes events that matched nothing
copy_expiry        the task that removes old keys of copies
erasure            deletions by hand, everywhere
event_files        files of ids and of compliance events
retention_job      what is removed because of its age
author_key_use     which keys the hashes of authors were made with
compliance_report  the audit in numbers
"""

from monitor.compliance.author_key_use import AuthorKeyError, KeyUse, forget_key, read_key_uses
from monitor.compliance.compliance_report import (
    ALLOWED_SECONDS,
    ComplianceReport,
    EventSummary,
    read_compliance_report,
)
from monitor.compliance.copy_expiry import CopyExpiry
from monitor.compliance.erasure import Erasure, erase
from monitor.compliance.event_expiry import EventExpiry
from monitor.compliance.event_files import EventFileError, event_of_id, read_event_file
from monitor.compliance.letter_scrubber import LetterScrubber
from monitor.compliance.retention_job import RetentionJob, RetentionResult, is_limited

__all__ = [
    "ALLOWED_SECONDS",
    "AuthorKeyError",
    "ComplianceReport",
    "CopyExpiry",
    "Erasure",
    "EventExpiry",
    "EventFileError",
    "EventSummary",
    "KeyUse",
    "LetterScrubber",
    "RetentionJob",
    "RetentionResult",
    "erase",
    "event_of_id",
    "forget_key",
    "is_limited",
    "read_compliance_report",
    "read_event_file",
    "read_key_uses",
]
