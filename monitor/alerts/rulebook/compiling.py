"""From the tables of the rules file to rules: names become canonical, and conditions become comparable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from monitor.alerts.rulebook import conditions as on
from monitor.alerts.rulebook.actions import Action, AlertDelivery, CooldownBy
from monitor.alerts.rulebook.conditions import Condition, any_of
from monitor.alerts.rulebook.drug_names import DrugNames, folded, require_class, require_drug, suggestion
from monitor.alerts.rulebook.durations import QuietHours
from monitor.alerts.rulebook.rule import AlertRule
from monitor.alerts.rulebook.rule_problems import RuleProblem
from monitor.alerts.rulebook.rule_tables import ConditionsTable, RuleTable, WhenTable

BROAD: Final = ":broad"
"""The end of an SMQ's name whose broad search is meant."""

# Cheap conditions that often fail come first: one that fails saves the others.
_ORDER: Final = (
    *("drug", "group", "pt", "class", "has_drug", "min_probability", "source", "first_time"),
    *("drug_place", "serious", "facts", "language", "soc", "hlgt", "hlt", "smq", "ime", "dme", "listedness"),
)


@dataclass(frozen=True, slots=True)
class CompiledConditions:
    """The conditions of a table, and what the check for contradictions compares.

    Attributes:
        conditions: the conditions.
        values: the canonical values of each condition, by its name in the file.
    """

    conditions: tuple[Condition, ...]
    values: Mapping[str, frozenset[str]]


class ConditionCompiler:
    """Compiles tables of conditions.

    Args:
        names: the dictionary of drugs.
        groups: the drugs of each product group.
    """

    def __init__(self, names: DrugNames, groups: Mapping[str, frozenset[str]]) -> None:
        self._names = names
        self._groups = groups

    def compile(self, table: ConditionsTable) -> tuple[CompiledConditions, list[tuple[str, str]]]:
        """Return the conditions of a table, and what is wrong: pairs of a key and a message."""
        problems: list[tuple[str, str]] = []
        compiled: dict[str, Condition] = {}
        values: dict[str, frozenset[str]] = {}
        for name, compile_one in self._compilers(table).items():
            try:
                compiled[name], values[name] = compile_one()
            except ValueError as error:
                problems.append((name, str(error)))
        in_order = tuple(compiled[name] for name in _ORDER if name in compiled)
        return CompiledConditions(in_order, values), problems

    def _compilers(self, table: ConditionsTable) -> dict[str, Callable[[], tuple[Condition, frozenset[str]]]]:
        """Return for each condition of the table what compiles it, by its name in the file."""
        compilers: dict[str, Callable[[], tuple[Condition, frozenset[str]]]] = {}
        if table.drug is not None:
            compilers["drug"] = lambda: self._drug(table.drug or ())
        if table.drug_class is not None:
            compilers["class"] = lambda: self._class(table.drug_class or ())
        if table.group is not None:
            compilers["group"] = lambda: self._group(table.group or ())
        for name, condition, values in _plain_conditions(table):
            compilers[name] = lambda condition=condition, values=values: (condition, values)  # type: ignore[misc]
        return compilers

    def _drug(self, written: tuple[str, ...]) -> tuple[Condition, frozenset[str]]:
        drugs = frozenset(require_drug(name, self._names) for name in written)
        return on.drug_is_among("drug", drugs, f"drug is {any_of(drugs)}"), drugs

    def _class(self, written: tuple[str, ...]) -> tuple[Condition, frozenset[str]]:
        classes = [require_class(name, self._names) for name in written]
        codes = tuple(sorted({code for code, _ in classes if code}))
        named = frozenset(name for _, name in classes)
        shown = any_of(name if code in (None, name) else f"{name} ({code})" for code, name in classes)
        return on.class_is_among(codes, named, f"class is {shown}"), named | frozenset(codes)

    def _group(self, written: tuple[str, ...]) -> tuple[Condition, frozenset[str]]:
        for group in written:
            if group not in self._groups:
                raise ValueError(f'"{group}" is not a group of this file{suggestion(group, self._groups)}')
        drugs = frozenset().union(*(self._groups[group] for group in written))
        return on.drug_is_among("group", drugs, f"drug is in group {any_of(written)}"), drugs


