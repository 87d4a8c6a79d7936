"""Run with `python -m benchmarks.connect`."""

from __future__ import annotations

import asyncio
import json
import random
import string
import tempfile
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from monitor.backoff import Backoff
from monitor.connect import (
    Delivery,
    DrugFilter,
    Frame,
    LiveLoop,
    LoopOptions,
    Position,
    StateFile,
    UnreadableFrames,
)
from monitor.connect.jetstream import Jetstream
from monitor.connect.reconnecting import ReconnectRules
from monitor.embedded import Broker
from monitor.kafka import ensure_topics
from monitor.settings import KafkaSettings

POSTS = 20_000
NAMES = (10, 500, 5_000)
ROUNDS = 3
DRUG = "zoloft"
EVERY = 50
"""One post in so many names a drug."""


RULES = ReconnectRules(Backoff(60, 60), Backoff(60, 60), Backoff(60, 60))


def invented_word(dice: random.Random) -> str:
    """Return a word of 2 to 9 random letters."""
    return "".join(dice.choices(string.ascii_lowercase, k=dice.randint(2, 9)))


def invented_texts(dice: random.Random) -> list[str]:
    """Return texts of 8 to 40 words; one in `EVERY` names a drug."""
    vocabulary = [invented_word(dice) for _ in range(20_000)]
    return [
        " ".join(dice.choices(vocabulary, k=dice.randint(8, 40))) + (f" {DRUG}" if n % EVERY == 0 else "")
        for n in range(POSTS)
    ]


def measure_filter(texts: list[str], dice: random.Random) -> None:
    """Print posts per second of the filter, on one core, the best of `ROUNDS`."""
    for count in NAMES:
        # One name in five has two words.
        names = [
            f"drug{invented_word(dice)}{f' {invented_word(dice)}' if n % 5 == 0 else ''}"
            for n in range(count)
        ]
        drug_filter = DrugFilter([DRUG, *names])
        seconds = []
        for _ in range(ROUNDS):
            started = time.process_time()
            matches = sum(map(drug_filter.names_a_drug, texts))
            seconds.append(time.process_time() - started)
        assert matches >= POSTS // EVERY
        print(f"filter, {count:5,} names: {POSTS / min(seconds):10,.0f} posts/s")


@dataclass
class PreparedEvents:
    """Events of Jetstream from memory, read as those of a connection are."""

    events: list[bytes]
    name: str = "bluesky"
    format_name: str = "bluesky"
    rules: ReconnectRules = RULES

    async def frames(self, position: Position | None) -> AsyncGenerator[Frame]:
        """Yield all events, and yield to the writer now and then, as a network does."""
        reader = Jetstream(["ws://unused"])
        for number, event in enumerate(self.events):
            if number % 100 == 0:
                await asyncio.sleep(0)
            yield reader.read_event(event)
        await asyncio.sleep(3_600)


def jetstream_event(number: int, text: str) -> bytes:
    """Return the event of a new post."""
    record = {"$type": "app.bsky.feed.post", "createdAt": "2026-03-14T09:20:00.000Z", "text": text}
    commit = {
        "operation": "create",
        "collection": "app.bsky.feed.post",
        "rkey": f"3l{number}",
        "record": record,
    }
    event = {"did": f"did:plc:{number:024}", "time_us": 1_773_480_000_000_000 + number, "kind": "commit"}
    return json.dumps({**event, "commit": commit}).encode()


async def measure_loop(texts: list[str], kafka: KafkaSettings, folder: Path, *, filtered: bool) -> None:
    """Print posts per second from the parsed frame to the confirmation of the broker."""
    events = [jetstream_event(number, text) for number, text in enumerate(texts)]
    options = LoopOptions(passes=DrugFilter([DRUG]).passes) if filtered else LoopOptions()
    with (
        StateFile(folder / str(filtered), "bluesky") as state,
        UnreadableFrames(None, "bluesky") as unreadable,
    ):
        loop = LiveLoop(PreparedEvents(events), Delivery(kafka), state, unreadable, options)
        stop = asyncio.Event()
        started, cpu = time.perf_counter(), time.process_time()
        running = asyncio.create_task(loop.run(stop))
        expected = POSTS // EVERY if filtered else POSTS
        while loop.activity.posts < POSTS or loop.activity.sent < expected:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        stop.set()
        await running
    kind = f"one post in {EVERY} sent" if filtered else "every post sent"
    print(f"loop, {kind}: {POSTS / seconds:10,.0f} posts/s, {POSTS / cpu:10,.0f} per second of CPU")


def main() -> None:
    """Measure, and print the figures."""
    dice = random.Random(1)
    texts = invented_texts(dice)
    measure_filter(texts, dice)
    with tempfile.TemporaryDirectory() as name:
        broker = Broker(Path(name), start_timeout=60.0)
        broker.start()
        try:
            kafka = KafkaSettings(bootstrap_servers=broker.bootstrap)
            ensure_topics(kafka)
            for filtered in (True, False):
                asyncio.run(measure_loop(texts, kafka, Path(name), filtered=filtered))
        finally:
            broker.kill()


if __name__ == "__main__":
    main()
