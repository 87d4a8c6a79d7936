"""The conditions of a rule: what each one compares, and how people read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from monitor.alerts.rulebook.effect_view import EffectView
from monitor.findings import FactKind

Holds = Callable[[EffectView], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a rule.

    Attributes:
        name: its name in the rules file.
        words: the condition as people read it: "drug is sertraline or fluoxetine".
        holds: returns True if it holds for an effect.
        actual: returns what the effect has instead, for explanations.
    """

    name: str
    words: str
    holds: Holds
    actual: Callable[[EffectView], str]


def negated(condition: Condition) -> Condition:
    """Return the condition that holds where another one does not."""
    holds = condition.holds
    return replace(
        condition,
        name=f"not.{condition.name}",
        words=f"not: {condition.words}",
        holds=lambda view: not holds(view),
    )


def drug_is_among(name: str, drugs: frozenset[str], words: str) -> Condition:
    """Return the condition that the drug, or one of its ingredients, is one of `drugs`."""
    return Condition(name, words, lambda view: not drugs.isdisjoint(view.drugs), actual_drug)


def class_is_among(codes: tuple[str, ...], names: frozenset[str], words: str) -> Condition:
    """Return the condition that the drug is in one of the ATC groups, or is one of the named classes."""

    def holds(view: EffectView) -> bool:
        return any(code.startswith(codes) for code in view.atc) or not names.isdisjoint(view.drugs)

    return Condition("class", words, holds, _actual_class)


def has_drug(value: bool) -> Condition:
    """Return the condition that the effect is linked to a drug, or to none."""
    words = "has a drug" if value else "has no drug"
    return Condition("has_drug", words, lambda view: bool(view.drugs) is value, actual_drug)


def place_is_among(places: frozenset[str]) -> Condition:
    """Return the condition that the drug is named in the post itself, or in a part of its context."""
    return Condition(
        "drug_place",
        f"drug is named in {any_of(places)}",
        lambda view: view.place in places,
        lambda view: f"in {view.place}" if view.place else "no drug",
    )


def pt_is_among(terms: frozenset[str], words: str) -> Condition:
    """Return the condition that the effect is one of these PTs, by code or casefolded name."""
    return Condition("pt", words, lambda view: not terms.isdisjoint(view.pt), _actual_pt)


def group_is_among(level: str, terms: frozenset[str], words: str) -> Condition:
    """Return the condition that the PT is in one of these groups.

    Args:
        level: "soc", "hlgt" or "hlt".
        terms: codes or casefolded names.
        words: the condition in words.
    """

    def groups(view: EffectView) -> frozenset[str]:
        terms_of_effect: frozenset[str] = getattr(view.groups, level)
        return terms_of_effect

    return Condition(
        level,
        words,
        lambda view: not terms.isdisjoint(groups(view)),
        lambda view: _listed(groups(view), "no known group"),
    )


def smq_is_among(narrow: frozenset[str], broad: frozenset[str], words: str) -> Condition:
    """Return the condition that the narrow search of an SMQ has the PT, or the broad one of another.

    A broad search has the terms of the narrow one, too.
    """
    either = narrow | broad

    def holds(view: EffectView) -> bool:
        groups = view.groups
        return not either.isdisjoint(groups.smq_narrow) or not broad.isdisjoint(groups.smq_broad)

    def actual(view: EffectView) -> str:
        groups = view.groups
        broad_only = {f"{group}:broad" for group in groups.smq_broad - groups.smq_narrow}
        return _listed(groups.smq_narrow | broad_only, "no known SMQ")

    return Condition("smq", words, holds, actual)


def flag_is(name: str, value: bool) -> Condition:
    """Return the condition on a flag of the effect: "ime", "dme", "serious" or "first_time"."""
    read, words = _FLAGS[name]
    holds: Holds = read if value else lambda view: not read(view)
    prefix, other = ("", "not ") if value else ("not ", "")
    return Condition(name, f"{prefix}{words}", holds, lambda _: f"{other}{words}")


_FLAGS: Final[dict[str, tuple[Holds, str]]] = {
    "ime": (lambda view: view.groups.ime, "an important medical event"),
    "dme": (lambda view: view.groups.dme, "a designated medical event"),
    "serious": (lambda view: view.is_serious, "serious"),
    "first_time": (lambda view: view.report.is_new_pair, "the first report of the pair"),
}


def states_one_of(kinds: frozenset[FactKind]) -> Condition:
    """Return the condition that the post states one of these kinds of facts."""
    return Condition(
        "facts",
        f"states {any_of(kinds)}",
        lambda view: not kinds.isdisjoint(view.facts),
        lambda view: _listed(view.facts, "no fact"),
    )


def source_is_among(sources: frozenset[str]) -> Condition:
    """Return the condition that the post is from one of these platforms, in lower case."""
    return Condition(
        "source",
        f"source is {any_of(sources)}",
        lambda view: view.source in sources,
        lambda view: view.source or "unknown",
    )


def language_is_among(languages: frozenset[str]) -> Condition:
    """Return the condition that the platform states one of these languages."""
    return Condition(
        "language",
        f"language is {any_of(languages)}",
        lambda view: view.language in languages,
        lambda view: view.language or "unknown",
    )


def probability_is_at_least(minimum: float) -> Condition:
    """Return the condition that the probability of the post reaches a minimum."""
    return Condition(
        "min_probability",
        f"probability is at least {minimum:g}",
        lambda view: view.probability >= minimum,
        lambda view: f"{view.probability:.3g}",
    )


def listedness_is_among(verdicts: frozenset[str]) -> Condition:
    """Return the condition on whether the labels of the drug list the effect."""
    return Condition(
        "listedness",
        f"listedness is {any_of(verdicts)}",
        lambda view: view.verdict.listedness in verdicts,
        lambda view: str(view.verdict.listedness),
    )


def is_first_post() -> Condition:
    """Return the condition that the post is not a copy."""
    return Condition("copies", "not a copy", lambda view: not view.is_copy, _actual_copy)


def is_copy() -> Condition:
    """Return the condition that the post is a copy."""
    return Condition("copies", "a copy", lambda view: view.is_copy, lambda _: "not a copy")


def any_of(values: Iterable[str]) -> str:
    """Return values in words: "a, b or c", in the order of the alphabet."""
    *others, last = sorted(values)
    return f"{', '.join(others)} or {last}" if others else last


def actual_drug(view: EffectView) -> str:
    """Return the drug of an effect in words."""
    return view.report.drug.drug.drug if view.report.drug else "no drug"


def _actual_class(view: EffectView) -> str:
    return f"{actual_drug(view)} ({', '.join(view.atc) or 'no ATC code'})" if view.drugs else "no drug"


def _actual_pt(view: EffectView) -> str:
    mention = view.report.mention
    return "uncoded" if mention.ptid is None else f"{mention.pt_name} ({mention.ptid})"


def _actual_copy(view: EffectView) -> str:
    copy = view.report.copy_of
    return "not a copy" if copy is None else f"a copy ({copy.kind.value}) of {copy.first_id}"


def _listed(values: Iterable[str], nothing: str) -> str:
    return ", ".join(sorted(values)) or nothing
