"""The audit: an append-only table whose entries are chained by hashes, see `docs/audit.md`.

entries         what an entry is, and how to append one
"""

from monitor.store.audit.entries import AuditEntry, append_audit, record_audit

__all__ = ["AuditEntry", "append_audit", "record_audit"]
