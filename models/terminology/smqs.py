"""Standardised MedDRA Queries (SMQs): which PTs belong to each, in the narrow and in the broad search.

An SMQ may contain others, whose terms belong to it, too, with the scope that they have there. Some SMQs also
have an algorithm, such as "A or (B and C)", over categories of their terms. It needs all terms of a case, so
membership alone does not evaluate it; it is kept for people who read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Scope(StrEnum):
    """How closely a term fits its SMQ."""

    BROAD = "broad"
    NARROW = "narrow"


@dataclass(frozen=True, slots=True)
class SmqTerm:
    """A PT of an SMQ.

    Attributes:
        ptid: code of the PT.
        scope: a narrow term is found by both searches, a broad one by the broad search alone.
        category: for the algorithm, such as "A"; empty if there is none.
        weight: for algorithms with weights; None if there is none.
    """

    ptid: str
    scope: Scope
    category: str = ""
    weight: int | None = None


@dataclass(frozen=True, slots=True)
class Smq:
    """An SMQ.

    Attributes:
        code: as in `smq_list.asc`.
        name: as the release writes it.
        level: 1 for an SMQ that no other contains, up to 5.
        algorithm: of an algorithmic SMQ; None for all others.
        terms: the PTs that it lists itself.
        children: codes of the SMQs that it contains.
    """

    code: str
    name: str
    level: int = 1
    algorithm: str | None = None
    terms: tuple[SmqTerm, ...] = ()
    children: tuple[str, ...] = ()


@dataclass(frozen=True)
class Smqs:
    """The SMQs of a release.

    Attributes:
        by_code: each SMQ by its code; no SMQ contains itself.
    """

    by_code: Mapping[str, Smq] = field(default_factory=dict)

    def terms_of(self, code: str) -> dict[str, SmqTerm]:
        """Return all PTs of an SMQ, by code; a PT that is both narrow and broad is narrow."""
        terms: dict[str, SmqTerm] = {}
        for term in self._all_terms(code):
            known = terms.setdefault(term.ptid, term)
            if known.scope is Scope.BROAD and term.scope is Scope.NARROW:
                terms[term.ptid] = term
        return terms

    def _all_terms(self, code: str) -> Iterator[SmqTerm]:
        # A child may be reached in two ways. Its terms are needed once.
        waiting, seen = [code], set()
        while waiting:
            smq = self.by_code[waiting.pop(0)]
            if smq.code not in seen:
                seen.add(smq.code)
                yield from smq.terms
                waiting.extend(smq.children)
