"""What the enrichment finds in a post: drugs, the drug of each effect, and facts that the text states.

`monitor.enrich` makes these records, the database and the alerts keep them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

INGREDIENT_SEPARATOR: Final = " + "
"""Between the ingredients in the name of a combination, as in "acetaminophen + oxycodone"."""

Span = tuple[int, int]
"""Start and end of a piece of text, in code points."""


class DrugNaming(StrEnum):
    """How the author names a drug."""

    GENERIC = "generic"
    BRAND = "brand"
    SLANG = "slang"
    CLASS = "class"
    MISSPELLING = "misspelling"


class DrugPlace(StrEnum):
    """Where a drug is named: in the post itself, or in a part of its context (see `ContextKind`)."""

    POST = "post"
    QUOTED = "quoted"
    PARENT = "parent"
    TITLE = "title"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class DrugMention:
    """A drug that a post, or its context, names.

    Attributes:
        start: start of the name, in code points of the text that has it.
        end: end of the name.
        text: the name as written, `text[start:end]`.
        drug: canonical name in lower case: the ingredient, the ingredients of a combination in the order of
            the alphabet (`INGREDIENT_SEPARATOR`), or the name of a class, such as "benzodiazepines".
        naming: how the author names it.
        atc: ATC code where known, of level 5 ("N06AB06") or of a class ("N05BA").
        place: the text that has the name.
        part: which part of the post's context that is, from 0; None for the post itself.
    """

    start: int
    end: int
    text: str
    drug: str
    naming: DrugNaming
    atc: str | None = None
    place: DrugPlace = DrugPlace.POST
    part: int | None = None

    @property
    def ingredients(self) -> tuple[str, ...]:
        """The ingredients; the class if it is a class."""
        return tuple(self.drug.split(INGREDIENT_SEPARATOR))


@dataclass(frozen=True, slots=True)
class DrugLink:
    """The drug that an effect is linked to.

    Attributes:
        drug: the drug.
        score: how sure the link is, in [0, 1].
    """

    drug: DrugMention
    score: float


class FactKind(StrEnum):
    """What a text states explicitly. The first five are criteria of a serious case (ICH E2A)."""

    DEATH = "death"
    LIFE_THREATENING = "life-threatening"
    HOSPITAL = "hospital"
    DISABILITY = "disability"
    BIRTH_DEFECT = "birth-defect"
    DOSE = "dose"
    ONSET = "onset"
    DECHALLENGE = "dechallenge"
    RECHALLENGE = "rechallenge"
    PREGNANCY = "pregnancy"
    MISUSE = "misuse"
    OVERDOSE = "overdose"
    WITHDRAWAL = "withdrawal"
    PATIENT = "patient"


SERIOUS: Final = frozenset(
    {
        FactKind.DEATH,
        FactKind.LIFE_THREATENING,
        FactKind.HOSPITAL,
        FactKind.DISABILITY,
        FactKind.BIRTH_DEFECT,
    }
)
"""The facts that make a case serious."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that the post itself states.

    Attributes:
        kind: what kind of fact.
        start: start of the words that state it, in code points.
        end: their end.
        text: these words.
        value: its value in a normalized form where it has one: "50 mg", "2 days", "positive", "child".
    """

    kind: FactKind
    start: int
    end: int
    text: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """What the enrichment found in a post.

    Attributes:
        drugs: the drugs of the post and of its context; of posts without an effect, too.
        links: the drug of each mention of an effect, by the span of the mention; without one, no entry.
        facts: the facts that the text states; of posts without an effect, none.
        copy_keys: what copies of the text have in common; the first stands for the text itself, the others
            for parts of it. Empty for posts without an effect.
        missing: which minimum criteria of a valid report the post lacks (ICH E2D): of "reporter", "patient",
            "product", "event".
    """

    drugs: tuple[DrugMention, ...] = ()
    links: Mapping[Span, DrugLink] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    copy_keys: tuple[bytes, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def is_serious(self) -> bool:
        """True if the text states a criterion of a serious case."""
        return any(fact.kind in SERIOUS for fact in self.facts)


NO_FINDINGS: Final = Findings()
"""Of a post that was not enriched."""
