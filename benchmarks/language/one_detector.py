"""One detector in its own process: what it skips and loses at each limit, its speed, and its memory."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

from benchmarks.language.detectors import DETECTORS, Probabilities
from benchmarks.language.posts import english_posts, foreign_posts
from benchmarks.measured_process import memory_mb
from models.languages import primary_language
from monitor.enrich.language import PLATFORM_DOUBTED_FROM, UNWANTED_BELOW, detectable_text

Doubt = Callable[[Probabilities], float]
"""How sure a detector is that a post is not English: a post is skipped from a limit on."""

TOLERATED: Final = (0.0, 0.001, 0.01)
"""Shares of the English posts that may be lost."""


def not_wanted(probabilities: Probabilities) -> float:
    """Return the doubt of the rule `wanted`: English is improbable."""
    return -_english(probabilities)


def other_is_best(probabilities: Probabilities) -> float:
    """Return the doubt of the rule `best`: another language is probable."""
    best = max(probabilities, key=probabilities.__getitem__, default=None)
    if best is None or primary_language(best) == "en":
        return -1.0
    return probabilities[best]


RULES: Final[Mapping[str, Doubt]] = {"wanted": not_wanted, "best": other_is_best}


def share_above(values: Sequence[float], limit: float) -> float:
    """Return the share of the posts whose value is above the limit."""
    return sum(value > limit for value in values) / len(values)


def limit_for(english: Sequence[float], tolerated: float) -> float:
    """Return the lowest limit that loses no more than the tolerated share of the English posts."""
    allowed = int(len(english) * tolerated)
    return sorted(english, reverse=True)[allowed]


def measure(name: str, *, quick: bool, shared: Path | None) -> dict[str, Any]:
    """Measure a detector."""
    english, foreign = english_posts(quick, shared), foreign_posts(quick)
    before, started = memory_mb("VmRSS"), time.perf_counter()
    detect = DETECTORS[name]()
    detect("a text")
    load_s, memory = time.perf_counter() - started, memory_mb("VmRSS") - before
    texts = [detectable_text(text) for text in chain(*english.values(), (text for _, text in foreign))]
    started = time.process_time()
    detected = [detect(text) for text in texts]
    posts_per_s = len(texts) / (time.process_time() - started)
    results = iter(detected)
    of_english = {kind: [next(results) for _ in posts] for kind, posts in english.items()}
    of_foreign = list(results)
    return {
        "detector": name,
        "posts": {**{kind: len(posts) for kind, posts in english.items()}, "foreign": len(foreign)},
        "load_s": round(load_s, 2),
        "memory_mb": round(memory),
        "posts_per_s": round(posts_per_s),
        "right_language": round(_right([lang for lang, _ in foreign], of_foreign), 3),
        "rules": {rule: _rule_figures(doubt, of_english, of_foreign) for rule, doubt in RULES.items()},
        "chosen": _at_limit(of_english, of_foreign, foreign) if name == "py3langid" else None,
    }


def _rule_figures(
    doubt: Doubt, english: Mapping[str, Sequence[Probabilities]], foreign: Sequence[Probabilities]
) -> dict[str, Any]:
    """Return the share of the foreign posts that are skipped, for each tolerated loss."""
    of_english = [doubt(probabilities) for probabilities in chain(*english.values())]
    of_foreign = [doubt(probabilities) for probabilities in foreign]
    limits = {str(tolerated): limit_for(of_english, tolerated) for tolerated in TOLERATED}
    return {
        tolerated: {"limit": limit, "skipped": round(share_above(of_foreign, limit), 3)}
        for tolerated, limit in limits.items()
    }


def _at_limit(
    english: Mapping[str, Sequence[Probabilities]],
    detected: Sequence[Probabilities],
    foreign: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    """Return what the worker's own limit skips, by where the posts come from and by language."""
    skipped: dict[str, list[bool]] = {}
    for (lang, _), probabilities in zip(foreign, detected, strict=True):
        skipped.setdefault(lang, []).append(_english(probabilities) < UNWANTED_BELOW)
    return {
        "limit": UNWANTED_BELOW,
        "lost": {
            kind: sum(_english(probabilities) < UNWANTED_BELOW for probabilities in posts)
            for kind, posts in english.items()
        },
        "skipped": {lang: round(sum(values) / len(values), 2) for lang, values in skipped.items()},
        "skipped_of_all": round(sum(map(sum, skipped.values())) / len(foreign), 3),
        "platform_doubted": {
            kind: round(share_above([_english(each) for each in posts], PLATFORM_DOUBTED_FROM), 3)
            for kind, posts in {**english, "foreign": detected}.items()
        },
    }


def _english(probabilities: Probabilities) -> float:
    return sum(value for language, value in probabilities.items() if primary_language(language) == "en")


def _right(languages: Sequence[str], detected: Sequence[Probabilities]) -> float:
    """Return the share of the posts whose most probable language is the right one."""
    right = [
        primary_language(max(probabilities, key=probabilities.__getitem__, default=None))
        == primary_language(language)
        for language, probabilities in zip(languages, detected, strict=True)
    ]
    return sum(right) / len(right)


def main() -> None:
    """Read the options, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detector", required=True, choices=DETECTORS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--shared", type=Path)
    options = parser.parse_args()
    print(json.dumps(measure(options.detector, quick=options.quick, shared=options.shared)))


if __name__ == "__main__":
    main()
