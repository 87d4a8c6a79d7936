"""The log counts what readers read, drop and change, and keeps the first places."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.corpora import ReadingLog
from training.errors import CorpusError

SOURCE = Path("spans.tsv")


def test_faults_are_counted_with_their_first_places() -> None:
    log = ReadingLog()
    log.count("spans", 3)
    for line in range(1, 9):
        log.drop("offset mismatch", SOURCE, line, "not there")
    log.note("negated effect", SOURCE, None, "M1")
    assert log.to_json() == {
        "read": {"spans": 3},
        "dropped": {
            "offset mismatch": {
                "count": 8,
                "first": [f"spans.tsv, line {line}: offset mismatch: not there" for line in range(1, 6)],
            }
        },
        "noted": {"negated effect": {"count": 1, "first": ["spans.tsv: negated effect: M1"]}},
    }


def test_a_strict_log_raises_at_a_fault_but_not_at_a_note() -> None:
    log = ReadingLog(strict=True)
    log.note("negated effect", SOURCE, None, "M1")
    with pytest.raises(CorpusError, match=r"spans\.tsv, line 7: offset mismatch: not there; fix it"):
        log.drop("offset mismatch", SOURCE, 7, "not there")
