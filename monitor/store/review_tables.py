"""The tables of the review: samples, items and verdicts.

`docs/database.md` explains every column.
"""

from __future__ import annotations

from monitor.store.tables import metadata as metadata
