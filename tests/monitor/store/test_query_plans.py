"""No documented query reads a whole table of posts, mentions or cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, event

from monitor.embedded import Postgres
from monitor.enrich.drugs import DrugChoice
from monitor.settings import DatabaseSettings, Settings
from monitor.store import Filters, find_effects
from monitor.store.ade_report import ALL_BUNDLES
from monitor.store.cases import CaseFilters, find_cases
from monitor.store.connections import reading_engine
from monitor.store.effect_counts import read_effect_counts
from tests.generated_mentions import BUNDLE, add_mentions

ROWS: Final = 120_000
DAYS: Final = 400
"""Days over which the rows are spread: the months have enough rows to need an index."""

NOW: Final = datetime.now(UTC)
WEEK: Final = NOW - timedelta(days=7)
LARGE: Final = {
    "tweets",
    "post_times",
    "predictions",
    "mentions",
    "cases",
    "case_posts",
    "post_copies",
    "hourly_effect_counts",
    "hourly_drug_counts",
}
PAGE = Path(__file__).parents[3] / "docs" / "database.md"
EXAMPLES: Final = [
    block.partition("```")[0] for block in PAGE.read_text(encoding="utf-8").split("```sql\n")[1:]
]

pytestmark = pytest.mark.slow

Statement = tuple[str, Any]


@pytest.fixture(scope="module")
def filled(
    postgres: Postgres, _postgres_admin: psycopg.Connection[Any], _migrated_template: str
) -> Iterator[Settings]:
    """Settings of a database with many rows."""
    name = "store_query_plans"
    _postgres_admin.execute(f"CREATE DATABASE {name} TEMPLATE {_migrated_template}")
    url = postgres.url_of(name)
    with psycopg.connect(url, autocommit=True) as connection:
        add_mentions(connection, ROWS, days=DAYS)
        connection.execute("VACUUM ANALYZE")
    yield Settings(database=DatabaseSettings(url=SecretStr(url)))
    _postgres_admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


# Of a table with partitions, a month may be so small that reading all of it is best.
SMALL_PART: Final = 0.2

ROWS_OF: Final = """
    SELECT COALESCE(parent.relname, c.relname), sum(c.reltuples) FILTER (WHERE c.relname = ANY(%s)),
        sum(c.reltuples)
    FROM pg_class AS c LEFT JOIN pg_inherits ON inhrelid = c.oid
        LEFT JOIN pg_class AS parent ON parent.oid = inhparent
    WHERE c.relkind = 'r' GROUP BY 1
"""


def whole_tables(settings: Settings, statement: str, parameters: Any = None) -> set[str]:
    """Return the large tables of which a query reads more than `SMALL_PART` without an index."""
    with psycopg.connect(settings.database.url.get_secret_value()) as connection:
        # As docs/database.md recommends, and as our own connections do.
        connection.execute("SET random_page_cost = 1.1")
        connection.execute("SET enable_partitionwise_join = on")
        [(plans,)] = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}".encode(), parameters)
        rows = connection.execute(ROWS_OF, [list(_scanned(plans[0]["Plan"]))]).fetchall()
    return {table for table, read, total in rows if table in LARGE and (read or 0) > SMALL_PART * total}


def _scanned(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from _scanned(part)


def sent_by(run: Callable[[], object]) -> list[Statement]:
    """Return the SELECTs that SQLAlchemy sends while `run` runs, with their parameters."""
    sent: list[Statement] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "SELECT" in statement:
            sent.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        run()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return sent


@pytest.mark.parametrize("example", EXAMPLES)
def test_no_example_of_the_page_reads_a_whole_table(filled: Settings, example: str) -> None:
    assert whole_tables(filled, example) == set()


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"since": WEEK},
        {"until": WEEK},
        {"pt": "10000499"},
        {"pt": "effect 499"},
        {"text": "effect499"},
        {"drug": DrugChoice("drug199")},
        {"drug": DrugChoice("some class", "N0a")},
        {"min_probability": 0.9},
        {"min_score": 0.9},
        {"coded": False},
        {"bundle": BUNDLE},
        {"bundle": ALL_BUNDLES},
        {"drug": DrugChoice("drug199"), "pt": "10000499", "since": WEEK},
    ],
    ids=str,
)
def test_no_filter_of_query_reads_a_whole_table(filled: Settings, filters: dict[str, Any]) -> None:
    sent = sent_by(lambda: next(find_effects(filled, Filters(**filters, limit=50)), None))
    assert sent
    for statement, parameters in sent:
        assert whole_tables(filled, statement, parameters) == set()


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"statuses": ("open",)},
        {"drug": "drug199"},
        {"pt": "Effect 499"},
        {"owner": "ann"},
        {"since": WEEK},
        {"due_before": NOW - timedelta(days=380)},
        {"serious": True},
    ],
    ids=str,
)
def test_no_filter_of_cases_reads_a_whole_table(filled: Settings, filters: dict[str, Any]) -> None:
    sent = sent_by(lambda: next(find_cases(filled, CaseFilters(**filters, limit=50)), None))
    assert sent
    for statement, parameters in sent:
        assert whole_tables(filled, statement, parameters) == set()


@pytest.mark.parametrize("filters", [{"drug": "drug199"}, {"ptid": "10000499"}, {}], ids=str)
def test_roll_ups_are_read_by_an_index(filled: Settings, filters: dict[str, Any]) -> None:
    def read() -> None:
        with reading_engine(filled.database).connect() as connection:
            read_effect_counts(connection, since=WEEK, until=NOW, bundle=BUNDLE, **filters)

    for statement, parameters in sent_by(read):
        assert whole_tables(filled, statement, parameters) == set()


def test_a_query_without_an_index_is_recognized(filled: Settings) -> None:
    assert whole_tables(filled, "SELECT count(*) FROM mentions WHERE score > 0.99") == {"mentions"}
