"""Notice that another program committed offsets in our group: what it skipped, no worker reads.

A program that joins the group gets some of its partitions. Where it commits, the next worker goes on,
whatever the program did with the messages. Each commit of ours has a note, so the others can be recognized.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog

from monitor.kafka import is_our_note
from monitor.settings import KafkaSettings

log = structlog.get_logger()

NOTES_TIMEOUT: Final = 5.0
"""Seconds for the broker to return the notes of a commit. Meanwhile, no batch is finished."""


class ForeignCommits:
    """Remembers offsets without our note, until it is clear that the broker keeps notes.

    Tansu keeps none, so there a missing note proves nothing.

    Args:
        kafka: the topic and the group.
    """

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._keeps_notes = False
        self._suspects: dict[Any, int] = {}
        self._reported: set[tuple[Any, int]] = set()
        self._is_commit_known = False

    def look(self, committed: Mapping[Any, tuple[int, str]]) -> None:
        """Log offsets of others.

        Args:
            committed: by partition, the offset where we are about to go on, and its note.
        """
        self._keeps_notes |= any(is_our_note(note) for _, note in committed.values())
        self._suspects |= {
            place: offset for place, (offset, note) in committed.items() if not is_our_note(note)
        }
        self._report()

    async def learn_from_commit(
        self, read_back: Callable[[], Awaitable[Mapping[Any, tuple[int, str]]]]
    ) -> None:
        """Learn if the broker keeps notes, after a commit of this process.

        This only serves a line of the log. So an error is logged, and the next commit is looked at.

        Args:
            read_back: returns the offsets that were just committed, and their notes.
        """
        if self._is_commit_known:
            return
        try:
            async with asyncio.timeout(NOTES_TIMEOUT):
                committed = await read_back()
        except MemoryError:
            raise
        except Exception as error:
            log.warning("the notes of committed offsets cannot be read now", problem=repr(error))
            return
        self._is_commit_known = True
        self._keeps_notes |= any(is_our_note(note) for _, note in committed.values())
        self._report()

    def _report(self) -> None:
        if not self._keeps_notes:
            return
        for place, offset in self._suspects.items():
            if (place, offset) in self._reported:
                continue
            self._reported.add((place, offset))
            log.error(
                "another program committed offsets in our group",
                topic=place.topic,
                partition=place.partition,
                offset=offset,
                problem=f"a program that is not a worker, or an older version, moved the group "
                f"{self._kafka.group_id} to offset {offset}; messages before it may not be scored. Give that "
                "program a group of its own, stop the workers, and run `ade-monitor topics rewind --to "
                "database`",
            )
        self._suspects.clear()
