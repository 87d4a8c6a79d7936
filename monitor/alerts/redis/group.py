"""Reading the stream as a member of a consumer group: every alert once among its readers, none lost."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from redis import Redis
from redis.exceptions import ResponseError

from monitor.alerts.ports import BLOCK_MS, READ_COUNT, Say, StreamEntry, place_in_order
from monitor.alerts.redis.tail import end_of, missed_by

ABANDONED_MS = 86_400_000
"""Idle time that `release` writes on what it leaves, so that any other reader claims it at once."""

RELEASED = 1_000
"""Entries that `release` hands on; more only ever wait for `claim_after`."""

# In one step, since an entry that reaches a consumer before it is deleted would be lost with it.
DELETE_IF_IDLE = """
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) == 0 then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
end
"""


class GroupReader:
    """Reads with XREADGROUP, in the order: what a reader of this name left, what the dead left, what is new.

    An entry that was handed out stays with this consumer until `done`; if the process dies first, a reader of
    the same name, or any reader after `claim_after`, gets it again. So delivery is at least once.

    Args:
        client: as `connect` makes it.
        stream: name of the Redis Stream.
        group: name of the consumer group; created when missing.
        consumer: name of this reader; two that run at once need two names.
        claim_after: seconds without a sign of its reader until an entry is taken over.
        from_start: a group that is created now begins at the oldest alert, instead of the next one.
        say: told what a person should know: a group created, alerts missed.
    """

    def __init__(
        self,
        client: Redis,
        stream: str,
        *,
        group: str,
        consumer: str,
        claim_after: float,
        from_start: bool,
        say: Say,
    ) -> None:
        self._client: Any = client
        self._stream = stream
        self._group = group
        self._consumer = consumer
        self._claim_ms = int(claim_after * 1000)
        self._from_start = from_start
        self._say = say
        self._position: str | None = None
        self._own_after: str | None = "0-0"
        self._next_claim = 0.0
        self._claim_from = "0-0"
        self._unacknowledged: dict[str, None] = {}

    def read(self) -> list[StreamEntry]:
        """Give the next entries to work on.

        A read that fails is repeated from this consumer's own entries on: the reply that was lost may have
        carried some.
        """
        own_after, self._own_after = self._own_after, "0-0"
        self._acknowledge()
        try:
            entries, own_after = self._next(own_after)
        except ResponseError as error:
            if not _group_is_gone(error):
                raise
            self._create()
            return []
        self._own_after = own_after
        return entries

    def done(self, entry: StreamEntry) -> None:
        """Acknowledge the entry; where Redis is away, remember to do it before the next read."""
        self._position = max(self._position or "0-0", entry.entry_id, key=place_in_order)
        self._unacknowledged[entry.entry_id] = None
        self._acknowledge()

    def release(self) -> None:
        """Let the next reader have at once what this one was handed and has not done."""
        self._acknowledge()
        pending = self._client.xpending_range(
            self._stream, self._group, "-", "+", RELEASED, consumername=self._consumer
        )
        ids = [entry["message_id"] for entry in pending]
        if ids:
            self._client.xclaim(
                self._stream, self._group, self._consumer, 0, ids, idle=ABANDONED_MS, justid=True
            )
        else:
            self._client.eval(DELETE_IF_IDLE, 1, self._stream, self._group, self._consumer)

    def _next(self, own_after: str | None) -> tuple[list[StreamEntry], str | None]:
        """Give entries, and the own entry after which the next read looks for more (None: no more)."""
        if own_after is not None:
            own = self._read_group(own_after)
            if own:
                return self._still_there(own), own[-1].entry_id
        if time.monotonic() >= self._next_claim:
            self._note_trimmed()
            claimed = self._claim()
            if claimed:
                return claimed, None
            self._next_claim = time.monotonic() + self._claim_ms / 1000
        return self._read_group(">"), None

    def _read_group(self, after: str) -> list[StreamEntry]:
        reply = self._client.xreadgroup(
            self._group,
            self._consumer,
            {self._stream: after},
            count=READ_COUNT,
            block=BLOCK_MS if after == ">" else None,
        )
        return [StreamEntry(entry_id, fields) for _, found in reply for entry_id, fields in found]

    def _claim(self) -> list[StreamEntry]:
        while True:
            self._claim_from, found, *deleted = self._client.xautoclaim(
                self._stream, self._group, self._consumer, self._claim_ms, self._claim_from, count=READ_COUNT
            )
            if deleted and deleted[0]:
                self._say_missed(len(deleted[0]))
            claimed = self._still_there(
                StreamEntry(entry_id, fields) for entry_id, fields in found if entry_id
            )
            if claimed or self._claim_from == "0-0":
                return claimed

    def _still_there(self, entries: Iterable[StreamEntry]) -> list[StreamEntry]:
        """Drop the entries that the stream no longer has: Redis gives their ids without fields."""
        there = []
        gone = 0
        for entry in entries:
            if entry.fields:
                there.append(entry)
            else:
                self._unacknowledged[entry.entry_id] = None
                gone += 1
        if gone:
            self._say_missed(gone)
        return there

    def _note_trimmed(self) -> None:
        """Say how many alerts were trimmed from the stream before the group got to them."""
        groups = self._client.xinfo_groups(self._stream)
        group = next((row for row in groups if row["name"] == self._group), None)
        if group is not None:
            self._position = self._position or group["last-delivered-id"]
            missed = missed_by(group, self._client.xinfo_stream(self._stream))
            if missed:
                self._say_missed(missed)

    def _say_missed(self, count: int) -> None:
        self._say(
            f"{count} alert{'s were' if count > 1 else ' was'} trimmed from {self._stream} before group "
            f"{self._group} read them: raise ADE_ALERTS__MAX_LENGTH, or look them up with `ade-monitor query`"
        )

    def _acknowledge(self) -> None:
        if self._unacknowledged:
            resume, self._own_after = self._own_after, "0-0"
            self._client.xack(self._stream, self._group, *self._unacknowledged)
            self._own_after = resume
            self._unacknowledged.clear()

    def _create(self) -> None:
        """Create the group where this reader was; else at the stream's start, or at its end."""
        read: int | None = None
        if self._position is not None:
            position, where = self._position, "was gone: it goes on where this reader was"
        elif self._from_start:
            (position, read), where = ("0-0", 0), "is new: it begins at the oldest alert"
        else:
            (position, read), where = (
                end_of(self._client, self._stream),
                "is new: it begins at the next alert",
            )
        counted = [] if read is None else ["ENTRIESREAD", read]
        try:
            self._client.execute_command(
                "XGROUP", "CREATE", self._stream, self._group, position, "MKSTREAM", *counted
            )
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
            return
        self._position = position
        self._say(f"group {self._group} {where}")


def _group_is_gone(error: ResponseError) -> bool:
    return any(sign in str(error) for sign in ("NOGROUP", "no such key", "UNBLOCKED"))
