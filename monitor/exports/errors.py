"""The error of exports."""

from __future__ import annotations

from monitor.errors import MonitorError


class ExportError(MonitorError):
    """An export is impossible as requested, or its file cannot be written: the user corrects the command."""
