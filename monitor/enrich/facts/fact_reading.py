"""All facts that a text states, in the order of the text."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from monitor.enrich.facts.patients import patients
from monitor.enrich.facts.quantities import table_word
from monitor.enrich.facts.serious_facts import SERIOUS_RULES
from monitor.enrich.facts.timing_facts import TIMING_RULES
from monitor.enrich.facts.use_facts import USE_RULES
from monitor.findings import Fact, FactKind

LONGEST_READ: Final = 20_000
"""Characters that are read of a text."""

MOST_FACTS: Final = 100
"""Facts that are kept of a text, the first ones: a list of doses may have thousands."""

_RULES: Final = (*SERIOUS_RULES, *TIMING_RULES, *USE_RULES)


def read_facts(text: str) -> tuple[Fact, ...]:
    """Return the facts that a text states explicitly, with spans in its code points.

    The rules are tables: `serious_facts.py`, `timing_facts.py`, `use_facts.py`, `patients.py`. They
    prefer to miss a fact over inventing one: a negation, a condition or a usual figure of speech takes a
    match back. Of matches of one kind that overlap, the longest counts.
    """
    read = text[:LONGEST_READ]
    lowered = table_word(read)
    matches = [fact for rule in _RULES for fact in rule.facts(read, lowered)]
    kept = [*_longest(matches), *patients(read)]
    return tuple(sorted(kept, key=lambda fact: (fact.start, fact.end, fact.kind))[:MOST_FACTS])


def _longest(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Yield the longest of the facts of one kind that overlap, the first of those that are equally long."""
    kept: dict[FactKind, list[tuple[int, int]]] = defaultdict(list)
    for fact in sorted(facts, key=lambda fact: (fact.start - fact.end, fact.start, fact.value or "")):
        spans = kept[fact.kind]  # in the order of the text; none of them overlap
        after = bisect_left(spans, (fact.end, 0))
        if after == 0 or spans[after - 1][1] <= fact.start:
            insort(spans, (fact.start, fact.end))
            yield fact
