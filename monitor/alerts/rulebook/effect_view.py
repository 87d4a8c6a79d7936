"""An effect as the conditions of rules see it: each fact once, in the form that is compared."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final

from models.languages import primary_language
from monitor.alerts.rulebook.knowledge import NO_GROUPS, NOT_KNOWN, GroupsOfEffect, Knowledge, Verdict
from monitor.effect_reports import EffectReport
from monitor.findings import FactKind

NO_DRUGS: Final[frozenset[str]] = frozenset()


class EffectView:
    """What rules may ask about an effect.

    Args:
        report: the effect.
        knowledge: its groups, and whether it is listed.
        atc_of: returns the ATC code of an ingredient, or None.

    Attributes:
        report: the effect.
        drugs: the linked drug by its canonical name, and each of its ingredients; empty without a drug.
        atc: their ATC codes.
        place: where the drug is named: a value of `DrugPlace`, or None.
        pt: code and casefolded name of the PT; empty if the effect is uncoded.
        is_copy: True if the post repeats an earlier one.
        source: name of the platform in lower case, or None.
        probability: of the post.
    """

    def __init__(
        self, report: EffectReport, knowledge: Knowledge, atc_of: Callable[[str], str | None]
    ) -> None:
        self.report = report
        self._knowledge = knowledge
        self.drugs = NO_DRUGS
        self.atc: tuple[str, ...] = ()
        self.place: str | None = None
        if report.drug is not None:
            drug = report.drug.drug
            ingredients = drug.ingredients
            self.drugs = frozenset((drug.drug, *ingredients))
            codes = (drug.atc, *map(atc_of, ingredients)) if len(ingredients) > 1 else (drug.atc,)
            self.atc = tuple(code for code in codes if code)
            self.place = drug.place.value
        mention = report.mention
        self.pt = NO_DRUGS
        if mention.ptid is not None:
            self.pt = frozenset((mention.ptid, (mention.pt_name or "").casefold()))
        self.is_copy = report.copy_of is not None
        platform = report.scored.received.post.platform
        self.source = platform.lower() if platform else None
        self.probability = report.scored.prediction.probability

    @cached_property
    def groups(self) -> GroupsOfEffect:
        """The groups of the PT; none if the effect is uncoded."""
        ptid = self.report.mention.ptid
        return NO_GROUPS if ptid is None else self._knowledge.groups_of(ptid)

    @cached_property
    def verdict(self) -> Verdict:
        """What the labels of the drug say of the PT; not known without a drug or without a PT."""
        ptid = self.report.mention.ptid
        if self.report.drug is None or ptid is None:
            return NOT_KNOWN
        return self._knowledge.verdict(self.report.drug.drug.drug, ptid, FactKind.DEATH in self.facts)

    @cached_property
    def facts(self) -> frozenset[FactKind]:
        """The kinds of facts that the post states."""
        return frozenset(fact.kind for fact in self.report.scored.findings.facts)

    @cached_property
    def is_serious(self) -> bool:
        """True if the post states a criterion of a serious case."""
        return self.report.scored.findings.is_serious

    @cached_property
    def language(self) -> str | None:
        """The language that the platform states, as its shortest code in ISO 639, or None."""
        return primary_language(self.report.scored.received.post.lang)
