"""Outputs are ruled out only by what their entries and the alert really say."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.settings import Settings
from monitor.store.audit import AuditEntry, record_audit
from monitor.store.audit.entry_relations import related_entries, rules_out
from monitor.store.connections import reading_engine
from tests.monitor.store.batches import POSTED

TREMOR = {"ptid": "10044565", "pt_name": "Tremor", "posted_at": "2026-07-01T12:00:00+00:00", "case_id": "c"}
RETRACTED = dict.fromkeys(TREMOR)
UNCODED = {**TREMOR, "ptid": None, "pt_name": None}

INSOMNIA = {"filters": {"pt": "Insomnia"}}
RECODED = {"filters": {"pt": "Insomnia", "coding": "27.0"}}
LATER = {"filters": {"since": "1d"}, "times": {"since": "2026-07-02T00:00:00+00:00"}}
EARLIER = {"filters": {"until": "2026-06-01T00:00:00+00:00"}}


@pytest.mark.parametrize(
    ("details", "effect"),
    [
        (INSOMNIA, TREMOR),
        ({"dataset": "cases", **INSOMNIA}, TREMOR),
        (LATER, TREMOR),
        ({"dataset": "effects", **LATER}, TREMOR),
        (EARLIER, TREMOR),
        ({"rows": 0}, RETRACTED),
        ({"posts": 0, "format": "reviews"}, RETRACTED),
        ({"reports": 0, "dataset": "e2b"}, RETRACTED),
        ({"dataset": "signals", "rows": 9}, TREMOR),
    ],
)
def test_another_pt_another_time_and_no_rows_rule_an_output_out(
    details: dict[str, Any], effect: dict[str, Any]
) -> None:
    assert rules_out(details, effect)


@pytest.mark.parametrize(
    ("details", "effect"),
    [
        ({"filters": {"pt": " tremor "}}, TREMOR),
        ({"filters": {"pt": "10044565"}}, TREMOR),
        (INSOMNIA, RETRACTED),
        (INSOMNIA, UNCODED),
        (RECODED, TREMOR),
        ({"dataset": "cases", **LATER}, TREMOR),
        (LATER, RETRACTED),
        ({}, TREMOR),
        ({"posts": 3}, TREMOR),
        ({"reports": 1, "rows": None}, TREMOR),
    ],
)
def test_an_output_that_may_have_had_the_effect_is_kept(
    details: dict[str, Any], effect: dict[str, Any]
) -> None:
    assert not rules_out(details, effect)


def test_a_finished_export_stands_for_its_starts_and_an_unfinished_one_is_listed(migrated: Settings) -> None:
    for details in (
        {"phase": "started"},
        {"phase": "finished", "earlier": [1], "rows": 2, "sha256": "ab"},
        {"phase": "started"},
        {"phase": "finished", "earlier": [3], "rows": 0},
        {"phase": "started"},
        {"phase": "started", **INSOMNIA},
    ):
        record_audit(migrated, AuditEntry("export", "effects", details=details))
    with reading_engine(migrated.database).connect() as connection:
        outputs, others = related_entries(connection, subjects=["c"], since=POSTED, effect=TREMOR)
    assert [(entry.number, entry.sha256) for entry in outputs] == [(2, "ab"), (5, None)]
    assert others == []
