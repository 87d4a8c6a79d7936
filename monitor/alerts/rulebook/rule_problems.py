"""What is wrong in the rules file: each problem with its place, and the error that lists them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from monitor.alerts.rulebook.rule_tables import GroupTable, RulesTable, RuleTable, WhenTable
from monitor.alerts.rulebook.source_lines import Location, SourceLines
from monitor.errors import MonitorError

# "Input should be …", after the name of the key, reads as "must be …".
_SUBJECT: Final = re.compile("^(Input|String|Value) should ")

MOST: Final = 20
"""Number of problems that a message lists."""


class RulesError(MonitorError):
    """The rules file cannot be read, or something in it is wrong."""


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """Something wrong in the file.

    Attributes:
        location: where, as in the parsed file.
        message: what, and what to do.
    """

    location: Location
    message: str


def problems_of(error: ValidationError) -> list[RuleProblem]:
    """Return the problems of a file that does not have the right form."""
    return [
        RuleProblem(details["loc"], _message(details))
        for details in error.errors(include_url=False, include_input=False)
    ]


def wrong_rules(path: Path, text: str, data: object, problems: Iterable[RuleProblem]) -> RulesError:
    """Return the error that lists problems, each with its line, the name of its rule, and its key.

    Args:
        path: the file.
        text: its text.
        data: the parsed file; it has the names of the rules.
        problems: what is wrong in it.
    """
    lines = SourceLines(text)
    numbered = [(lines.line_of(problem.location), problem) for problem in problems]
    numbered.sort(key=lambda item: item[0] or 0)
    shown = [
        f"{'' if line is None else f'line {line}, '}{place_in_words(problem.location, data)}: "
        f"{problem.message}"
        for line, problem in numbered[:MOST]
    ]
    if len(numbered) > MOST:
        shown.append(f"and {len(numbered) - MOST} more")
    return RulesError(f"the rules in {path} are wrong:\n  " + "\n  ".join(shown))


def place_in_words(location: Location, data: object) -> str:
    """Return a place as people read it: `rule 3 "severe", when.drug`."""
    parts = list(location)
    words = []
    if len(parts) > 1 and parts[0] == "rule" and isinstance(parts[1], int):
        words.append(f"rule {parts[1] + 1}{_name_of_rule(data, parts[1])}")
        parts = parts[2:]
    elif len(parts) > 1:
        words.append(f"[{parts[0]}.{parts[1]}]")
        parts = parts[2:]
    keys = ".".join(str(part) for part in parts if isinstance(part, str))
    return ", ".join([*words, keys] if keys else words) or "the file"


def _name_of_rule(data: object, number: int) -> str:
    try:
        name = data["rule"][number]["name"]  # type: ignore[index]
    except (KeyError, IndexError, TypeError):
        return ""
    return f' "{name}"' if isinstance(name, str) and name.isprintable() and len(name) <= 100 else ""


def _message(details: ErrorDetails) -> str:
    kind, location = details["type"], details["loc"]
    if kind == "extra_forbidden":
        return _unknown_key(location)
    if kind == "missing":
        return "is missing"
    if kind == "too_short":
        return "is empty: nothing can match"
    if kind in ("bool_type", "bool_parsing"):
        return "must be true or false"
    if kind in ("model_type", "dict_type"):
        return "must be a table"
    if kind == "tuple_type":
        return "must be a list of tables: write [[rule]]"
    return _SUBJECT.sub("must ", details["msg"].removeprefix("Value error, "))


def _unknown_key(location: tuple[int | str, ...]) -> str:
    match location:
        case ("rule", int(), "when" | "not", *_):
            table: type = WhenTable
        case ("rule", *_):
            table = RuleTable
        case ("group", *_):
            table = GroupTable
        case _:
            table = RulesTable
    known = [info.alias or name for name, info in table.model_fields.items()]  # type: ignore[attr-defined]
    close = difflib.get_close_matches(str(location[-1])[:100], known, 1)
    return f"is unknown: did you mean {close[0]}?" if close else f"is unknown: known are {', '.join(known)}"
