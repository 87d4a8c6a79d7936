"""Read the stream as a member of a consumer group: each alert goes to one reader, and none is lost."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from redis import Redis
from redis.exceptions import ReadOnlyError, ResponseError

from monitor.alerts.ports import AlertReader, Notify, StreamEntry
from monitor.alerts.redis.connection import connect, location_of, translate_redis_errors
from monitor.alerts.redis.tail import (
    BLOCK_MS,
    READ_COUNT,
    TailReader,
    comparable_id,
    count_missed,
    end_of_stream,
    newest_removed,
)
from monitor.settings import Settings

ABANDONED_MS: Final = 86_400_000
"""Idle time that `release` writes on the entries it leaves, so that any reader claims them at once."""

RELEASE_COUNT: Final = 1_000
"""Maximum number of entries that `release` passes on. Others wait for `claim_after` seconds."""

# In one step: an entry that reaches a consumer before it is deleted would be lost with it.
DELETE_IF_IDLE: Final = """
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) == 0 then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
end
"""


class GroupReader:
    """The `AlertReader` of a consumer group, which uses XREADGROUP.

    It first reads what a reader of the same name left, then what dead readers left, then what is new. An
    entry stays with this consumer until it is acknowledged. If the process dies before that, a reader of the
    same name, or any reader after `claim_after` seconds, gets it again. So delivery is at least once.

    Args:
        client: a client of `connect`; `close` closes it.
        stream: name of the Redis Stream.
        group: name of the consumer group, which is created if it is missing.
        consumer: name of this reader. Two readers at the same time need two names.
        claim_after: seconds after which an unacknowledged entry of another reader is taken over.
        from_start: let a new group start at the oldest alert instead of the next one.
        notify: called with messages for the user: a group was created, alerts were missed.
        max_length: number of entries that the stream keeps.
        location: name of the server, for messages.
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
        notify: Notify,
        max_length: int,
        location: str = "Redis",
    ) -> None:
        self.location = location
        self._max_length = max_length
        self._client: Any = client
        self._stream = stream
        self._group = group
        self._consumer = consumer
        self._claim_ms = int(claim_after * 1000)
        self._from_start = from_start
        self._notify = notify
        self._position: str | None = None
        self._own_after: str | None = "0-0"
        self._next_claim = 0.0
        self._claim_from = "0-0"
        self._unacknowledged: dict[str, None] = {}

    def read(self) -> list[StreamEntry]:
        """Return the next entries.

        After a failed read, this starts over with the consumer's own entries, because the lost reply may have
        carried some.
        """
        with translate_redis_errors(self.location):
            own_after, self._own_after = self._own_after, "0-0"
            try:
                self._send_acknowledgements()
                entries, own_after = self._next(own_after)
            except ReadOnlyError:
                # After a failover, this connection still leads to the old server, which is a replica now.
                self._client.connection_pool.disconnect()
                raise
            except ResponseError as error:
                if not _group_is_gone(error):
                    raise
                self._create_group()
                return []
            self._own_after = own_after
            return entries

    def acknowledge(self, entry: StreamEntry) -> None:
        """Acknowledge the entry. If Redis is away, the next read does it first."""
        self.acknowledge_ids([entry.entry_id])

    def acknowledge_ids(self, entry_ids: Iterable[str]) -> None:
        """Acknowledge several entries with one command; see `acknowledge`."""
        with translate_redis_errors(self.location):
            for entry_id in entry_ids:
                self._position = max(self._position or "0-0", entry_id, key=comparable_id)
                self._unacknowledged[entry_id] = None
            self._send_acknowledgements()

    def release(self) -> None:
        """Make what this reader has read and not acknowledged available to other readers at once."""
        with translate_redis_errors(self.location):
            self._send_acknowledgements()
            pending = self._client.xpending_range(
                self._stream, self._group, "-", "+", RELEASE_COUNT, consumername=self._consumer
            )
            ids = [entry["message_id"] for entry in pending]
            if ids:
                self._client.xclaim(
                    self._stream, self._group, self._consumer, 0, ids, idle=ABANDONED_MS, justid=True
                )
            else:
                self._client.eval(DELETE_IF_IDLE, 1, self._stream, self._group, self._consumer)

    def close(self) -> None:
        """Close the client."""
        self._client.close()

    def _next(self, own_after: str | None) -> tuple[list[StreamEntry], str | None]:
        """Return entries, and the own entry after which the next read continues (None: all were read)."""
        if own_after is not None:
            entries = self._read_group(own_after)
            if entries:
                return self._present(entries), entries[-1].entry_id
        if time.monotonic() >= self._next_claim:
            self._report_unread_trimmed()
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
        return [StreamEntry(entry_id, fields) for _, entries in reply for entry_id, fields in entries]

    def _claim(self) -> list[StreamEntry]:
        """Take over entries of readers that have not acknowledged them for `claim_after` seconds."""
        while True:
            self._claim_from, entries, *deleted = self._client.xautoclaim(
                self._stream, self._group, self._consumer, self._claim_ms, self._claim_from, count=READ_COUNT
            )
            if deleted and deleted[0]:
                self._report_trimmed(deleted[0])
            claimed = self._present(StreamEntry(entry_id, fields) for entry_id, fields in entries if entry_id)
            if claimed or self._claim_from == "0-0":
                return claimed

    def _present(self, entries: Iterable[StreamEntry]) -> list[StreamEntry]:
        """Drop, and acknowledge, entries that left the stream: Redis returns their ids without fields."""
        present = []
        gone = []
        for entry in entries:
            if entry.fields:
                present.append(entry)
            else:
                self._unacknowledged[entry.entry_id] = None
                gone.append(entry.entry_id)
        if gone:
            self._report_trimmed(gone)
        return present

    def _report_trimmed(self, gone: Sequence[str]) -> None:
        """Report entries that were trimmed before they were acknowledged.

        What is trimmed is older than all that remains. An entry in between was retracted or replaced, and
        another entry says so.
        """
        stream = self._client.xinfo_stream(self._stream)
        first = stream["first-entry"]
        trimmed = [
            entry_id for entry_id in gone if not first or comparable_id(entry_id) < comparable_id(first[0])
        ]
        if trimmed:
            certain = newest_removed(stream) < min(map(comparable_id, trimmed))
            self._report_missed(len(trimmed), stream, certain=certain)

    def _report_unread_trimmed(self) -> None:
        """Report how many alerts were trimmed before the group read them."""
        groups = self._client.xinfo_groups(self._stream)
        group = next((row for row in groups if row["name"] == self._group), None)
        if group is not None:
            read_until = group["last-delivered-id"]
            self._position = self._position or read_until
            stream = self._client.xinfo_stream(self._stream)
            missed = count_missed(group, stream)
            if missed:
                certain = newest_removed(stream) <= comparable_id(read_until)
                self._report_missed(missed, stream, certain=certain)

    def _report_missed(self, count: int, stream: Mapping[str, Any], *, certain: bool) -> None:
        """Report alerts that were trimmed. If that is not certain, some or all may have been retracted."""
        alerts = f"{count} alert{'s were' if count > 1 else ' was'}"
        if certain:
            self._notify(
                f"{alerts} trimmed from {self._stream} before group {self._group} read them: raise "
                "ADE_ALERTS__MAX_LENGTH, or look them up with `ade-monitor query`"
            )
        elif stream["entries-added"] > self._max_length:
            self._notify(
                f"{alerts} retracted, replaced or trimmed before group {self._group} read them: if it reads "
                "too slowly, raise ADE_ALERTS__MAX_LENGTH"
            )

    def _send_acknowledgements(self) -> None:
        if self._unacknowledged:
            resume, self._own_after = self._own_after, "0-0"
            self._client.xack(self._stream, self._group, *self._unacknowledged)
            self._own_after = resume
            self._unacknowledged.clear()

    def _create_group(self) -> None:
        """Create the group where this reader was, or else at the start or the end of the stream."""
        entries_read: int | None = None
        if self._position is not None:
            position, event = self._position, "was gone: it continues where this reader was"
        elif self._from_start:
            position, entries_read, event = "0-0", 0, "is new: it starts at the oldest alert"
        else:
            position, entries_read = end_of_stream(self._client, self._stream)
            event = "is new: it starts at the next alert"
        count = [] if entries_read is None else ["ENTRIESREAD", entries_read]
        try:
            self._client.execute_command(
                "XGROUP", "CREATE", self._stream, self._group, position, "MKSTREAM", *count
            )
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
            return
        self._position = position
        self._notify(f"group {self._group} {event}")


def open_reader(
    settings: Settings,
    *,
    group: str | None,
    consumer: str,
    claim_after: float,
    from_start: bool,
    notify: Notify,
) -> AlertReader:
    """Return a reader of the alert stream: a member of `group`, or without a group a tail.

    The arguments are those of `GroupReader`. The reader connects with its first read.

    Raises:
        SettingsError: `redis.url` is not a URL.
    """
    client, location = connect(settings.redis), location_of(settings.redis)
    if group is None:
        return TailReader(client, settings.alerts.stream, from_start=from_start, location=location)
    return GroupReader(
        client,
        settings.alerts.stream,
        group=group,
        consumer=consumer,
        claim_after=claim_after,
        from_start=from_start,
        notify=notify,
        max_length=settings.alerts.max_length,
        location=location,
    )


def _group_is_gone(error: ResponseError) -> bool:
    return any(sign in str(error) for sign in ("NOGROUP", "no such key", "UNBLOCKED"))
