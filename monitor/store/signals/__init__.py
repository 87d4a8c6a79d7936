"""Counts of cases by day, drug and event, see `docs/signals.md`.

refresh_statements  the SQL that counts days
reviewed_cases      the SQL of what review decided about cases
refreshing          count all days again whose cases have changed
window_counts       the counts of a window
pair_series         the counts of one pair by day
"""

from monitor.store.signals.refreshing import RefreshedDays, RefreshRunningError, refresh_counts
from monitor.store.signals.window_counts import (
    Coverage,
    Window,
    WindowCounts,
    read_coverage,
    read_event_names,
    read_first_days,
    read_window,
)

__all__ = [
    "Coverage",
    "RefreshRunningError",
    "RefreshedDays",
    "Window",
    "WindowCounts",
    "read_coverage",
    "read_event_names",
    "read_first_days",
    "read_window",
    "refresh_counts",
]
