"""The rules of X's filtered stream: built from the drug list, and compared with those that X has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from monitor.connect.drug_list import DrugList, RuleOptions
from monitor.connect.errors import ConnectError

_PLAIN: Final = re.compile(r"[A-Za-z0-9]+")
_OPERATORS: Final = frozenset({"AND", "OR", "NOT"})


@dataclass(frozen=True, slots=True)
class StreamRule:
    """A rule as X has it.

    Attributes:
        id: id of the rule at X.
        value: what it looks for.
        tag: its tag, or an empty text.
    """

    id: str
    value: str
    tag: str


@dataclass(frozen=True, slots=True)
class RulePlan:
    """What has to change at X.

    Attributes:
        add: values of rules that are missing.
        delete: our rules that are not needed any more.
        keep: our rules that stay.
        foreign: rules with another tag, which are never touched.
    """

    add: tuple[str, ...]
    delete: tuple[StreamRule, ...]
    keep: tuple[StreamRule, ...]
    foreign: tuple[StreamRule, ...]


def build_rules(drugs: DrugList) -> list[str]:
    """Return rules that together find every name, each one no longer than X allows.

    Raises:
        ConnectError: a single name does not fit into a rule.
    """
    suffix = _suffix(drugs.x)
    terms = list(dict.fromkeys(_terms(drugs)))
    rules: list[str] = []
    group: list[str] = []
    for term in terms:
        if len(_rule([term], suffix)) > drugs.x.max_length:
            raise ConnectError(
                f"the name {term} does not fit into a rule of {drugs.x.max_length} characters",
                "shorten it, name fewer languages, or increase x.max_length if your access level allows it",
            )
        if group and len(_rule([*group, term], suffix)) > drugs.x.max_length:
            rules.append(_rule(group, suffix))
            group = []
        group.append(term)
    rules.append(_rule(group, suffix))
    return rules


def plan_changes(needed: Sequence[str], existing: Sequence[StreamRule], tag: str) -> RulePlan:
    """Compare the rules that are needed with those that X has; only rules with our tag are deleted."""
    ours = [rule for rule in existing if rule.tag == tag]
    # X does not take a value twice, whatever its tag is.
    values = {rule.value for rule in existing}
    return RulePlan(
        add=tuple(value for value in needed if value not in values),
        delete=tuple(rule for rule in ours if rule.value not in needed),
        keep=tuple(rule for rule in ours if rule.value in needed),
        foreign=tuple(rule for rule in existing if rule.tag != tag),
    )


def parse_rules(document: Any) -> list[StreamRule]:
    """Return the rules in a response of X; those without an id or a value are left out."""
    data = document.get("data") if isinstance(document, Mapping) else None
    return [
        StreamRule(str(rule["id"]), str(rule["value"]), str(rule.get("tag") or ""))
        for rule in (data if isinstance(data, list) else [])
        if isinstance(rule, Mapping) and "id" in rule and "value" in rule
    ]


def _terms(drugs: DrugList) -> Iterator[str]:
    for drug in drugs.drugs:
        for name in (drug.name, *drug.aliases):
            yield name.lower() if _PLAIN.fullmatch(name) and name.upper() not in _OPERATORS else f'"{name}"'
        for hashtag in drug.hashtags:
            yield f"#{hashtag}"


def _suffix(options: RuleOptions) -> str:
    languages = [f"lang:{language}" for language in options.languages]
    parts = [f"({' OR '.join(languages)})" if len(languages) > 1 else languages[0]] if languages else []
    return "".join(f" {part}" for part in parts + ([] if options.retweets else ["-is:retweet"]))


def _rule(terms: Sequence[str], suffix: str) -> str:
    alternatives = " OR ".join(terms)
    return f"({alternatives}){suffix}" if len(terms) > 1 and suffix else f"{alternatives}{suffix}"
