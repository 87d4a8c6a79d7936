"""A label that cannot be used."""

from __future__ import annotations

from monitor.errors import MonitorError


class LabelError(MonitorError):
    """A file of labels, or a label in it, cannot be read. The message names file, and line or page."""
