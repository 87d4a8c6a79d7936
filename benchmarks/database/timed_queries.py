"""The documented queries as the benchmark runs them, with frequent and rare drugs and effects."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg

from monitor.enrich.drugs import DrugChoice
from monitor.settings import Settings
from monitor.store import Filters, find_effects
from monitor.store.cases import CaseFilters, find_cases

PAGE: Final = Path(__file__).parents[2] / "docs" / "database.md"
LIMIT: Final = 100
"""Rows that a filter returns at most."""

Query = Callable[[int], object]
"""A query; the number of its repetition chooses between frequent and rare values."""


def documented_queries(settings: Settings, connection: psycopg.Connection[Any]) -> Mapping[str, Query]:
    """Return the queries by a short name: the examples of the page, and the filters of commands."""
    blocks = PAGE.read_text(encoding="utf-8").split("```sql\n")[1:]
    queries: dict[str, Query] = {}
    for block in blocks:
        statement = block.partition("```")[0]
        title = " ".join(statement.split())[:48]
        queries[f"page: {title}…"] = partial(_run, connection, statement)
    for name, make in EFFECT_FILTERS.items():
        queries[f"query {name}"] = partial(_find_effects, settings, make)
    for name, make_cases in CASE_FILTERS.items():
        queries[f"cases {name}"] = partial(_find_cases, settings, make_cases)
    return queries


def time_query(query: Query, repeats: int) -> dict[str, float]:
    """Return p50 and p95 of the milliseconds of a query, after one run that is not counted."""
    query(0)
    times = []
    for number in range(repeats):
        started = time.perf_counter()
        query(number)
        times.append(1_000 * (time.perf_counter() - started))
    return {"p50_ms": round(statistics.median(times), 2), "p95_ms": round(_percentile(times, 0.95), 2)}


def _percentile(times: list[float], share: float) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _run(connection: psycopg.Connection[Any], statement: str, _: int) -> int:
    return len(connection.execute(statement.encode()).fetchall())


def _find_effects(settings: Settings, make: Callable[[int], Filters], number: int) -> int:
    return _count(find_effects(settings, make(number)))


def _find_cases(settings: Settings, make: Callable[[int], CaseFilters], number: int) -> int:
    return _count(find_cases(settings, make(number)))


def _count(rows: Iterator[object]) -> int:
    return sum(1 for _ in rows)


def _drug(number: int) -> str:
    return f"drug{(0, 20, 199)[number % 3]}"


def _pt(number: int) -> int:
    return (0, 100, 499)[number % 3]


def _ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


EFFECT_FILTERS: Final[Mapping[str, Callable[[int], Filters]]] = {
    "newest": lambda _: Filters(limit=LIMIT),
    "--since": lambda number: Filters(since=_ago(number % 30), limit=LIMIT),
    "--until": lambda number: Filters(until=_ago(100 + number % 30), limit=LIMIT),
    "--pt": lambda number: Filters(pt=f"Effect {_pt(number)}", limit=LIMIT),
    "--drug": lambda number: Filters(drug=DrugChoice(_drug(number)), limit=LIMIT),
    "--drug --pt": lambda number: Filters(
        drug=DrugChoice(_drug(number)), pt=f"Effect {_pt(number)}", limit=LIMIT
    ),
    "--text": lambda number: Filters(text=f"{_drug(number)} effect{_pt(number)}", limit=LIMIT),
    "--min-probability": lambda _: Filters(min_probability=0.99, limit=LIMIT),
    "--uncoded": lambda _: Filters(coded=False, limit=LIMIT),
    "--bundle all": lambda _: Filters(bundle="all", limit=LIMIT),
}
CASE_FILTERS: Final[Mapping[str, Callable[[int], CaseFilters]]] = {
    "newest": lambda _: CaseFilters(limit=LIMIT),
    "--drug": lambda number: CaseFilters(drug=_drug(number), limit=LIMIT),
    "--pt": lambda number: CaseFilters(pt=f"Effect {_pt(number)}", limit=LIMIT),
    "--owner": lambda _: CaseFilters(owner="ann", limit=LIMIT),
    "--due": lambda _: CaseFilters(due_before=_ago(380), limit=LIMIT),
    "--serious": lambda _: CaseFilters(serious=True, limit=LIMIT),
}
