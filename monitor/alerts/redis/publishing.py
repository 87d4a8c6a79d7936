"""Publish alerts with one Lua script, which remembers, adds and announces an alert in one step."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from redis.exceptions import NoScriptError, RedisError

from monitor.alerts.ports import PublishResult
from monitor.alerts.redis.connection import connect_async, location_of, monitor_error, translate_redis_errors
from monitor.settings import Settings

# Redis runs a script without other commands in between, but it rolls nothing back. If XADD is refused, the
# script itself must forget the alert again, or no retry would ever publish it.
# PUBLISH is only a hint: a refusal (an ACL without the channel) must not undo the entry in the stream.
SCRIPT: Final = """
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then
    return 'known'
end
local added = redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', 'alert_id', ARGV[4], 'alert', ARGV[5])
if type(added) == 'table' and added.err then
    redis.call('DEL', KEYS[1])
    return redis.error_reply(added.err)
end
local announced = redis.pcall('PUBLISH', ARGV[3], ARGV[5])
if type(announced) == 'table' and announced.err then
    return 'unannounced'
end
return 'published'
"""
DIGEST: Final = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


class RedisPublisher:
    """The `Publisher` for Redis: a Redis Stream as the record, and a channel for live hints.

    Publishing an alert again within `alerts.seen_ttl` seconds changes nothing.

    Raises:
        SettingsError: `redis.url` is not a URL.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.alerts
        self._client = connect_async(settings.redis)
        self._location = location_of(settings.redis)

    async def publish(self, alerts: Sequence[tuple[str, Mapping[str, Any]]]) -> PublishResult:
        """Publish alerts, each as (alert id, payload), in one round trip.

        Raises:
            MonitorError: the round trip failed, and it is not known which alerts were published.
        """
        with translate_redis_errors(self._location):
            replies = await self._run_script(alerts)
            if any(isinstance(reply, NoScriptError) for reply in replies):
                await self._client.script_load(SCRIPT)
                replies = await self._run_script(alerts)
        result = PublishResult()
        for (alert_id, _), reply in zip(alerts, replies, strict=True):
            if isinstance(reply, RedisError):
                result.error = result.error or monitor_error(reply, self._location)
            else:
                result.stored.append(alert_id)
                result.unannounced += reply == "unannounced"
        return result

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _run_script(self, alerts: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Any]:
        settings = self._settings
        async with self._client.pipeline(transaction=False) as pipeline:
            for alert_id, payload in alerts:
                pipeline.evalsha(
                    DIGEST,
                    2,
                    seen_key(settings.stream, alert_id),
                    settings.stream,
                    str(settings.seen_ttl),
                    str(settings.max_length),
                    settings.channel,
                    alert_id,
                    json.dumps(payload, ensure_ascii=False, separators=(",", ":")),
                )
            return list(await pipeline.execute(raise_on_error=False))


def seen_key(stream: str, alert_id: str) -> str:
    """Return the key that remembers a published alert.

    It starts with the name of the stream. A hash tag in that name, as in `{ade}:alerts`, therefore puts all
    keys of the script into one slot of a Redis Cluster.
    """
    return f"{stream}:seen:{alert_id}"
