"""All facts that a text states, in the order of the text."""

from __future__ import annotations

from typing import Final

from monitor.enrich.facts.patients import patients
from monitor.enrich.facts.serious_facts import SERIOUS_RULES
from monitor.enrich.facts.timing_facts import TIMING_RULES
from monitor.enrich.facts.use_facts import USE_RULES
from monitor.findings import Fact

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
    lowered = read.lower()
    matches = [fact for rule in _RULES for fact in rule.facts(read, lowered)]
    kept: list[Fact] = []
    for fact in sorted(matches, key=lambda fact: (fact.start - fact.end, fact.start, fact.value or "")):
        if not any(
            fact.kind == other.kind and fact.start < other.end and other.start < fact.end for other in kept
        ):
            kept.append(fact)
    kept += patients(read)
    return tuple(sorted(kept, key=lambda fact: (fact.start, fact.end, fact.kind))[:MOST_FACTS])
