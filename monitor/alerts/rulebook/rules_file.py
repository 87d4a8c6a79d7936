"""Read the rules file: TOML, its form, its names, and what can never happen."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from monitor.alerts.rulebook.compiling import ConditionCompiler, compile_rule
from monitor.alerts.rulebook.contradictions import CheckedRule, find_contradictions
from monitor.alerts.rulebook.drug_names import AnyDrugName, DrugNames, suggestion
from monitor.alerts.rulebook.groups import expand_groups
from monitor.alerts.rulebook.knowledge import NO_KNOWLEDGE, Knowledge
from monitor.alerts.rulebook.route_tables import compile_routes
from monitor.alerts.rulebook.rule import AlertRule
from monitor.alerts.rulebook.rule_book import RuleBook
from monitor.alerts.rulebook.rule_problems import RuleProblem, RulesError, problems_of, wrong_rules
from monitor.alerts.rulebook.rule_tables import RulesTable, is_code
from monitor.alerts.rulebook.source_lines import SourceLines

LARGEST: Final = 4 * 1024 * 1024
"""Largest file in bytes: rules are written by people."""

EXAMPLE: Final = "docs/rules.md has an example"


def read_rules(
    path: Path, *, names: DrugNames | None = None, knowledge: Knowledge = NO_KNOWLEDGE
) -> RuleBook:
    """Read a rules file.

    Args:
        path: the file.
        names: the dictionary of drugs; without one, every name is accepted.
        knowledge: the terminology, if there is one: then groups that do not have the PT of a rule are found.

    Raises:
        RulesError: it cannot be read, is not valid TOML, or something in it is wrong. The message names each
            problem with its line.
    """
    names = names or AnyDrugName()
    text = _text_of(path)
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise RulesError(f"the rules in {path} are not valid TOML: {error}", EXAMPLE) from None
    try:
        table = RulesTable.model_validate(data)
    except ValidationError as error:
        raise wrong_rules(path, text, data, problems_of(error)) from None
    if not table.rule:
        raise RulesError(f"the file {path} has no [[rule]], so nothing would raise an alert", EXAMPLE)
    book, problems = _compiled(table, path, SourceLines(text), names, knowledge)
    if problems:
        raise wrong_rules(path, text, data, problems)
    return book


def _compiled(
    table: RulesTable, path: Path, lines: SourceLines, names: DrugNames, knowledge: Knowledge
) -> tuple[RuleBook, list[RuleProblem]]:
    groups, problems = expand_groups(table.group, names)
    routes, wrong_routes = compile_routes(table.route, path.parent)
    problems += wrong_routes
    compiler = ConditionCompiler(names, groups)
    rules: list[AlertRule] = []
    checked: list[CheckedRule] = []
    for number, rule_table in enumerate(table.rule):
        line = lines.line_of(("rule", number))
        rule, when, unless, wrong = compile_rule(
            rule_table, number, compiler, time_zone=table.time_zone, line=line
        )
        rules.append(rule)
        checked.append(CheckedRule(rule_table, number, when, unless))
        problems += wrong
    problems += [*_repeated_names(rules), *_unknown_routes(rules, table)]
    problems += find_contradictions(checked, names, knowledge)
    pt_names = tuple(dict.fromkeys(_pt_names(table)))
    return RuleBook(tuple(rules), routes, groups, names, pt_names), problems


def _pt_names(table: RulesTable) -> Iterator[str]:
    for rule in table.rule:
        for conditions in (rule.when, rule.unless):
            yield from (term for term in conditions.pt or () if not is_code(term))


def _repeated_names(rules: list[AlertRule]) -> Iterator[RuleProblem]:
    counts = Counter(rule.name for rule in rules)
    seen = set()
    for number, rule in enumerate(rules):
        if counts[rule.name] > 1 and rule.name in seen:
            yield RuleProblem(("rule", number, "name"), f'"{rule.name}" is the name of an earlier rule, too')
        seen.add(rule.name)


def _unknown_routes(rules: list[AlertRule], table: RulesTable) -> Iterator[RuleProblem]:
    for number, rule in enumerate(rules):
        for route in rule.routes:
            if route not in table.route:
                advice = suggestion(route, table.route) or f": add a table [route.{route}]"
                yield RuleProblem(("rule", number, "route"), f'"{route}" is not a route of this file{advice}')


def _text_of(path: Path) -> str:
    """Return the text of the file.

    Raises:
        RulesError: it cannot be read, is too large, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise RulesError(
            f"the rules file {path} cannot be read: {error.strerror}",
            "name a TOML file in alerts.rules (ADE_ALERTS__RULES)",
        ) from None
    except ValueError:  # a NUL in the path
        raise RulesError(f"{str(path)!r} is not the name of a file", "correct alerts.rules") from None
    if len(content) > LARGEST:
        raise RulesError(f"the rules file {path} has more than {LARGEST // 1024**2} MiB", "split it up")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RulesError(
            f"the rules file {path} is not UTF-8: byte {error.start} cannot be read", "save it as UTF-8"
        ) from None
