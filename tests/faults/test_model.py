"""A model that fails on some posts: these become dead letters with the reason, and all others are stored."""

from __future__ import annotations

import json
import time
from pathlib import Path

from monitor.settings import ModelSettings, Settings
from tests.faults.conftest import FaultBroker
from tests.faults.damage import count_damage
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults, send
from tests.poisoned_bundle import POISON, make_poisoned_bundle
from tests.processes import running, wait_for
from tests.tiny import NEGATIVE
from tests.topic_content import content_of

PATIENCE = 300.0
POSTS = 2_000
POISONED = 1_234


async def test_one_post_with_nan_in_two_thousand_becomes_a_dead_letter(
    each_broker: FaultBroker, on_broker: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    bundle = str(make_poisoned_bundle(tmp_path / "bundle"))
    settings = on_broker.model_copy(update={"model": ModelSettings(bundle=bundle, device="cpu", cache=0)})
    texts = [f"{NEGATIVE[place % len(NEGATIVE)]} {place}" for place in range(POSTS)]
    texts[POISONED] += f" {POISON}"
    with running(settings, tmp_path, "worker") as worker:
        wait_for(lambda: "partitions assigned" in worker.output(), PATIENCE, watching=worker)
        started = time.monotonic()
        send(settings, [json.dumps({"id": str(n), "text": text}).encode() for n, text in enumerate(texts)])
        wait_for(lambda: results.scored() == POSTS - 1, PATIENCE, watching=worker)
        recovery_s = time.monotonic() - started
        [letter] = await content_of(
            settings.kafka.bootstrap_servers, settings.kafka.dead_letter_topic, count=1, partitions=1
        )
        assert worker.stop() == 0, worker.output()
        damage = count_damage(settings, {str(n) for n in range(POSTS) if n != POISONED}, dated=False)
        report.add(
            f"model returns NaN for one of {POSTS} posts",
            damage,
            broker=each_broker.name,
            recovery_s=recovery_s,
        )
        assert json.loads(letter.value)["id"] == str(POISONED)
        assert dict(letter.headers)["ade-reason"] == b"model-error"
        assert (damage.lost, damage.doubled) == (0, 0)
