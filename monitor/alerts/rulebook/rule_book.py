"""All rules of a file: what they decide about an effect, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from monitor.alerts.rulebook.actions import Action
from monitor.alerts.rulebook.conditions import Holds, is_first_post
from monitor.alerts.rulebook.drug_names import AnyDrugName, DrugNames
from monitor.alerts.rulebook.effect_view import EffectView
from monitor.alerts.rulebook.knowledge import NO_KNOWLEDGE, Knowledge
from monitor.alerts.rulebook.routes import DEFAULT_ROUTE, Route
from monitor.alerts.rulebook.rule import AlertRule, RuleDecision
from monitor.effect_reports import EffectReport

NEED_TERMINOLOGY: Final = frozenset({"soc", "hlgt", "hlt", "smq", "ime", "dme"})
"""Conditions that look into the groups of a PT."""


@dataclass(frozen=True, slots=True)
class RuleExplanation:
    """Why a rule applies to an effect, or why not.

    Attributes:
        rule: the rule.
        reached: False if an earlier `drop` rule ended the search.
        failed: the conditions that do not hold, each with what the effect has instead.
    """

    rule: AlertRule
    reached: bool
    failed: tuple[str, ...] = ()

    @property
    def applies(self) -> bool:
        """True if the rule applies."""
        return self.reached and not self.failed


@dataclass(frozen=True)
class RuleBook:
    """The rules, in the order in which they are read.

    The rules are read from the top. A `drop` rule that applies ends the search; what earlier rules decided
    stays. All other rules that apply work together: see `RuleDecision`.

    Attributes:
        rules: the rules.
        routes: the routes of the file by name.
        groups: the drugs of each product group, by the name of the group.
        names: the dictionary of drugs.
        pt_names: the names of PTs in conditions, as they are written. Nothing has all names to check them.
    """

    rules: tuple[AlertRule, ...]
    routes: Mapping[str, Route] = field(default_factory=dict)
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    names: DrugNames = field(default_factory=AnyDrugName)
    pt_names: tuple[str, ...] = ()

    @property
    def without_route(self) -> tuple[str, ...]:
        """The names of the rules whose alerts `ade-monitor notify` takes nowhere."""
        if DEFAULT_ROUTE in self.routes:
            return ()
        return tuple(rule.name for rule in self.rules if rule.action.raises and not rule.routes)

    @cached_property
    def _by_rule(self) -> Sequence[tuple[AlertRule, tuple[Holds, ...]]]:
        """Each rule with the functions of its conditions: most rules are left after the first one."""
        return [(rule, tuple(condition.holds for condition in rule.conditions)) for rule in self.rules]

    def lacks(self, knowledge: Knowledge) -> str | None:
        """Return in words what was not imported although conditions need it, or None."""
        conditions = {
            condition.name.removeprefix("not.") for rule in self.rules for condition in rule.conditions
        }
        missing = []
        if conditions & NEED_TERMINOLOGY and not knowledge.has_terminology:
            used = ", ".join(sorted(conditions & NEED_TERMINOLOGY))
            missing.append(f"no terminology was imported, so no effect has a group for {used}")
        if "listedness" in conditions and not knowledge.has_labels:
            missing.append("no product label was imported, so listedness is always unknown")
        return "; ".join(missing) or None

    def decide(self, report: EffectReport, knowledge: Knowledge = NO_KNOWLEDGE) -> RuleDecision:
        """Return what the rules decide about an effect."""
        view = EffectView(report, knowledge, self.names.atc_of)
        applied: list[AlertRule] = []
        dropped_by = None
        for rule, conditions in self._by_rule:
            for holds in conditions:
                if not holds(view):
                    break
            else:
                applied.append(rule)
                if rule.action is Action.DROP:
                    dropped_by = rule.name
                    break
        if not applied:
            return NOTHING
        matches = tuple(rule for rule in applied if rule.action.raises)
        verdict = view.verdict if matches else None
        return RuleDecision(
            matches=matches,
            tags=tuple(dict.fromkeys(tag for rule in applied for tag in rule.tags)),
            applied=tuple(rule.name for rule in applied),
            dropped_by=dropped_by,
            listedness=str(verdict.listedness) if verdict else None,
            listed_sentence=verdict.sentence if verdict else None,
        )

    def explain(self, report: EffectReport, knowledge: Knowledge = NO_KNOWLEDGE) -> list[RuleExplanation]:
        """Return for each rule, in order, whether it applies to an effect, and which conditions fail."""
        view = EffectView(report, knowledge, self.names.atc_of)
        explanations = []
        reached = True
        for rule in self.rules:
            failed = tuple(
                f"{condition.words} (it is: {condition.actual(view)})"
                for condition in rule.conditions
                if not condition.holds(view)
            )
            explanation = RuleExplanation(rule, reached, failed)
            explanations.append(explanation)
            reached = reached and not (explanation.applies and rule.action is Action.DROP)
        return explanations


NOTHING: Final = RuleDecision()
"""What is decided where no rule applies."""

DEFAULT_RULES: Final = RuleBook((AlertRule("default", (is_first_post(),)),))
"""Without a rules file: an alert for each effect, except in copies."""
