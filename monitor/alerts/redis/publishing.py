"""One Lua script publishes an alert: remembered, added to the stream and announced, or none of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from monitor.settings import AlertSettings

# Redis runs a script without others in between, but rolls nothing back: where XADD is refused, the
# script itself takes the memory of the alert away again, or no retry would ever publish it.
# PUBLISH is a hint alone; a refusal (an ACL without the channel) must not undo the record.
SCRIPT = """
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then
    return 'known'
end
local added = redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', 'alert_id', ARGV[4], 'alert', ARGV[5])
if type(added) == 'table' and added.err then
    redis.call('DEL', KEYS[1])
    return redis.error_reply(added.err)
end
local told = redis.pcall('PUBLISH', ARGV[3], ARGV[5])
if type(told) == 'table' and told.err then
    return 'untold'
end
return 'published'
"""
DIGEST = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


@dataclass
class Published:
    """What became of a batch.

    Attributes:
        in_stream: the alerts that the stream has now, or had already.
        untold: how many of them Redis let into the stream but not onto the channel.
        error: the first refusal, where there was one.
    """

    in_stream: list[str] = field(default_factory=list)
    untold: int = 0
    error: RedisError | None = None


def seen_key(stream: str, alert_id: str) -> str:
    """Name the key that remembers a published alert.

    It begins with the stream's name, so that a hash tag in that name, as in `{ade}:alerts`, puts all
    keys of the script into one slot.
    """
    return f"{stream}:seen:{alert_id}"


async def publish(
    client: Redis, settings: AlertSettings, alerts: Sequence[tuple[str, Mapping[str, Any]]]
) -> Published:
    """Publish alerts, given as (alert id, payload), in one round trip; safe to repeat within `seen_ttl`.

    Raises:
        redis.RedisError: the whole round trip failed; which alerts were published is then unknown.
    """
    replies = await _run(client, settings, alerts)
    if any(isinstance(reply, NoScriptError) for reply in replies):
        await client.script_load(SCRIPT)
        replies = await _run(client, settings, alerts)
    outcome = Published()
    for (alert_id, _), reply in zip(alerts, replies, strict=True):
        if isinstance(reply, RedisError):
            outcome.error = outcome.error or reply
        else:
            outcome.in_stream.append(alert_id)
            outcome.untold += reply == "untold"
    return outcome


async def _run(
    client: Redis, settings: AlertSettings, alerts: Sequence[tuple[str, Mapping[str, Any]]]
) -> list[Any]:
    async with client.pipeline(transaction=False) as pipeline:
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
