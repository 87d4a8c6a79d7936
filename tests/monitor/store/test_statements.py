"""Each INSERT fills every column of its table that has no default, from the lists in `columns.py`."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import Table

from monitor.store import statements, tables
from monitor.store.author_keys import AuthorKeys
from monitor.store.statements import Insert

INSERTS: list[tuple[Insert[Any], Table]] = [
    (statements.put_tweets(AuthorKeys(b"key")), tables.tweets),
    (statements.PUT_PREDICTIONS, tables.predictions),
    (statements.PUT_MENTIONS, tables.mentions),
    (statements.PUT_ALERTS, tables.alert_outbox),
    (statements.ADD_COUNTS, tables.hourly_counts),
    (statements.PUT_PROGRESS, tables.progress),
]


def columns_of(insert: Insert[Any]) -> set[str]:
    match = re.search(r"AS t \((.*?)\)", insert.statement.text)
    assert match
    return {name.strip('" ') for name in match[1].split(",")}


@pytest.mark.parametrize(("insert", "table"), INSERTS, ids=lambda part: getattr(part, "name", ""))
def test_every_column_without_a_default_is_inserted(insert: Insert[Any], table: Table) -> None:
    needed = {
        column.name
        for column in table.columns
        if not column.nullable and column.server_default is None and column.identity is None
    }
    assert needed <= columns_of(insert) <= set(table.columns.keys())
    assert insert.statement.text.startswith(f"INSERT INTO {table.name} ")


@pytest.mark.parametrize(("insert", "table"), INSERTS, ids=lambda part: getattr(part, "name", ""))
def test_a_row_that_is_there_already_is_not_an_error(insert: Insert[Any], table: Table) -> None:
    assert "ON CONFLICT" in insert.statement.text


def test_columns_travel_as_arrays_of_the_type_of_their_table() -> None:
    text = statements.PUT_PREDICTIONS.statement.text
    assert "CAST(:probability AS DOUBLE PRECISION[])" in text
    assert "CAST(:offset AS BIGINT[])" in text
    assert "CAST(runners_up AS JSONB)" in statements.PUT_MENTIONS.statement.text
