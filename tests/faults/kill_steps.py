"""The named steps of a batch between read and commit, and of an alert, at which a worker is killed.

The product knows nothing of this: `kill_at` replaces one function in the present process by one that counts
its calls, and kills the process at the n-th.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal


@dataclass(frozen=True)
class KillStep:
    """A moment in the work of a worker.

    Attributes:
        name: of the step.
        moment: before or after a call of the function.
        module: where the function is looked up.
        function: its name there, such as `Store.write_batch`.
    """

    name: str
    moment: Literal["before", "after"]
    module: str
    function: str


STEPS: Final = (
    KillStep("read", "before", "monitor.stream.stages", "ReadMessages.process"),
    KillStep("languages", "before", "monitor.stream.other_languages", "SkipOtherLanguages.process"),
    KillStep("score", "before", "monitor.stream.scoring", "ScorePosts.process"),
    KillStep("scored", "after", "monitor.stream.scoring", "ScorePosts.process"),
    KillStep("letters sent", "after", "monitor.stream.stages", "SendDeadLetters.process"),
    KillStep("deletions applied", "after", "monitor.store", "Store.apply_events"),
    KillStep("write", "before", "monitor.store", "Store.write_batch"),
    KillStep("in the transaction", "before", "monitor.store.writing", "add_to_counts"),
    KillStep("written", "after", "monitor.store", "Store.write_batch"),
    KillStep(
        "acknowledged", "before", "monitor.stream.positions.positioned_thread", "PositionedThread._commit"
    ),
    KillStep("committed", "after", "monitor.stream.positions.positioned_thread", "PositionedThread._commit"),
    KillStep("publish", "before", "monitor.alerts.redis", "RedisPublisher.publish"),
    KillStep("published", "before", "monitor.alerts", "Relay._mark"),
    KillStep("marked", "after", "monitor.alerts", "Relay._mark"),
)
"""Steps in the order of a batch, then of its alerts. "Marked" is before the relay's commit."""

ENRICHMENT_STEPS: Final = (
    KillStep("enrich", "before", "monitor.stream.enrichment", "EnrichPosts.process"),
    KillStep("enriched", "after", "monitor.stream.enrichment", "EnrichPosts.process"),
    KillStep("copies found", "after", "monitor.store.reported_effects", "find_copies"),
    KillStep("cases assigned", "after", "monitor.store.reported_effects", "assign_cases"),
    KillStep("findings written", "after", "monitor.store.writing", "_write_findings"),
    KillStep("cooldowns taken", "after", "monitor.store.writing", "take_cooldowns"),
    KillStep("alerts written", "after", "monitor.store.writing", "_write_alerts"),
    KillStep("before the commit", "after", "monitor.store.writing", "add_to_counts"),
)
"""Those at which copies, cases, pairs, cooldowns and counts are half written, in the order of a batch."""

BY_NAME: Final = {step.name: step for step in (*STEPS, *ENRICHMENT_STEPS)}


def kill_at(name: str, visit: int) -> None:
    """Make this process kill itself at a step.

    Args:
        name: of one of `STEPS` or `ENRICHMENT_STEPS`.
        visit: at which visit of the step, from 1.
    """
    step = BY_NAME[name]
    owner: Any = importlib.import_module(step.module)
    *classes, function = step.function.split(".")
    for name in classes:
        owner = getattr(owner, name)
    setattr(owner, function, _counting(getattr(owner, function), step.moment, visit))


def _counting(function: Callable[..., Any], moment: str, visit: int) -> Callable[..., Any]:
    visits = 0

    def count() -> None:
        nonlocal visits
        visits += 1
        if visits == visit:
            os.kill(os.getpid(), signal.SIGKILL)

    assert inspect.iscoroutinefunction(function)

    @functools.wraps(function)
    async def counted(*arguments: Any, **options: Any) -> Any:
        if moment == "before":
            count()
        result = await function(*arguments, **options)
        if moment == "after":
            count()
        return result

    return counted
