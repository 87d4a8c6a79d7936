"""What a rule for a fact is, and which words around a match take it back.

A rule reads the text as it is, so offsets are those of the post. Words before a match in the same clause
may take it back: a negation ("didn't end up in the ER"), something that has not happened ("if I end up in
the ER"), or a figure of speech.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from monitor.findings import Fact, FactKind

NEGATED: Final = (
    r"not|no|never|without|nobody|no one|none|\w+n['’]t|cannot|dont|didnt|doesnt|wasnt|isnt|wont|"
    r"avoid(?:ed)?|instead of|rather than|zero"
)
HYPOTHETICAL: Final = (
    r"if|unless|could|can|might|may|should|would|will|hope|hoping|hopefully|afraid|scared|worried|"
    r"risk of|thought about|thinking (?:of|about)|considered|considering|going to|gonna|want(?:ed|s|"
    r"ing)? to|trying to|need to|or|whether|potentially|possibly|almost|nearly|practically|basically|"
    r"about to|in case|call your"
)

_BOUNDARY: Final = re.compile(
    r"[.!?;,\n]|\b(?:but|because|bc|though)\b|"
    r"\band (?=(?:i|he|she|they|my|then|now|so|was|got|went|had|ended|wound|landed|almost|nearly)\b)",
    re.IGNORECASE,
)
"""Where a clause ends; "can't sleep and ended up in the ER" has two."""

_READ: Final = 60
"""Characters before a match in which these words are looked for."""


@dataclass(frozen=True, slots=True)
class FactRule:
    """A rule for a kind of fact.

    Attributes:
        kind: what it reads.
        pattern: the words that state it; those of its group "fact", if it has one.
        triggers: the text has one of these, in lower case, or the pattern is not tried.
        value: the value of a match; None if the kind has none.
        not_before: words that take a match back if they are up to five words before it in its clause.
        not_after: words that take it back if they follow directly.
    """

    kind: FactKind
    pattern: re.Pattern[str]
    triggers: tuple[str, ...]
    value: Callable[[re.Match[str]], str | None] | None = None
    not_before: re.Pattern[str] | None = None
    not_after: re.Pattern[str] | None = None

    def facts(self, text: str, lowered: str) -> Iterator[Fact]:
        """Yield what the text states.

        Args:
            text: the post.
            lowered: the same in lower case; only triggers are looked for in it.
        """
        if not any(trigger in lowered for trigger in self.triggers):
            return
        for match in self.pattern.finditer(text):
            if self._is_taken_back(text, match):
                continue
            value = None if self.value is None else self.value(match)
            part = "fact" if "fact" in self.pattern.groupindex else 0
            yield Fact(self.kind, match.start(part), match.end(part), match[part], value)

    def _is_taken_back(self, text: str, match: re.Match[str]) -> bool:
        if self.not_before is not None:
            before = text[_start_of_clause(text, match) : match.start()]
            if self.not_before.search(before):
                return True
        return self.not_after is not None and self.not_after.match(text, match.end()) is not None


def _start_of_clause(text: str, match: re.Match[str]) -> int:
    start = max(0, match.start() - _READ)
    for boundary in _BOUNDARY.finditer(text, start, match.end()):
        if boundary.end() <= match.start():
            start = boundary.end()
    return start


def fact_rule(
    kind: FactKind,
    pattern: str,
    triggers: str,
    *,
    value: Callable[[re.Match[str]], str | None] | str | None = None,
    not_before: str = f"{NEGATED}|{HYPOTHETICAL}",
    not_after: str = "",
    words: int = 5,
) -> FactRule:
    """Return a rule.

    Args:
        kind: what it reads.
        pattern: regular expression of the words that state it; letters match in either case.
        triggers: words separated by commas, of which the text has at least one.
        value: value of a match, or a function that returns it.
        not_before: words before a match that take it back; empty for none.
        not_after: words after it that take it back.
        words: how many words may stand between those before and the match.
    """
    fixed = (lambda match: value) if isinstance(value, str) else value
    return FactRule(
        kind,
        re.compile(rf"(?<!\w)(?:{pattern})", re.IGNORECASE),
        tuple(trigger.strip() for trigger in triggers.split(",")),
        fixed,
        _pattern(rf"\b(?:{not_before})\b\W*(?:[^\s]+\s+){{0,{words}}}$") if not_before else None,
        _pattern(rf"\W*(?:{not_after})") if not_after else None,
    )


def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE)
