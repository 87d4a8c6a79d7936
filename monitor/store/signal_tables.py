"""The tables of the signals: counts of drugs and events by day.

`docs/database.md` explains every column.
"""

from __future__ import annotations

from monitor.store.tables import metadata as metadata
