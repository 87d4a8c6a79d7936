"""All rules of a file: what they decide about an effect, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from monitor.alerts.rulebook.actions import Action
from monitor.alerts.rulebook.conditions import is_first_post
from monitor.alerts.rulebook.drug_names import AnyDrugName, DrugNames
from monitor.alerts.rulebook.effect_view import EffectView
from monitor.alerts.rulebook.knowledge import NO_KNOWLEDGE, Knowledge
from monitor.alerts.rulebook.routes import Route
from monitor.alerts.rulebook.rule import Decision, Rule
from monitor.effect_reports import EffectReport


@dataclass(frozen=True, slots=True)
class RuleExplanation:
    """Why a rule applies to an effect, or why not.

    Attributes:
        rule: the rule.
        reached: False if an earlier `drop` rule ended the search.
        failed: the conditions that do not hold, each with what the effect has instead.
    """

    rule: Rule
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
    stays. All other rules that apply work together: see `Decision`.

    Attributes:
        rules: the rules.
        routes: the routes of the file by name.
        groups: the drugs of each product group, by the name of the group.
        names: the dictionary of drugs.
    """

    rules: tuple[Rule, ...]
    routes: Mapping[str, Route] = field(default_factory=dict)
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    names: DrugNames = field(default_factory=AnyDrugName)

    def decide(self, report: EffectReport, knowledge: Knowledge = NO_KNOWLEDGE) -> Decision:
        """Return what the rules decide about an effect."""
        view = EffectView(report, knowledge, self.names.atc_of)
        matches: list[Rule] = []
        tags: list[str] = []
        dropped_by = None
        for rule in self.rules:
            for condition in rule.conditions:
                if not condition.holds(view):
                    break
            else:
                if rule.action is Action.DROP:
                    dropped_by = rule.name
                    break
                tags += rule.tags
                if rule.action is not Action.TAG:
                    matches.append(rule)
        distinct_tags = tuple(dict.fromkeys(tags))
        if not matches:
            return Decision((), distinct_tags, dropped_by)
        verdict = view.verdict
        return Decision(tuple(matches), distinct_tags, dropped_by, str(verdict.listedness), verdict.sentence)

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


DEFAULT_RULES: Final = RuleBook((Rule("default", (is_first_post(),)),))
"""Without a rules file: an alert for each effect, except in copies."""
