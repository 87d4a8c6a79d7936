"""What it costs to link effects to drugs: `python -m benchmarks.enrich.link_case`.

The posts are the written ones of the tests, nearly all with two drugs or more, so a usual post costs less. A
post without an effect costs nothing.
"""

from __future__ import annotations

import json
import time
from typing import Final

from monitor.enrich.drug_links import link_drugs
from tests.monitor.enrich.drug_links.written_posts import read_posts

ROUNDS: Final = 30
"""Rounds over all posts; the fastest one counts."""


def milliseconds_per_post() -> float:
    """Return the processor time for one post, in milliseconds."""
    posts = [(written.post, written.drugs, written.mentions) for written in read_posts()]
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for post, drugs, mentions in posts:
            link_drugs(post, drugs, mentions)
        rounds.append(time.process_time() - start)
    return 1000 * min(rounds) / len(posts)


def main() -> None:
    """Print the cost as one JSON object."""
    print(json.dumps({"links_ms_per_post": round(milliseconds_per_post(), 4)}))


if __name__ == "__main__":
    main()
