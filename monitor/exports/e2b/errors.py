"""What a user must correct before E2B(R3) messages can be written or checked."""

from __future__ import annotations

from monitor.errors import MonitorError


class E2bError(MonitorError):
    """A file cannot be read, a schema cannot be used, or a case cannot be written as a message."""
