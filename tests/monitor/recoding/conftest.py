"""A migrated database for each test, without a broker and without Redis."""

from __future__ import annotations

from tests.monitor.store.conftest import migrated

__all__ = ["migrated"]
