"""The task that removes events that matched nothing, `compliance.keep_unmatched` days after they came."""

from __future__ import annotations

import structlog

from monitor.compliance.compliance_report import ALLOWED_SECONDS
from monitor.settings import Settings
from monitor.store import Store
from monitor.store.row_expiry import RowExpiry

log = structlog.get_logger()


class EventExpiry(RowExpiry):
    """Removes the rows of events that matched nothing.

    Args:
        settings: how long they stay.
        store: has them. It belongs to the caller.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self._days = days = settings.compliance.keep_unmatched
        super().__init__(
            lambda: store.expire_events(days=days, allowed_seconds=ALLOWED_SECONDS),
            postponed="events that matched nothing are removed later",
            report=lambda events: log.info(
                "events that matched nothing removed", events=events, older_than_days=days
            ),
        )

    async def run(self) -> None:
        """Remove them at the start and every hour, until cancelled. With 0 days, return at once."""
        if self._days:
            await super().run()
