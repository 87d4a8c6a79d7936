"""SQL and memory have the same verdicts."""

from __future__ import annotations

from itertools import product

from sqlalchemy import Text, column, select, values

from monitor.settings import Settings
from monitor.store import reading_engine
from monitor.store.label_import import LabelEffect, replace_label
from monitor.store.listed_effects import Listedness, load_listed_effects, milder_forms
from monitor.store.listedness_filter import listedness_condition, listedness_of

SEVERE, (MILDER, *_) = next(iter(milder_forms().items()))
OTHER = "90000001"

LABELS = {
    "a": [MILDER],
    "b": [SEVERE, MILDER],
    "c": [],
    "a + d": [OTHER],
}
DRUGS = ["a", "b", "c", "d", "a + b", "a + c", "a + d", "b + d", "c + d", "e + f", None]
PTIDS = [SEVERE, MILDER, OTHER, "90000009", None]


def add_labels(settings: Settings) -> None:
    for number, (drug, ptids) in enumerate(LABELS.items()):
        effects = [LabelEffect(ptid, ptid, "warnings", "A sentence.") for ptid in ptids]
        replace_label(settings, str(number), drug, "text", effects)


def test_both_agree_on_every_kind_of_pair(migrated: Settings) -> None:
    add_labels(migrated)
    pairs = list(product(DRUGS, PTIDS))
    rows = values(column("drug", Text), column("ptid", Text), name="pairs").data(pairs)
    query = select(rows.c.drug, rows.c.ptid, listedness_of(rows.c.drug, rows.c.ptid))
    with reading_engine(migrated.database).connect() as connection:
        by_sql = {(drug, ptid): verdict for drug, ptid, verdict in connection.execute(query)}
        unlisted = connection.execute(
            select(rows.c.drug, rows.c.ptid).where(
                listedness_condition(rows.c.drug, rows.c.ptid, Listedness.UNLISTED)
            )
        ).all()
    listed = load_listed_effects(migrated)
    in_memory = {pair: listed.verdict(*pair).listedness.value for pair in pairs}
    assert by_sql == in_memory
    assert {tuple(row) for row in unlisted} == {p for p, v in in_memory.items() if v == "unlisted"}
    assert set(in_memory.values()) == {verdict.value for verdict in Listedness}
