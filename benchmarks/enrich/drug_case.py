"""What it costs to find the drugs of a post: `python -m benchmarks.enrich.drug_case`.

The posts are generated tweets. Most of them name a drug, as in a feed that a drug list selects. `other` are
the same tweets with each name left out, as in a feed of everything. The baseline splits the texts into words
(`monitor.word_search.words_of`), which any search for whole words in Python begins with.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from benchmarks.inference.tweet_sample import sample_texts
from benchmarks.measured_process import memory_mb
from monitor.enrich.drugs import DrugMatcher, load_matcher
from monitor.settings import EnrichSettings
from monitor.word_search import words_of

ROUNDS: Final = 30
"""Rounds over each part of the posts; the fastest one counts."""
PART: Final = 64
"""Number of posts in a part: short enough that other programs leave some round alone."""


def microseconds_per_post(step: Callable[[str], object], texts: Sequence[str], rounds: int) -> float:
    """Return the processor time of a step for one post, in microseconds."""
    total = 0.0
    for first in range(0, len(texts), PART):
        part = texts[first : first + PART]
        times = []
        for _ in range(rounds):
            start = time.process_time()
            for text in part:
                step(text)
            times.append(time.process_time() - start)
        total += min(times)
    return 1e6 * total / len(texts)


def without_drugs(matcher: DrugMatcher, text: str) -> str:
    """Return a text without the drugs that it names."""
    for mention in reversed(matcher.find(text)):
        text = text[: mention.start] + "it" + text[mention.end :]
    return text


def measure(*, quick: bool) -> dict[str, Any]:
    """Measure loading, and both kinds of posts."""
    memory, start = memory_mb("VmRSS"), time.process_time()
    matcher = load_matcher(EnrichSettings())
    names_s = time.process_time() - start
    matcher.find("")  # builds the search for misspellings
    load_s, loaded_mb = time.process_time() - start, memory_mb("VmRSS") - memory
    named = sample_texts(256 if quick else 2_048)
    other = [without_drugs(matcher, text) for text in named]
    rounds = 10 if quick else ROUNDS
    figures = {
        f"{kind}_{name}_us": round(microseconds_per_post(step, texts, rounds), 2)
        for kind, texts in (("named", named), ("other", other))
        for name, step in (("baseline", words_of), ("drugs", matcher.find))
    }
    return {
        **figures,
        "named_posts_per_s": round(1e6 / figures["named_drugs_us"]),
        "other_posts_per_s": round(1e6 / figures["other_drugs_us"]),
        "names_load_s": round(names_s, 2),
        "load_s": round(load_s, 2),
        "memory_mb": round(loaded_mb),
    }


def main() -> None:
    """Print the cost as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer posts")
    print(json.dumps(measure(quick=parser.parse_args().quick)))


if __name__ == "__main__":
    main()
