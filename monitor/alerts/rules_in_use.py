"""The rules that a worker uses: read at its start, and taken up again when their file changes.

A wrong file never replaces rules that work. The worker keeps those, and logs what is wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from monitor import metrics
from monitor.alerts.rulebook import (
    DEFAULT_RULES,
    NO_KNOWLEDGE,
    DrugNames,
    HashAuthor,
    Knowledge,
    RuleBook,
    RulesError,
    no_author,
    read_rules,
)
from monitor.alerts.rules import AlertRules
from monitor.settings import AlertSettings
from monitor.store import RaiseAlerts

log = structlog.get_logger()

LOOK_INTERVAL: Final = 2.0
"""Seconds between two looks. The file must not change between two of them: it may be half written."""

FileState = tuple[int, int, int]
"""Time of the last change in nanoseconds, size in bytes, and number of the inode."""


class RulesInUse:
    """The rules of a process.

    Args:
        settings: the rules file, and the minimum probability.
        names: the dictionary of drugs; without one, every name is accepted.
        knowledge: returns what the rules look up now.
        hash_author: hashes authors for cooldowns by author; by default these do not apply.

    Raises:
        RulesError: the file cannot be read, or something in it is wrong.
    """

    def __init__(
        self,
        settings: AlertSettings,
        names: DrugNames | None = None,
        knowledge: Callable[[], Knowledge] = lambda: NO_KNOWLEDGE,
        hash_author: HashAuthor = no_author,
    ) -> None:
        self._hash_author = hash_author
        self._knowledge = knowledge
        self._path = settings.rules
        self._min_probability = settings.min_probability
        self._names = names
        self._read_state: FileState | None = None
        self._seen: FileState | None = None
        self._book = DEFAULT_RULES
        if self._path is not None:
            self._read_state = _state_of(self._path)
            self._book = self._read(self._path)
        metrics.RULES_LOADED.set(len(self._book.rules))

    @property
    def book(self) -> RuleBook:
        """The rules now."""
        return self._book

    def alert_rules(self, bundle: str) -> RaiseAlerts:
        """Return what decides about the effects of a batch, by the rules as they are now.

        Args:
            bundle: version of the bundle that scored the batch.
        """
        rules = AlertRules(
            bundle=bundle,
            min_probability=self._min_probability,
            book=self._book,
            knowledge=self._knowledge(),
            hash_author=self._hash_author,
        )
        return rules.decide

    async def run(self) -> None:
        """Look for another file again and again, until cancelled. Without a file, return at once."""
        while self._path is not None:
            await asyncio.sleep(LOOK_INTERVAL)
            try:
                await asyncio.to_thread(self.look)
            except Exception:
                log.exception("the rules file could not be looked at")  # and the rules in use go on

    def look(self) -> None:
        """Take up the file if it is another one, and has stayed the same since the last look. Blocking."""
        if self._path is None:
            return
        state = _state_of(self._path)
        if state == self._read_state or state != self._seen:
            self._seen = state
            return
        self._read_state = state
        try:
            book = self._read(self._path)
        except RulesError as error:
            log.error("rules refused", file=str(self._path), problem=str(error), stays=len(self._book.rules))
            metrics.RULES_RELOADS.labels(outcome="refused").inc()
            return
        self._book = book
        log.info("rules changed", file=str(self._path), rules=len(book.rules))
        metrics.RULES_RELOADS.labels(outcome="taken").inc()
        metrics.RULES_LOADED.set(len(book.rules))

    def _read(self, path: Path) -> RuleBook:
        """Read the file. Groups that the imported terminology lacks are a warning: it may change any time.

        Raises:
            RulesError: something else in the file is wrong.
        """
        knowledge = self._knowledge()
        try:
            book = read_rules(path, names=self._names, knowledge=knowledge)
            problem = book.lacks(knowledge)
        except RulesError as error:
            book = read_rules(path, names=self._names)
            problem = str(error)
        if problem:
            log.warning("some rules never apply", file=str(path), problem=problem)
        return book


def _state_of(path: Path) -> FileState | None:
    """Return the state of a file, or None if there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
