"""The database as the worker sees it: one batch, one transaction, all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.records import Alert, Progress, ScoredTweet
from monitor.settings import Settings
from monitor.store.batch import Written, put_batch
from monitor.store.columns import each_once
from monitor.store.connections import async_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.revisions import read_revision, required_revision, revision_error


class Store:
    """Writes batches into the ADE database.

    Attributes:
        engine: the pool, shared with the relay of the alerts.
    """

    def __init__(self, settings: Settings) -> None:
        self.engine = async_engine(settings.database)
        self._settings = settings.database
        key = settings.privacy.author_key
        self._author_key = key.get_secret_value().encode() if key else None

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()

    async def check_revision(self) -> None:
        """Refuse a database whose tables are not the ones that this code writes.

        Raises:
            SchemaRevisionError: the database is at another alembic revision; the message names both.
            RetryableError: the database is away.
            FatalError: the login was refused, or there is no such database.
        """
        with translate_driver_errors(self._settings):
            async with self.engine.connect() as connection:
                revision = await connection.run_sync(read_revision)
        if revision != required_revision():
            raise revision_error(revision, self._settings)

    async def write_batch(
        self,
        scored: Sequence[ScoredTweet],
        *,
        bundle: str,
        alerts: Sequence[Alert],
        progress: Sequence[Progress],
        group: str,
    ) -> Written:
        """Write what the model said of a batch, in one transaction; doing it again changes nothing.

        A bundle judges a tweet once, the first time it comes: later copies, and edits under the same id,
        are left out together with their alerts.

        Args:
            scored: tweets in any order, also with repeats.
            bundle: version of the bundle that judged them.
            alerts: in the order in which they are to be published.
            progress: where the consumer group stands after this batch.
            group: the consumer group.

        Raises:
            RetryableError: nothing was written, and the same call may succeed later. (Where the connection
                broke during the commit itself, everything was written, and the same call changes nothing.)
            FatalError: nothing was written, and the same call will fail again.
        """
        tweets = each_once(scored)
        with translate_driver_errors(self._settings):
            async with self.engine.begin() as connection:
                return await put_batch(
                    connection,
                    tweets,
                    bundle=bundle,
                    alerts=alerts,
                    progress=progress,
                    group=group,
                    author_key=self._author_key,
                )
