"""How sure a link is, by the rule that made it.

A score is about the share of right links that the rule makes. It is not above the share on the posts of
`tests/monitor/enrich/drug_links`, and lower where texts of other people showed more errors; see
`docs/drugs.md`.
"""

from __future__ import annotations

from typing import Final

from monitor.findings import DrugPlace

ONLY_DRUG: Final = "only drug"
SAME_CLAUSE: Final = "same clause"
SAME_SENTENCE: Final = "same sentence"
NEAREST: Final = "nearest"
SEVERAL: Final = "several"
PRONOUN: Final = "pronoun"

SCORES: Final = {
    "causes": 0.95,
    "that it causes": 0.95,
    "from": 0.95,
    "label": 0.95,
    "like it did": 0.95,
    "did this": 0.95,
    "stopped because": 0.95,
    "gone without": 0.95,
    "its withdrawal": 0.95,
    "because": 0.85,
    "since": 0.9,
    "on": 0.9,
    "after the start of": 0.9,
    "while on": 0.9,
    "switched because": 0.9,
    "switched to": 0.9,
    "noun": 0.9,
    "in brackets": 0.9,
    ONLY_DRUG: 0.9,
    "withdrawal": 0.85,
    "it did": 0.8,
    PRONOUN: 0.8,
    SAME_CLAUSE: 0.8,
    SAME_SENTENCE: 0.75,
    NEAREST: 0.65,
    SEVERAL: 0.5,
}
"""The score of each rule that can make a link.

The last four are for links without words that state a cause, by the distance, and for several drugs that may
all be the cause: of those the nearest is linked.
"""

CONTEXT_SCORES: Final = {
    DrugPlace.TITLE: 0.6,
    DrugPlace.PLACE: 0.6,
    DrugPlace.QUOTED: 0.5,
    DrugPlace.PARENT: 0.4,
}
"""The score of a drug that only the post's context names."""

SEVERAL_IN_CONTEXT: Final = 0.5
"""The score of the context is multiplied by this if it names several drugs."""

DOUBTED: Final = 0.8
DOUBTED_FROM: Final = -8
"""The score is multiplied by the first if another rule speaks against the drug with this weight."""
