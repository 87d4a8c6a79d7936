"""What it costs to ask 50 rules about an effect: `python -m benchmarks.enrich.rule_case`.

The rules have conditions of all kinds on drugs, effects, facts and sources. Most of them do not apply, as in
a file of a safety team.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Final

from monitor.alerts.rulebook import RuleBook
from monitor.findings import FactKind
from tests.monitor.alerts.rulebook.reports import NAUSEA, RASH, TREMOR, book_of, report, terminology

ROUNDS: Final = 30
"""Rounds over all effects; the fastest one counts."""

REPEATS: Final = 500
"""Times that each effect is asked about in a round."""

CONDITIONS: Final = (
    "drug = ['fluoxetine', 'oxycodone']",
    "class = ['N05', 'N02']",
    "pt = ['Nausea', 'Rash']\nserious = true",
    "soc = 'skin disorders'",
    "smq = 'akathisia:broad'\ndrug = 'oxycodone'",
    "facts = ['pregnancy', 'overdose']",
    "source = ['reddit', 'bluesky']\nmin_probability = 0.5",
    "language = 'de'",
    "listedness = 'listed'\nfirst_time = true",
    "drug = 'sertraline'\nlistedness = 'unlisted'",
)


def fifty_rules() -> RuleBook:
    """Return the rules."""
    tables = [
        f"[[rule]]\nname = '{number}'\n[rule.when]\n{CONDITIONS[number % len(CONDITIONS)]}\n"
        for number in range(50)
    ]
    with tempfile.TemporaryDirectory() as folder:
        return book_of(Path(folder), "".join(tables), knowledge=terminology())


def microseconds_per_effect() -> float:
    """Return the processor time for one effect, in microseconds."""
    book, knowledge = fifty_rules(), terminology()
    effects = [
        report(),
        report("oxycodone", RASH, facts=[FactKind.HOSPITAL, FactKind.DOSE]),
        report(None, None),
        report("acetaminophen + oxycodone", NAUSEA, platform="reddit"),
        report("fluoxetine", TREMOR, lang="de", is_new_pair=True),
    ]
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(REPEATS):
            for effect in effects:
                book.decide(effect, knowledge)
        rounds.append(time.process_time() - start)
    return 1e6 * min(rounds) / (REPEATS * len(effects))


def main() -> None:
    """Print the cost as one JSON object."""
    print(json.dumps({"rules_us_per_effect": round(microseconds_per_effect(), 2)}))


if __name__ == "__main__":
    main()
