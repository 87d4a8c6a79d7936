"""The audit: an append-only table whose entries are chained by hashes, see `docs/audit.md`.

appending       what an entry is, and how to append one
privacy         digests that stand for posts, authors and words
chain           hashes of entries, anchors, and the check of the chain
stored_entries  entries by filters, the last one, and all of them for the check
"""

from monitor.store.audit.appending import AuditEntry, append_audit, record_audit
from monitor.store.audit.chain import Anchor, ChainedEntry, Verification, verify_chain
from monitor.store.audit.privacy import author_digest, filters_for_audit, post_digest, words_digest
from monitor.store.audit.stored_entries import (
    AuditFilters,
    StoredEntry,
    find_entries,
    missing_guards,
    read_anchor,
    verify_audit,
)

__all__ = [
    "Anchor",
    "AuditEntry",
    "AuditFilters",
    "ChainedEntry",
    "StoredEntry",
    "Verification",
    "append_audit",
    "author_digest",
    "filters_for_audit",
    "find_entries",
    "missing_guards",
    "post_digest",
    "read_anchor",
    "record_audit",
    "verify_audit",
    "verify_chain",
    "words_digest",
]
