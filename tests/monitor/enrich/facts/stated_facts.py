"""Written posts with the facts that they state, and how many of them the rules read.

`python -m tests.monitor.enrich.facts.stated_facts [tune|held]` prints the figures of `docs/cases.md`. In
`stated_facts.tsv`, `{two days after starting>onset=2 days}` is a fact with its value. The column
`patient` has the value of the fact `PATIENT`, as a reader understands the post, or `-`. The rules were
written with one half of the posts ("tune"); the other half ("held") was not looked at meanwhile. More
than a third are traps, which state no fact although their words look like one.
"""

# ruff: noqa: T201

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from monitor.enrich.facts import read_facts
from monitor.findings import SERIOUS, Fact, FactKind

FILE: Final = Path(__file__).with_suffix(".tsv")
_MARKUP: Final = re.compile(r"\{(?P<words>[^}>]+)>(?P<kind>[a-z-]+)(?:=(?P<value>[^}]+))?\}")


@dataclass(frozen=True, slots=True)
class StatedFacts:
    """A written post: its half, its group, its text, and the facts that it states."""

    half: str
    group: str
    text: str
    facts: tuple[Fact, ...]
    patient: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A fact that was read or stated: right, wrong, or missed."""

    kind: FactKind
    result: str
    words: str
    text: str


def read_posts() -> list[StatedFacts]:
    """Return the written posts."""
    posts = []
    for line in FILE.read_text(encoding="utf-8").splitlines()[1:]:
        half, group, patient, marked = line.split("\t")
        text, facts, position = "", [], 0
        for match in _MARKUP.finditer(marked):
            text += marked[position : match.start()]
            end = len(text) + len(match["words"])
            facts.append(Fact(FactKind(match["kind"]), len(text), end, match["words"], match["value"]))
            text += match["words"]
            position = match.end()
        text += marked[position:]
        posts.append(StatedFacts(half, group, text, tuple(facts), None if patient == "-" else patient))
    return posts


def outcomes(post: StatedFacts) -> list[Outcome]:
    """Compare what the rules read with what the post states: by kind, overlap and value."""
    read = [fact for fact in read_facts(post.text) if fact.kind is not FactKind.PATIENT]
    missed = list(post.facts)
    results = []
    for fact in read:
        stated = next((other for other in missed if _is_same(fact, other)), None)
        if stated is not None:
            missed.remove(stated)
        elif any(_is_same(fact, other) for other in post.facts):
            continue
        results.append(
            Outcome(fact.kind, "right" if stated else "wrong", f"{fact.text} ({fact.value})", post.text)
        )
    results += [Outcome(fact.kind, "missed", f"{fact.text} ({fact.value})", post.text) for fact in missed]
    patients = {fact.value for fact in read_facts(post.text) if fact.kind is FactKind.PATIENT}
    for value in patients - {post.patient}:
        results.append(Outcome(FactKind.PATIENT, "wrong", str(value), post.text))
    if post.patient is not None:
        result = "right" if post.patient in patients else "missed"
        results.append(Outcome(FactKind.PATIENT, result, post.patient, post.text))
    return results


def _is_same(fact: Fact, stated: Fact) -> bool:
    overlaps = fact.start < stated.end and stated.start < fact.end
    return fact.kind is stated.kind and overlaps and fact.value == stated.value


def shares(results: list[Outcome]) -> tuple[int, int, int]:
    """Return how many are right, wrong and missed."""
    counts = Counter(outcome.result for outcome in results)
    return counts["right"], counts["wrong"], counts["missed"]


def main(halves: list[str]) -> None:
    """Print precision and recall of each half, by kind."""
    posts = read_posts()
    for half in halves:
        results = [outcome for post in posts if post.half == half for outcome in outcomes(post)]
        if half == "tune" or "-v" in sys.argv:
            for outcome in results:
                if outcome.result != "right":
                    print(f"{outcome.result} {outcome.kind}: {outcome.words!r} | {outcome.text}")
        groups = {
            "serious": [outcome for outcome in results if outcome.kind in SERIOUS],
            "use": [o for o in results if o.kind not in SERIOUS and o.kind is not FactKind.PATIENT],
            **{kind.value: [outcome for outcome in results if outcome.kind is kind] for kind in FactKind},
        }
        for name, group in groups.items():
            right, wrong, missed = shares(group)
            precision, recall = right / max(1, right + wrong), right / max(1, right + missed)
            print(
                f"{half} {name}: precision {precision:.1%} ({wrong} wrong), recall {recall:.1%} ({missed} of "
                f"{right + missed} missed)"
            )


if __name__ == "__main__":
    main([name for name in sys.argv[1:] if name != "-v"] or ["tune", "held"])
