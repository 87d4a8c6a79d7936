"""Rules that can never apply, or whose keys have no effect: errors, because nobody would notice them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from models.terminology import GroupKind
from monitor.alerts.rulebook.actions import Action, AlertDelivery
from monitor.alerts.rulebook.compiling import BROAD, CompiledConditions
from monitor.alerts.rulebook.drug_names import ATC, DrugNames, folded
from monitor.alerts.rulebook.knowledge import Knowledge
from monitor.alerts.rulebook.rule_problems import RuleProblem
from monitor.alerts.rulebook.rule_tables import RuleTable, is_code
from monitor.findings import SERIOUS
from monitor.store.group_filters import unknown_group

NEEDS_DRUG: Final = ("drug", "class", "group", "drug_place", "first_time", "listedness")
"""Conditions on the drug of an effect."""


@dataclass(frozen=True, slots=True)
class CheckedRule:
    """A rule's table with its number, from 0, and its compiled conditions."""

    table: RuleTable
    number: int
    when: CompiledConditions
    unless: CompiledConditions


def find_contradictions(
    rules: Sequence[CheckedRule], names: DrugNames, knowledge: Knowledge
) -> Iterator[RuleProblem]:
    """Yield what can never happen in rules whose values are valid."""
    dropped: CheckedRule | None = None
    for rule in rules:
        for key, message in (*_in_vain(rule.table), *_impossible(rule, names, knowledge)):
            yield RuleProblem(("rule", rule.number, *key.split(".")), message)
        if dropped is not None and not _survives(rule, dropped):
            yield RuleProblem(
                ("rule", rule.number),
                f'can never apply: the rule "{dropped.table.name}" above it drops everything',
            )
        elif dropped is None and _drops_everything(rule):
            dropped = rule


def _in_vain(table: RuleTable) -> Iterator[tuple[str, str]]:
    """Yield keys that the action of a rule does not use."""
    action = table.action
    if not action.raises:
        set_keys = {
            "cooldown": table.cooldown,
            "quiet_hours": table.quiet_hours,
            "severity": table.severity,
            "route": table.route,
        }
        for key, value in set_keys.items():
            if value:
                yield key, f"has no effect: a rule with action {action.value} raises no alert"
    if action is Action.DROP and table.tags:
        yield "tags", "have no effect: a rule with action drop writes none"
    if action is Action.TAG and not table.tags:
        yield "tags", 'are missing: a rule with action tag needs some, such as tags = ["for-review"]'
    if action is Action.DIGEST and table.every not in (AlertDelivery.HOURLY, AlertDelivery.DAILY):
        yield "every", 'must be "hourly" or "daily" for action digest'
    if action is not Action.DIGEST and table.every is not None:
        yield "every", "has an effect with action digest only"
    if table.cooldown_by is not None and table.cooldown is None:
        yield "cooldown_by", 'has no effect without a cooldown, such as cooldown = "6h"'


def _impossible(rule: CheckedRule, names: DrugNames, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Yield conditions that contradict each other."""
    when, unless = rule.when.values, rule.unless.values
    table = rule.table.when
    for key, values in when.items():
        if values and values <= unless.get(key, frozenset()):
            yield f"not.{key}", f"excludes all that when.{key} allows: the rule can never apply"
    low, high = table.min_probability, rule.table.unless.min_probability
    if high is not None and high <= (low or 0.0):
        yield "not.min_probability", "excludes every probability that the rule allows: it can never apply"
    if table.has_drug is False:
        for key in NEEDS_DRUG:
            if key in when and when[key].isdisjoint({"False", "unknown"}):
                yield f"when.{key}", "needs a drug, but has_drug = false: the rule can never apply"
    if "drug" in when and "group" in when and when["drug"].isdisjoint(when["group"]):
        yield "when.group", "has none of the drugs in when.drug: the rule can never apply"
    if table.drug_class is not None:
        yield from _outside_class(rule, names)
    if table.serious is False and table.facts is not None and SERIOUS.issuperset(table.facts):
        yield "when.facts", "are all criteria of a serious case, but serious = false: it can never apply"
    if table.serious is True and frozenset(rule.table.unless.facts or ()) >= SERIOUS:
        yield "not.facts", "exclude every criterion of a serious case, but serious = true: it can never apply"
    if knowledge.has_terminology:
        yield from _unknown_groups(rule, knowledge)
        yield from _unknown_codes(rule, knowledge)
        yield from _outside_groups(rule, knowledge)


def _outside_class(rule: CheckedRule, names: DrugNames) -> Iterator[tuple[str, str]]:
    """Yield when.class if the dictionary says that none of the rule's drugs is in one of the classes."""
    codes = tuple(value for value in rule.when.values.get("class", ()) if ATC.fullmatch(value))
    for key in ("drug", "group"):
        drugs = rule.when.values.get(key)
        if not drugs or not codes:
            continue
        known = {drug: names.atc_of(drug) for drug in drugs}
        if all(atc and not atc.startswith(codes) for atc in known.values()):
            shown = ", ".join(f"{drug} ({atc})" for drug, atc in sorted(known.items())[:3])
            yield "when.class", f"has none of the drugs in when.{key}, {shown}: the rule can never apply"


def _unknown_groups(rule: CheckedRule, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Yield groups that the imported terminology does not have, in the words of `ade-monitor query`."""
    for part, table in (("when", rule.table.when), ("not", rule.table.unless)):
        for level in ("soc", "hlgt", "hlt", "smq"):
            for written in getattr(table, level) or ():
                kind, name = GroupKind(level) if level != "smq" else GroupKind.SMQ_NARROW, written
                if level == "smq" and folded(written).endswith(BROAD):
                    kind, name = GroupKind.SMQ_BROAD, written[: -len(BROAD)].rstrip()
                if folded(name) not in knowledge.group_names.get(kind, ()):
                    names = knowledge.shown_names.get(kind, ())
                    yield f"{part}.{level}", str(unknown_group(kind, name, names))


def _unknown_codes(rule: CheckedRule, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Yield codes of PTs that the imported terminology does not have. It does not have the names of PTs."""
    for part, conditions in (("when", rule.when), ("not", rule.unless)):
        for term in sorted(conditions.values.get("pt", ())):
            if is_code(term) and knowledge.ptids and term not in knowledge.ptids:
                yield f"{part}.pt", f"the imported release has no PT with the code {term}: correct it"


def _outside_groups(rule: CheckedRule, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Yield groups of the terminology that have none of the rule's PTs; PTs by name are not looked up."""
    terms = rule.when.values.get("pt", frozenset())
    if not terms or not all(map(is_code, terms)):
        return
    if knowledge.ptids and not terms.issubset(knowledge.ptids):
        return  # already reported
    groups = [knowledge.groups_of(term) for term in terms]
    for level in ("soc", "hlgt", "hlt"):
        terms_of_level = rule.when.values.get(level)
        if terms_of_level and all(terms_of_level.isdisjoint(getattr(group, level)) for group in groups):
            yield f"when.{level}", "has none of the PTs in when.pt: the rule can never apply"


def _drops_everything(rule: CheckedRule) -> bool:
    return (
        rule.table.action is Action.DROP
        and not rule.when.conditions
        and not rule.unless.conditions
        and rule.table.when.copies != "only"
    )


def _survives(rule: CheckedRule, dropped: CheckedRule) -> bool:
    """Return True if a rule applies to copies, and the rule that drops everything leaves copies alone."""
    if dropped.table.when.copies is not False:
        return False
    copies = rule.table.when.copies
    return copies in (True, "only") or (copies is None and not rule.table.action.raises)
