"""Mutants of a module: each differs from it by one small fault.

Cosmic Ray's operators make them: a comparison turned, a constant changed by one, a condition negated, `+` for
`-`, a loop that never runs. One operator is added here: it drops a call whose result nobody uses.
"""

from __future__ import annotations

import difflib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.plugins import get_operator

_COMPARISONS = (
    "Lt_LtE",
    "LtE_Lt",
    "Gt_GtE",
    "GtE_Gt",
    "Lt_Gt",
    "Gt_Lt",
    "Eq_NotEq",
    "NotEq_Eq",
    "Is_IsNot",
    "IsNot_Is",
)
_ARITHMETIC = ("Add_Sub", "Sub_Add", "Mul_Div", "FloorDiv_Mul", "Div_Mul", "Mod_FloorDiv")
OPERATORS: Final = (
    "AddNot",
    "NumberReplacer",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ZeroIterationForLoop",
    *(f"ReplaceComparisonOperator_{name}" for name in _COMPARISONS),
    *(f"ReplaceBinaryOperator_{name}" for name in _ARITHMETIC),
)

# What no test should pin: logging, options of decorators, the marker of keyword-only parameters, the guard of
# `zip`.
_NOT_MUTATED = re.compile(r"^\s*(log\.|__all__|@|\*,)|[(,] \*,|strict=")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one fault.

    Attributes:
        module: path of the module.
        line: of the fault, from 1.
        change: what distinguishes it from the module: removed lines behind "-", added lines behind "+".
        code: the whole source.
    """

    module: str
    line: int
    change: str
    code: str


class DropCall(Operator):  # type: ignore[misc] # Cosmic Ray ships no types
    """Replace a statement that is nothing but a call by `pass`."""

    def mutation_positions(
        self, node: parso.tree.NodeOrLeaf
    ) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """Yield where the statement starts and ends."""
        if _is_call_statement(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: parso.tree.NodeOrLeaf, index: int) -> parso.tree.NodeOrLeaf:
        """Return the statement that takes the place of `node`."""
        prefix = node.get_first_leaf().prefix
        return parso.python.tree.Keyword("pass", node.start_pos, prefix=prefix)

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Return an example, as Cosmic Ray asks of its operators."""
        return (Example("f(x)", "pass"),)


def _is_call_statement(node: parso.tree.NodeOrLeaf) -> bool:
    is_call = node.type == "atom_expr" and node.children[-1].get_code().strip().startswith("(")
    is_awaited = node.type == "atom_expr" and node.children[0].type == "keyword"
    parent = node.parent
    return (is_call or is_awaited) and parent is not None and parent.type in ("simple_stmt", "file_input")


def mutants_of(module: str, source: str) -> Iterator[Mutant]:
    """Yield the mutants of a module that the operators can make, except those of `_NOT_MUTATED`."""
    lines = source.splitlines()
    for operator in (DropCall(), *(get_operator(f"core/{name}")() for name in OPERATORS)):
        positions = [
            start for node in ast_nodes(get_ast(source)) for start, _ in operator.mutation_positions(node)
        ]
        for occurrence, (line, _) in enumerate(positions):
            code = mutate_code(source, operator, occurrence)
            if code is not None and not _NOT_MUTATED.search(lines[line - 1]) and "not not" not in code:
                yield Mutant(module, line, _change(source, code), code)


def sample(module: str, source: str, *, size: int, seed: int) -> list[Mutant]:
    """Return at most `size` mutants of a module, drawn at random; the same for the same source and seed."""
    mutants = list({mutant.code: mutant for mutant in mutants_of(module, source)}.values())
    drawn = random.Random(f"{seed} {module}").sample(mutants, min(size, len(mutants)))
    return sorted(drawn, key=lambda mutant: mutant.line)


def _change(source: str, code: str) -> str:
    lines = difflib.unified_diff(source.splitlines(), code.splitlines(), n=0, lineterm="")
    changed = [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "\n".join(f"{line[0]} {' '.join(line[1:].split())}" for line in changed)
