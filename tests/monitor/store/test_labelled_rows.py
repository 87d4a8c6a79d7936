"""Rows with the verdict of the labels: as in `ListedEffects`, with its sentence, by an index."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Engine, event, text

from models.terminology import packaged_pt_names
from monitor.settings import Settings
from monitor.store import ReportedEffect, labelled_rows
from monitor.store.connections import migrating_engine
from monitor.store.labelled_rows import labelled_effects
from monitor.store.listed_effects import load_listed_effects, milder_forms
from tests.monitor.store.test_listed_effects import CODES, add_label, effect

SEVERE, (MILD, *_) = next(
    (severe, forms)
    for severe, forms in milder_forms().items()
    if {severe, *forms} <= set(packaged_pt_names())
)


def row(drug: str | None, ptid: str | None) -> ReportedEffect:
    now = datetime(2026, 3, 14, tzinfo=UTC)
    return ReportedEffect(
        now, "1", "en", "sick", "sick", 0, 4, 0.9, 0.9, ptid, None, None, "b", now, drug=drug
    )


@pytest.fixture
def labelled(migrated: Settings) -> Settings:
    add_label(migrated, "spl:1", "sertraline", effect("Nausea", "Nausea occurred."))
    add_label(migrated, "spl:2", "sertraline", effect("Nausea", "Newer: nausea."))
    add_label(migrated, "spl:3", "ibuprofen", effect(packaged_pt_names()[MILD], "Something milder."))
    return migrated


def test_rows_have_the_verdict_of_all_labels_with_its_sentence(
    labelled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelled_rows, "_ROWS_AT_ONCE", 2)
    pairs = [
        (drug, ptid)
        for drug in ("sertraline", "ibuprofen", "sertraline + ibuprofen", "sertraline + other", "other", None)
        for ptid in (CODES["Nausea"], SEVERE, MILD, "10099999", None)
    ]
    everything = load_listed_effects(labelled)
    rows = list(labelled_effects(labelled, (row(*pair) for pair in pairs)))
    assert [(each.drug, each.ptid) for each in rows] == pairs
    expected = [everything.verdict(*pair) for pair in pairs]
    assert [each.listedness for each in rows] == [verdict.listedness.value for verdict in expected]
    assert [each.label_sentence for each in rows] == [verdict.sentence for verdict in expected]
    assert {each.listedness for each in rows} == {"listed", "listed-milder", "unlisted", "unknown"}
    assert rows[0].label_sentence == "Newer: nausea."


def test_a_page_reads_labels_by_an_index_and_known_pairs_are_not_read_again(
    labelled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with migrating_engine(labelled.database).begin() as connection:
        fill(connection)
    monkeypatch.setattr(labelled_rows, "_ROWS_AT_ONCE", 10)
    statements: list[tuple[str, object]] = []

    def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        if "listed_effects" in statement or "drug_labels" in statement:
            statements.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        pages = [row(f"drug {n % 10 * 10}", f"{n % 10}") for n in range(50)]
        list(labelled_effects(labelled, pages))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(statements) == 2
    with migrating_engine(labelled.database).connect() as connection:
        connection.execute(text("SET random_page_cost = 1.1"))  # as docs/database.md recommends
        for statement, parameters in statements:
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()  # type: ignore[call-overload]
            assert [line for line in plan if "Seq Scan" in line] == []


def fill(connection: Connection) -> None:
    """Add 20,000 labels, and 10 effects of each tenth one."""
    connection.execute(
        text("INSERT INTO drug_labels (label_id, drug, source) SELECT n, 'drug ' || n, 'spl' "
             "FROM generate_series(0, 19999) AS n")
    )  # fmt: skip
    connection.execute(
        text("INSERT INTO listed_effects (label_id, drug, ptid, pt_name) SELECT n, 'drug ' || n, p, 'x' "
             "FROM generate_series(0, 19999, 10) AS n, generate_series(0, 9) AS p")
    )  # fmt: skip
    connection.execute(text("ANALYZE drug_labels, listed_effects"))
