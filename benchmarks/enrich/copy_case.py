"""What it costs to recognize copies: `python -m benchmarks.enrich.copy_case`.

The keys of a text are made for positive posts alone. With `--burst N`, a Postgres of its own stores N copies
of one text, N texts that differ in a number, and N different texts, with and without looking for copies.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from models.scoring import DummyScorer
from monitor.alerts.rules import AlertRules
from monitor.embedded import Postgres
from monitor.enrich.copies import copy_keys
from monitor.findings import Findings
from monitor.records import Origin, Post, Progress, ReceivedPost, ScoredPost
from monitor.settings import DatabaseSettings, EnrichSettings, Settings
from monitor.store import Store, upgrade_database
from tests.monitor.enrich.copies.written_posts import POSTS

ROUNDS: Final = 30
"""Rounds over all texts; the fastest one counts."""

BATCH: Final = 256
TEXT: Final = "day 3 on zoloft and the headache still will not let me sleep for a single night"
STARTED: Final = datetime(2026, 7, 1, tzinfo=UTC)


def microseconds_per_text() -> float:
    """Return the processor time for the keys of one text, in microseconds."""
    texts = [post.format(drug="zoloft", effect="brain fog") for post in POSTS]
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for text in texts:
            copy_keys(text)
        rounds.append(time.process_time() - start)
    return 1e6 * min(rounds) / len(texts)


async def burst(settings: Settings, name: str, texts: Sequence[str]) -> dict[str, float]:
    """Store a post for each text, and return the posts per second and the number of alerts."""
    store, rules = Store(settings), AlertRules(bundle="dummy-1")
    alerts, start = 0, time.perf_counter()
    for number, batch in enumerate(_batches(name, texts, with_keys=settings.enrich.duplicates)):
        written = await store.write_batch(
            batch,
            bundle="dummy-1",
            raise_alerts=rules.decide,
            progress=[Progress("tweets", 0, number)],
            group=name,
        )
        alerts += written.new_alerts
    seconds = time.perf_counter() - start
    await store.close()
    return {"posts_per_second": round(len(texts) / seconds), "alerts": alerts}


def _batches(name: str, texts: Sequence[str], *, with_keys: bool) -> Iterator[list[ScoredPost]]:
    predictions = DummyScorer().score(texts)
    for start in range(0, len(texts), BATCH):
        batch = []
        for number in range(start, min(start + BATCH, len(texts))):
            post = Post(f"{name}-{number}", texts[number], created_at=STARTED)
            received = ReceivedPost(post, Origin("tweets", 0, number, STARTED))
            findings = Findings(copy_keys=copy_keys(post.text) if with_keys else ())
            batch.append(ScoredPost(received, predictions[number], findings))
        yield batch


def _different(number: int) -> str:
    """Return a text with a headache and eleven words of its own."""
    words = " ".join(f"{hashlib.sha256(f'{number} {n}'.encode()).hexdigest()[:6]}w" for n in range(11))
    return f"zoloft headache {words}"


def bursts(posts: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return the figures of bursts in a Postgres of their own."""
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(Path(folder) / "postgres", start_timeout=120)
        server.start()
        try:
            settings = Settings(database=DatabaseSettings(url=SecretStr(server.url)))
            upgrade_database(settings)
            without = settings.model_copy(update={"enrich": EnrichSettings(duplicates=False)})
            same = [TEXT] * posts
            numbered = [f"{TEXT}, number {number}" for number in range(posts)]
            different = [_different(number) for number in range(posts)]
            return {
                name: {
                    "with": asyncio.run(burst(settings, f"{name} with", texts)),
                    "without": asyncio.run(burst(without, f"{name} without", texts)),
                }
                for name, texts in (("same", same), ("numbered", numbered), ("different", different))
            }
        finally:
            server.stop()


def main() -> None:
    """Print the costs as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--burst", type=int, default=0, help="number of copies to store")
    options = parser.parse_args()
    costs: dict[str, object] = {"keys_us_per_text": round(microseconds_per_text(), 1)}
    if options.burst:
        costs["bursts"] = bursts(options.burst)
    print(json.dumps(costs))


if __name__ == "__main__":
    main()
