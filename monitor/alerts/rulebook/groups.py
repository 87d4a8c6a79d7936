"""Product groups: the drugs of each `[group.NAME]`, with those of the groups in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from monitor.alerts.rulebook.drug_names import DrugNames, require_drug, suggestion
from monitor.alerts.rulebook.rule_problems import RuleProblem
from monitor.alerts.rulebook.rule_tables import GroupTable


def expand_groups(
    tables: Mapping[str, GroupTable], names: DrugNames
) -> tuple[dict[str, frozenset[str]], list[RuleProblem]]:
    """Return the canonical drugs of each group, and what is wrong with the groups.

    Unknown drugs and groups, groups that contain themselves, and groups without a drug are problems.
    """
    problems: list[RuleProblem] = []
    inner = {name: [group for group in table.groups if group in tables] for name, table in tables.items()}
    in_order, cycles = _walk(inner)
    for cycle in cycles:
        path = " → ".join(cycle)
        problems.append(
            RuleProblem(("group", cycle[0], "groups"), f"contains itself: {path}; break the cycle")
        )
    for name, table in tables.items():
        problems += [
            RuleProblem(
                ("group", name, "groups"),
                f'"{group}" is not a group of this file{suggestion(group, tables)}',
            )
            for group in table.groups
            if group not in tables
        ]
    groups: dict[str, frozenset[str]] = {}
    for name in in_order:
        drugs = _listed_drugs(name, tables[name], names, problems)
        groups[name] = drugs.union(*(groups.get(group, frozenset()) for group in inner[name]))
    if not problems:
        problems = [
            RuleProblem(("group", name), "has no drug") for name, drugs in groups.items() if not drugs
        ]
    return groups, problems


def _listed_drugs(
    name: str, table: GroupTable, names: DrugNames, problems: list[RuleProblem]
) -> frozenset[str]:
    drugs = set()
    for drug in table.drugs:
        try:
            drugs.add(require_drug(drug, names))
        except ValueError as error:
            problems.append(RuleProblem(("group", name, "drugs"), str(error)))
    return frozenset(drugs)


def _walk(inner: Mapping[str, Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """Walk through all groups once, with a stack of its own: a chain of groups may be longer than Python's.

    Returns:
        The groups, each after those in it, and the cycles, each with its first group at the end again.
    """
    finished: dict[str, None] = {}
    cycles: list[list[str]] = []
    for start in inner:
        path: dict[str, Iterator[str]] = {}
        if start not in finished:
            path[start] = iter(inner[start])
        while path:
            name = next(reversed(path))
            child = next(path[name], None)
            if child is None:
                del path[name]
                finished[name] = None
            elif child in path:
                names = list(path)
                cycles.append([*names[names.index(child) :], child])
            elif child not in finished:
                path[child] = iter(inner[child])
    return list(finished), cycles
