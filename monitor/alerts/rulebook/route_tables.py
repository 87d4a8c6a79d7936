"""The tables `[route.NAME]` of a rules file become routes, or problems with their place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from monitor.alerts.rulebook.routes import Route
from monitor.alerts.rulebook.rule_problems import RuleProblem, RulesError, wrong_rules

ROUTE_NAME: Final = re.compile("[a-z0-9][a-z0-9_-]{0,62}")
"""A name becomes a part of keys in Redis, and a label of metrics."""

_ROUTE: Final[TypeAdapter[Route]] = TypeAdapter(Route)
_SUBJECT: Final = re.compile("^(Input|String|Value) should ")


def read_routes(path: Path) -> Mapping[str, Route]:
    """Read the routes of a rules file, and nothing else of it.

    So `ade-monitor notify` needs neither the dictionary of drugs nor the terminology.

    Raises:
        RulesError: the file cannot be read, or a route is wrong. The message has its line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text)
    except OSError as error:
        raise RulesError(
            f"the rules file {path} cannot be read: {error.strerror}",
            "name a TOML file in alerts.rules (ADE_ALERTS__RULES)",
        ) from None
    except (ValueError, RecursionError) as error:
        raise RulesError(f"the rules in {path} are not valid TOML: {error}") from None
    routes, problems = compile_routes(data.get("route", {}), path.parent)
    if problems:
        raise wrong_rules(path, text, data, problems)
    return routes


def compile_routes(tables: object, folder: Path) -> tuple[dict[str, Route], list[RuleProblem]]:
    """Return the routes in the table `route` of a rules file, and what is wrong in it.

    Args:
        tables: the table, as it was parsed.
        folder: folder of the file; paths in routes are relative to it.
    """
    if not isinstance(tables, Mapping):
        return {}, [RuleProblem(("route",), "must be tables: write [route.safety-team]")]
    routes: dict[str, Route] = {}
    problems: list[RuleProblem] = []
    for name, table in tables.items():
        if not ROUTE_NAME.fullmatch(name):
            problems.append(
                RuleProblem(("route", name), "must have a name of small letters, digits, - and _, at most 63")
            )
            continue
        try:
            routes[name] = _ROUTE.validate_python(table, context={"folder": folder})
        except ValidationError as error:
            problems += _problems(name, error)
    return routes, problems


def _problems(name: str, error: ValidationError) -> Iterator[RuleProblem]:
    """Yield what is wrong with a route, without its values, which may be secrets."""
    for details in error.errors(include_url=False, include_input=False):
        # The first part of the place is the kind of the route.
        place: tuple[Any, ...] = ("route", name, *details["loc"][1:])
        if details["type"].startswith("union_tag"):
            place = ("route", name, "type")
        yield RuleProblem(place, _message(details))


def _message(details: ErrorDetails) -> str:
    kind = details["type"]
    if kind.startswith("union_tag"):
        return "must be webhook, email, slack, teams or apprise"
    if kind == "extra_forbidden":
        return "is not a key of such a route: docs/notify.md lists them"
    if kind == "missing":
        return "is missing"
    if kind in ("bool_type", "bool_parsing"):
        return "must be true or false"
    if kind in ("model_attributes_type", "model_type"):
        return "must be a table"
    return _SUBJECT.sub("must ", details["msg"].removeprefix("Value error, "))
