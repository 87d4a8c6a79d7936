"""The task that removes the keys of copies that are older than the window of `enrich.duplicate_window`."""

from __future__ import annotations

import structlog

from monitor.settings import Settings
from monitor.store import Store
from monitor.store.row_expiry import RowExpiry

log = structlog.get_logger()


class CopyExpiry(RowExpiry):
    """Removes keys by which no copy is recognized any more.

    They are removed even if copies are not looked for (`enrich.duplicates`): they may be from before.

    Args:
        settings: how long texts are remembered.
        store: has the keys. It belongs to the caller.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        days = settings.enrich.duplicate_window
        super().__init__(
            lambda: store.expire_copy_keys(days=days),
            postponed="old keys of copies are removed later",
            report=lambda keys: log.info("old keys of copies removed", keys=keys, older_than_days=days),
        )
