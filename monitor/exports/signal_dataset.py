"""The table of signals as a dataset: few rows, which are computed as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitor.exports.export_columns import columns_of, json_value
from monitor.exports.export_datasets import Dataset
from monitor.signals.signal_report import WARNINGS, SignalPair, SignalReport


def signals_dataset(report: SignalReport) -> Dataset[SignalPair]:
    """Return the pairs of a table, with what the field warns of and what was counted for the provenance.

    The rows have no texts, so masking changes nothing. A pair depends on all cases of the window, so rows of
    two runs do not fit together: such an export does not go on, but starts from scratch.
    """

    def read(_key: list[Any] | None, rows_before: int) -> Iterator[SignalPair]:
        return iter(report.pairs[rows_before:])

    return Dataset(
        name="signals",
        unit="signals",
        columns=columns_of(SignalPair),
        read=read,
        key_of=lambda pair: [pair.drug, pair.code],
        masked=lambda pair: pair,
        bundle_of=lambda pair: None,
        facts={"warnings": list(WARNINGS), "counted": _counted(report)},
        is_resumable=False,
    )


def _counted(report: SignalReport) -> dict[str, Any]:
    """Return what stands behind the numbers of a table, as values of JSON."""
    coverage = report.coverage
    return {
        "matching_pairs": report.matching,
        "coded_cases": report.all_cases,
        "drugs": report.drugs,
        "events": report.events,
        "without_code": report.uncoded,
        "without_drug": report.without_drug,
        "first_day": json_value(coverage.first),
        "last_day": json_value(coverage.last),
        "refreshed_at": json_value(coverage.refreshed_at),
        "pending_days": coverage.pending,
        "late_days": coverage.late_days,
        "prior_fallback": report.prior_fallback,
        "reviewed": report.reviewed,
    }
