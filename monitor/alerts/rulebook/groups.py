"""Product groups: the drugs of each `[group.NAME]`, with those of the groups in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.alerts.rulebook.drug_names import DrugNames, require_drug, suggestion
from monitor.alerts.rulebook.problems import Problem
from monitor.alerts.rulebook.tables import GroupTable


def expand_groups(
    tables: Mapping[str, GroupTable], names: DrugNames
) -> tuple[dict[str, frozenset[str]], list[Problem]]:
    """Return the canonical drugs of each group, and what is wrong with the groups.

    Unknown drugs and groups, groups that contain themselves, and groups without a drug are problems.
    """
    problems: list[Problem] = []
    for cycle in _cycles(tables):
        path = " → ".join(cycle)
        problems.append(Problem(("group", cycle[0], "groups"), f"contains itself: {path}; break the cycle"))
    drugs_of = {name: _listed_drugs(name, table, names, problems) for name, table in tables.items()}
    for name, table in tables.items():
        problems += [
            Problem(
                ("group", name, "groups"), f'"{group}" is not a group of this file{suggestion(group, tables)}'
            )
            for group in table.groups
            if group not in tables
        ]
    groups = {name: frozenset().union(*(drugs_of[part] for part in _parts(name, tables))) for name in tables}
    for name, drugs in groups.items():
        if not drugs and not problems:
            problems.append(Problem(("group", name), "has no drug"))
    return groups, problems


def _listed_drugs(name: str, table: GroupTable, names: DrugNames, problems: list[Problem]) -> frozenset[str]:
    drugs = set()
    for drug in table.drugs:
        try:
            drugs.add(require_drug(drug, names))
        except ValueError as error:
            problems.append(Problem(("group", name, "drugs"), str(error)))
    return frozenset(drugs)


def _parts(name: str, tables: Mapping[str, GroupTable]) -> set[str]:
    """Return a group and all groups in it, in it directly or in one of its groups."""
    parts, waiting = set(), [name]
    while waiting:
        group = waiting.pop()
        if group not in parts and group in tables:
            parts.add(group)
            waiting.extend(tables[group].groups)
    return parts


def _cycles(tables: Mapping[str, GroupTable]) -> list[Sequence[str]]:
    """Return cycles of groups, each with its first group at the end again; at most one for each group."""
    cycles: list[Sequence[str]] = []
    done: set[str] = set()
    for start in tables:
        if start in done:
            continue
        path: list[str] = []
        # A stack of our own: a chain of groups may be longer than Python's.
        stack: list[tuple[str, int]] = [(start, 0)]
        while stack:
            name, position = stack.pop()
            if position == 0:
                path.append(name)
            children = [child for child in tables[name].groups if child in tables]
            if position == len(children):
                path.pop()
                done.add(name)
                continue
            stack.append((name, position + 1))
            child = children[position]
            if child in path:
                cycles.append([*path[path.index(child) :], child])
            elif child not in done:
                stack.append((child, 0))
    return cycles
