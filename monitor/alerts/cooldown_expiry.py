"""The task that removes cooldowns that are over: they only take up space."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.settings import DatabaseSettings
from monitor.store import translate_driver_errors
from monitor.store.cooldowns import expire_cooldowns
from monitor.store.row_expiry import RowExpiry


class CooldownExpiry(RowExpiry):
    """Removes the rows of cooldowns that are over.

    Args:
        settings: the database, for messages.
        engine: its connections. They belong to the caller.
    """

    def __init__(self, settings: DatabaseSettings, engine: AsyncEngine) -> None:
        async def expire_some() -> int:
            with translate_driver_errors(settings):
                async with engine.begin() as connection:
                    return await expire_cooldowns(connection)

        super().__init__(expire_some, postponed="cooldowns that are over are removed later")
