"""Names of drugs that also mean something else, and the words around them that decide.

`data/ambiguous.tsv` has the rules, and explains its columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

NEAR: Final = 10
"""How many words before and after a name count as near."""
OTHER_DRUG: Final = "@drug"

_COLUMNS: Final = ["names", "needs", "not"]


@dataclass(frozen=True, slots=True)
class Context:
    """Words around a name.

    Attributes:
        before: regular expression for the words before the name, each between spaces; None for no item.
        after: the same for the words after it.
        without_before: what must not stand before it; None for no such item.
        other_drug: True if another drug in the text is enough.
    """

    before: str | None
    after: str | None
    without_before: str | None
    other_drug: bool

    def is_near(self, before: str, after: str, *, names_other_drug: bool) -> bool:
        """Return True if one of the items is near."""
        return (
            (self.other_drug and names_other_drug)
            or (self.before is not None and _matches(self.before, before))
            or (self.after is not None and _matches(self.after, after))
            or (self.without_before is not None and not _matches(self.without_before, before))
        )


def _matches(pattern: str, words: str) -> bool:
    """Return True if a pattern, which has a word at least, matches in `words`."""
    return not words.isspace() and _compiled(pattern).search(words) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern, compiled with the first text that needs it: all of them take a third of a second."""
    return re.compile(pattern)


@dataclass(frozen=True, slots=True)
class Rule:
    """When a name means a drug.

    Attributes:
        needs: what must be near; None if nothing must.
        excludes: what must not be near; None if anything may.
    """

    needs: Context | None
    excludes: Context | None

    def means_drug(self, before: str, after: str, *, names_other_drug: bool) -> bool:
        """Return True if the name means a drug between these words."""
        if self.excludes and self.excludes.is_near(before, after, names_other_drug=names_other_drug):
            return False
        return self.needs is None or self.needs.is_near(before, after, names_other_drug=names_other_drug)


class AmbiguousNames:
    """The rules of ambiguous names.

    Args:
        rules: the rule of each name, by its words in lower case.
    """

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self._unclear = frozenset(
            name for name, rule in rules.items() if not rule.means_drug("  ", "  ", names_other_drug=False)
        )

    def __contains__(self, name: object) -> bool:
        """Return True if the name alone, without any context, is not a drug."""
        return name in self._unclear

    def means_drug(
        self, name: str, words: Sequence[str], first: int, end: int, *, names_other_drug: bool
    ) -> bool:
        """Return True if a name means a drug.

        Args:
            name: the name.
            words: the words of the text, in lower case.
            first: position of the first word of the name.
            end: position after the last one.
            names_other_drug: whether the text names another drug, by a name that is not ambiguous.
        """
        rule = self._rules.get(name)
        if rule is None:
            return True
        before = f" {' '.join(words[max(0, first - NEAR) : first])} "
        after = f" {' '.join(words[end : end + NEAR])} "
        return rule.means_drug(before, after, names_other_drug=names_other_drug)


def read_ambiguous_names(path: Path) -> AmbiguousNames:
    """Read the rules of a file.

    Raises:
        ValueError: a line is wrong.
    """
    groups: dict[str, list[str]] = {}
    rules: dict[str, Rule] = {}
    for number, cells in _rows(path):
        names, needs, excludes = cells
        if names.startswith("@"):
            groups[names] = needs.split("|")
            continue
        try:
            rule = Rule(_context(needs, groups), _context(excludes, groups))
        except KeyError as error:
            raise ValueError(f"{path}, line {number}: there is no group {error}") from None
        for name in names.split("|"):
            if name in rules:
                raise ValueError(f"{path}, line {number}: {name!r} has a rule already")
            rules[name] = rule
    return AmbiguousNames(rules)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    header = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("# ") or line in ("", "#"):
            continue
        cells = line.split("\t")
        if header is None:
            header = cells
            if header != _COLUMNS:
                raise ValueError(f"{path}, line {number}: the columns are not {', '.join(_COLUMNS)}")
        elif len(cells) > len(_COLUMNS):
            raise ValueError(f"{path}, line {number}: {len(cells)} columns instead of {len(_COLUMNS)}")
        else:
            yield number, [*cells, "", ""][: len(_COLUMNS)]


def _context(cell: str, groups: Mapping[str, list[str]]) -> Context | None:
    items: list[str] = []
    for item in filter(None, cell.split("|")):
        items += groups[item] if item.startswith("@") and item != OTHER_DRUG else [item]
    if not items:
        return None
    words = [item for item in items if item != OTHER_DRUG and not item.startswith("!")]
    before = [_pattern(item) for item in words if not item.startswith("_")]
    after = [_pattern(item) for item in words if not item.endswith("_")]
    absent = [_pattern(item[1:]) for item in items if item.startswith("!")]
    return Context(_any_of(before), _any_of(after), _any_of(absent), OTHER_DRUG in items)


def _pattern(item: str) -> str:
    """Return the regular expression of an item, among words between spaces."""
    words = item.strip("_").split(" ")
    pattern = " ".join(re.escape(word).replace(r"\#", r"\d+").replace(r"\*", r"\S+") for word in words)
    if item.startswith("_"):
        return f"^ {pattern} "
    return f" {pattern} $" if item.endswith("_") else f" {pattern} "


def _any_of(patterns: list[str]) -> str | None:
    return "|".join(patterns) if patterns else None
