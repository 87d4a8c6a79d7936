"""The tables of the audit: who saw, exported, changed or erased what.

`docs/database.md` explains every column.
"""

from __future__ import annotations

from monitor.store.tables import metadata as metadata
