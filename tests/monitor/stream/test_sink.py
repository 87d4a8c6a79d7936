"""The last stage writes first, then acknowledges; it waits for a database that is away, and reports edits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from models import TweetPrediction
from monitor.alerts import AlertRules
from monitor.effect_reports import EffectReport
from monitor.errors import FatalError, RetryableError
from monitor.ingest import Batch, KafkaEvent
from monitor.records import ScoredPost
from monitor.settings import Settings, WorkerSettings
from monitor.store import AppliedEvent, AuditedEvent, RaiseAlerts, Written
from monitor.store.cooldowns import EffectDecisions
from monitor.stream.sink import WriteBatches
from tests.monitor.kafka_events import batch_of, batch_of_texts, event
from tests.monitor.stream.scorers import PickyScorer


class ScriptedStore:
    """Answers each write with the next of `answers`: a result, or an error to raise."""

    def __init__(self, steps: list[str], *answers: Written | Exception) -> None:
        self.steps = steps
        self.answers = list(answers)
        self.arguments: dict[str, Any] = {}

    async def apply_events(self, events: Sequence[AuditedEvent]) -> list[AppliedEvent]:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            self.steps.append("failed")
            raise answer
        self.steps.append(f"applied {[event.source for event in events]}")
        return [
            AppliedEvent(event, number, Counter(tweets=1, alert_outbox=1))
            for number, event in enumerate(events, 1)
        ]

    async def write_batch(self, scored: Sequence[ScoredPost], **arguments: Any) -> Written:
        self.arguments = {"scored": scored, **arguments}
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            self.steps.append("failed")
            raise answer
        self.steps.append("written")
        return answer


class Sink:
    """A last stage on a `ScriptedStore`, and the steps it takes."""

    def __init__(self, *answers: Written | Exception, retry_max_wait: float = 0.001) -> None:
        self.steps: list[str] = []
        self.rules_of: str | None = None
        self.store = ScriptedStore(self.steps, *answers)
        self.stage = WriteBatches(
            Settings(worker=WorkerSettings(retry_max_wait=retry_max_wait)),
            store=self.store,  # type: ignore[arg-type]
            alert_rules=self.rules,
            on_alerts=lambda: self.steps.append("relay nudged"),
            on_removals=lambda: self.steps.append("letters nudged"),
            acknowledge=self.acknowledge,
            cache_counts=lambda: None,
        )

    def rules(self, bundle: str) -> RaiseAlerts:
        self.rules_of = bundle
        return self.raise_alerts

    def raise_alerts(self, reports: Sequence[EffectReport]) -> EffectDecisions:
        return AlertRules(bundle="picky-1").decide(reports)

    async def acknowledge(self, events: Sequence[KafkaEvent]) -> None:
        self.steps.append(f"acknowledged {[event.message.offset for event in events]}")


def a_batch() -> Batch:
    batch = batch_of_texts("one", "two")
    prediction = TweetPrediction("NoADE", 0.1)
    scored = tuple(ScoredPost(received, prediction) for received in batch.posts)
    return replace(batch, scored=scored, scorer=PickyScorer())


async def test_events_are_acknowledged_in_order_after_the_write() -> None:
    sink = Sink(Written(2, 0, 0))
    batch = a_batch()
    assert await sink.stage.process(batch) == batch
    assert sink.steps == ["written", "acknowledged [0, 1]"]
    (span,) = sink.store.arguments.pop("spans")
    assert (span.first, span.end) == (0, 2)
    assert sink.store.arguments == {
        "scored": batch.scored,
        "bundle": "picky-1",
        "raise_alerts": sink.raise_alerts,
        "progress": batch.progress(),
        "group": "ade-monitor",
        "skipped": (),
    }


async def test_rows_and_alerts_name_the_bundle_that_scored_their_batch() -> None:
    class AnotherScorer(PickyScorer):
        version = "another-2"

    sink = Sink(Written(2, 0, 0), Written(2, 0, 0))
    for scorer in (PickyScorer(), AnotherScorer()):
        await sink.stage.process(replace(a_batch(), scorer=scorer))
        assert (sink.store.arguments["bundle"], sink.rules_of) == (scorer.version, scorer.version)


async def test_a_batch_without_a_bundle_is_never_written() -> None:
    sink = Sink(Written(2, 0, 0))
    with pytest.raises(ValueError, match="no scorer"):
        await sink.stage.process(replace(a_batch(), scorer=None))
    assert sink.steps == []


@pytest.mark.parametrize("written", [Written(2, 1, 1), Written(2, 1, 0, changed_alerts=1)])
async def test_the_relay_is_nudged_if_alerts_are_new_or_changed(written: Written) -> None:
    sink = Sink(written)
    await sink.stage.process(a_batch())
    assert sink.steps == ["written", "relay nudged", "acknowledged [0, 1]"]


async def test_letters_are_looked_for_if_more_ids_are_known_to_be_removed() -> None:
    sink = Sink(Written(1, 0, 0, removed=1, late=1))
    await sink.stage.process(a_batch())
    assert sink.steps == ["written", "letters nudged", "acknowledged [0, 1]"]


DELETION = b'{"tombstone": {"event": "delete", "id": "a very secret id"}}'


async def test_deletions_of_a_batch_are_applied_before_its_posts_are_written() -> None:
    sink = Sink(RetryableError("away"), Written(0, 0, 0), RetryableError("away"), Written(1, 0, 0))
    batch = batch_of(event("one"), event(raw=DELETION, offset=7, partition=3))
    batch = replace(batch, scorer=PickyScorer())
    with capture_logs() as lines:
        await sink.stage.process(batch)
    assert sink.steps == [
        "failed",
        "applied ['tweets/3/7']",
        "relay nudged",
        "letters nudged",
        "failed",
        "written",
        "acknowledged [0, 7]",
    ]
    [line] = [line for line in lines if line["event"] == "compliance events applied"]
    assert (line["events"], line["erased_posts"], line["retracted_alerts"]) == ({"delete": 1}, 1, 1)
    assert "a very secret id" not in str(lines)


async def test_a_batch_is_written_again_until_the_database_is_back_and_then_acknowledged() -> None:
    sink = Sink(RetryableError("away"), RetryableError("away"), Written(2, 0, 0))
    with capture_logs() as events:
        await sink.stage.process(a_batch())
    assert sink.steps == ["failed", "failed", "written", "acknowledged [0, 1]"]
    assert [line["event"] for line in events if line["event"].startswith("database")] == [
        "database away, trying again",
        "database answers again",
    ]


async def test_pauses_between_attempts_begin_short_and_grow_to_the_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []

    async def record(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("monitor.retrying.asyncio.sleep", record)
    failures = [RetryableError("away")] * 7
    await Sink(*failures, Written(2, 0, 0), retry_max_wait=2).stage.process(a_batch())
    longest_pauses = [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    assert len(pauses) == len(longest_pauses)
    for pause, longest in zip(pauses, longest_pauses, strict=True):
        assert longest / 2 <= pause <= longest


async def test_a_batch_that_the_database_refuses_is_never_acknowledged() -> None:
    sink = Sink(FatalError("refused"))
    with pytest.raises(FatalError):
        await sink.stage.process(a_batch())
    assert sink.steps == ["failed"]


async def test_each_batch_is_logged_at_debug_level() -> None:
    with capture_logs() as events:
        await Sink(Written(2, 3, 1)).stage.process(a_batch())
    [debug] = [line for line in events if line["log_level"] == "debug"]
    del debug["write_ms"]
    assert debug == {
        "event": "batch written",
        "log_level": "debug",
        "tweets": 2,
        "new": 2,
        "mentions": 3,
        "alerts": 1,
        "dead_letters": 0,
    }