def _plain_conditions(table: ConditionsTable) -> Iterator[tuple[str, Condition, frozenset[str]]]:
    """Yield the conditions that need no dictionary, each with its name and its values."""
    if table.has_drug is not None:
        yield "has_drug", on.has_drug(table.has_drug), _flag(table.has_drug)
    if table.drug_place is not None:
        places = frozenset(place.value for place in table.drug_place)
        yield "drug_place", on.place_is_among(places), places
    if table.pt is not None:
        terms = _folded(table.pt)
        yield "pt", on.pt_is_among(terms, f"effect is {any_of(table.pt)}"), terms
    for level in ("soc", "hlgt", "hlt"):
        written = getattr(table, level)
        if written is not None:
            terms = _folded(written)
            yield level, on.group_is_among(level, terms, f"{level.upper()} is {any_of(written)}"), terms
    if table.smq is not None:
        terms = _folded(table.smq)
        broad = frozenset(term.removesuffix(BROAD).rstrip() for term in terms if term.endswith(BROAD))
        narrow = frozenset(term for term in terms if not term.endswith(BROAD))
        yield "smq", on.smq_is_among(narrow, broad, f"SMQ is {any_of(table.smq)}"), terms
    for name in ("ime", "dme", "serious", "first_time"):
        flag = getattr(table, name)
        if flag is not None:
            yield name, on.flag_is(name, flag), _flag(flag)
    if table.facts is not None:
        kinds = frozenset(table.facts)
        yield "facts", on.states_one_of(kinds), frozenset(kind.value for kind in kinds)
    if table.source is not None:
        sources = frozenset(source.lower() for source in table.source)
        yield "source", on.source_is_among(sources), sources
    if table.language is not None:
        yield "language", on.language_is_among(frozenset(table.language)), frozenset(table.language)
    if table.min_probability is not None:
        minimum = table.min_probability
        yield "min_probability", on.probability_is_at_least(minimum), frozenset()
    if table.listedness is not None:
        verdicts = frozenset(verdict.value for verdict in table.listedness)
        yield "listedness", on.listedness_is_among(verdicts), verdicts


def compile_rule(
    table: RuleTable, number: int, compiler: ConditionCompiler, *, time_zone: str, line: int | None
) -> tuple[AlertRule, CompiledConditions, CompiledConditions, list[RuleProblem]]:
    """Return a rule, the conditions of its `when` and `not` tables, and what is wrong with them.

    Args:
        table: the rule.
        number: its number, from 0.
        compiler: compiles its conditions.
        time_zone: that of the file.
        line: line of the rule's header.
    """
    when, wrong_when = compiler.compile(table.when)
    unless, wrong_unless = compiler.compile(table.unless)
    wrong = [("when", *problem) for problem in wrong_when] + [("not", *problem) for problem in wrong_unless]
    problems = [RuleProblem(("rule", number, where, key), message) for where, key, message in wrong]
    hours = table.quiet_hours
    rule = AlertRule(
        name=table.name,
        conditions=(
            *when.conditions,
            *(on.negated(condition) for condition in unless.conditions),
            *_on_copies(table.when, table.action),
        ),
        action=table.action,
        delivery=table.every or AlertDelivery.IMMEDIATE,
        tags=table.tags,
        severity=table.severity,
        routes=table.route,
        cooldown=table.cooldown,
        cooldown_by=table.cooldown_by or CooldownBy.PAIR,
        quiet_hours=None if hours is None else QuietHours(*hours, table.time_zone or time_zone),
        line=line,
    )
    return rule, when, unless, problems


def _on_copies(when: WhenTable, action: Action) -> tuple[Condition, ...]:
    """Return the condition on copies: rules that raise alerts leave them out unless they ask for them."""
    if when.copies == "only":
        return (on.is_copy(),)
    if when.copies is False or (when.copies is None and action.raises):
        return (on.is_first_post(),)
    return ()


def _folded(terms: tuple[str, ...]) -> frozenset[str]:
    return frozenset(folded(term) for term in terms)


def _flag(value: bool) -> frozenset[str]:
    return frozenset({str(value)})
