"""Publish changes of alerts with one Lua script."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

from redis.exceptions import NoScriptError, RedisError

from monitor.alerts.ports import AlertRevision, PublishResult
from monitor.alerts.redis.connection import connect_async, location_of, monitor_error, translate_redis_errors
from monitor.alerts.redis.purging import FilePurge, unpurged_key
from monitor.alerts.redis.scripts import PUBLISH
from monitor.errors import RetryableError
from monitor.settings import Settings

DIGEST: Final = hashlib.sha1(PUBLISH.encode(), usedforsecurity=False).hexdigest()

REPLICA_TIMEOUT_MS: Final = 3_000
"""Milliseconds that replicas have to confirm alerts; less than `SOCKET_TIMEOUT`."""


class RedisPublisher:
    """The `Publisher` for Redis: a Redis Stream as the record, and a channel for live hints.

    Publishing a change again within `alerts.seen_ttl` seconds does nothing.

    Raises:
        SettingsError: `redis.url` is not a URL.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.alerts
        self._client = connect_async(settings.redis)
        self._location = location_of(settings.redis)
        self._file_purge = FilePurge(settings.alerts, self._client)

    async def publish(self, revisions: Sequence[AlertRevision]) -> PublishResult:
        """Publish changes in one round trip.

        Raises:
            MonitorError: the round trip failed, and it is not known which changes were published.
        """
        with translate_redis_errors(self._location):
            replies = await self._run_script(revisions)
            if any(isinstance(reply, NoScriptError) for reply in replies):
                await self._client.script_load(PUBLISH)
                replies = await self._run_script(revisions)
            if any(isinstance(reply, RedisError) for reply in replies):
                # After a failover, this connection still leads to the old server, which is a replica now.
                # Those in use are of other tasks, and end with their own commands.
                await self._client.connection_pool.disconnect(inuse_connections=False)
        self._require_replicas(replies[len(revisions) :])
        result = PublishResult()
        for revision, reply in zip(revisions, replies, strict=False):
            if isinstance(reply, RedisError):
                result.error = result.error or monitor_error(reply, self._location)
            else:
                outcome, entry_id = reply
                result.stored[revision.alert_id] = entry_id or None
                result.unannounced += outcome == "unannounced"
        if any(revision.number > 1 for revision in revisions):
            self._file_purge.expect_removals()
        return result

    async def purge(self) -> None:
        """Make Redis rewrite its append-only file if alerts were removed; see `FilePurge`.

        Raises:
            MonitorError: Redis is away.
        """
        with translate_redis_errors(self._location):
            await self._file_purge.run()

    async def require_answer(self) -> None:
        """Check that Redis answers. Users with few rights may call TIME, since the script does.

        Raises:
            MonitorError: Redis does not answer.
        """
        with translate_redis_errors(self._location):
            await self._client.time()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _require_replicas(self, replies: Sequence[Any]) -> None:
        """Check the replies to what follows the script: the write and the WAIT of `alerts.replicas`."""
        for reply in replies:
            if isinstance(reply, RedisError):
                raise monitor_error(reply, self._location)
        if replies and replies[-1] < self._settings.replicas:
            raise RetryableError(
                f"{self._location} has the alerts, but {replies[-1]} instead of {self._settings.replicas} "
                "replicas do",
                "start the replicas, or lower alerts.replicas (ADE_ALERTS__REPLICAS)",
            )

    async def _run_script(self, revisions: Sequence[AlertRevision]) -> list[Any]:
        settings = self._settings
        async with self._client.pipeline(transaction=False) as pipeline:
            for revision in revisions:
                pipeline.evalsha(
                    DIGEST,
                    3,
                    seen_key(settings.stream, revision.alert_id),
                    settings.stream,
                    unpurged_key(settings.stream),
                    str(settings.seen_ttl),
                    str(settings.max_length),
                    settings.channel,
                    revision.alert_id,
                    str(int(revision.retracts)),
                    str(revision.number),
                    json.dumps(revision.payload, ensure_ascii=False, separators=(",", ":")),
                    revision.entry_id or "",
                )
            if settings.replicas:
                # WAIT counts from the last write of this connection. The script writes nothing if it knows
                # all changes.
                pipeline.incr(f"{settings.stream}:waited")
                pipeline.wait(settings.replicas, REPLICA_TIMEOUT_MS)
            return list(await pipeline.execute(raise_on_error=False))


def seen_key(stream: str, alert_id: str) -> str:
    """Return the key that remembers a published alert.

    It starts with the name of the stream. A hash tag in that name, as in `{ade}:alerts`, therefore puts all
    keys of the script into one slot of a Redis Cluster.
    """
    return f"{stream}:seen:{alert_id}"
