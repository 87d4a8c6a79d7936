"""What it costs to read the facts of a post: `python -m benchmarks.enrich.fact_case`.

The posts are the written ones of the tests. Of a post without an effect, no facts are read.
"""

from __future__ import annotations

import json
import time
from typing import Final

from monitor.enrich.facts import read_facts
from tests.monitor.enrich.facts.stated_facts import read_posts

ROUNDS: Final = 20
"""Rounds over all posts; the fastest one counts."""


def milliseconds_per_post() -> float:
    """Return the processor time for one post, in milliseconds."""
    texts = [post.text for post in read_posts()]
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for text in texts:
            read_facts(text)
        rounds.append(time.process_time() - start)
    return 1000 * min(rounds) / len(texts)


def main() -> None:
    """Print the cost as one JSON object."""
    print(json.dumps({"facts_ms_per_post": round(milliseconds_per_post(), 4)}))


if __name__ == "__main__":
    main()
