"""Counts of cases by day, drug and event, see `docs/signals.md`.

refresh_statements  the SQL that counts days
refreshing          count all days again whose cases have changed
window_counts       the counts of a window
"""

from monitor.store.signals.refreshing import RefreshedDays, RefreshRunningError, refresh_counts

__all__ = ["RefreshRunningError", "RefreshedDays", "refresh_counts"]
