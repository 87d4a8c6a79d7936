"""Tables, and the targets beside what was reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.table import Table

from benchmarks.inference_rounds import Contender, Timing

# Case, who runs, times the pipeline: on two cores, against the better of batch 1 and 64 with two threads.
_RATIOS: Final = (
    ("minilm-1", "fp32", 2.7),
    ("minilm-1", "bf16", 5.0),
    ("minilm-1", "int8", 8.0),
    ("minilm-5", "bf16", 25.0),
    ("minilm-5", "int8", 40.0),
    ("bert-base-1", "bf16", 3.1),
)
_TOKENIZED, _SHARE, _MEMORY_MB, _GPU = 12_000, 0.65, 700, 68_000


@dataclass(frozen=True)
class Arithmetic:
    """What a tweet takes, in GFLOP: what is required, and one pass of the whole encoder over all tokens."""

    required: float
    whole: float


def rows_of(
    contenders: Sequence[Contender],
    timings: Mapping[str, Timing],
    arithmetic: Mapping[str, Arithmetic],
    peaks: Mapping[tuple[str, str], float],
) -> list[dict[str, Any]]:
    """Put the figures of each contender that judges tweets together."""
    rows = []
    for one in contenders:
        if one.case not in arithmetic:
            continue
        timing = timings[one.key]
        row: dict[str, Any] = {
            "case": one.case,
            "who": one.name,
            "cores": one.cores,
            "tweets_a_second": round(timing.rate, 1),
            "tweets_a_cpu_second": round(timing.cpu_rate, 1),
        }
        if one.name.startswith("ours"):
            row |= _compared(one, timings)
            precision = one.name.removeprefix("ours ")
            peak = peaks.get((one.case.rpartition("-")[0] or "minilm", precision))
            if peak:
                row["share_of_peak"] = round(arithmetic[one.case].required * timing.cpu_rate / peak, 3)
                row["share_by_whole_passes"] = round(arithmetic[one.case].whole * timing.cpu_rate / peak, 3)
        rows.append(row)
    return rows


def _compared(one: Contender, timings: Mapping[str, Timing]) -> dict[str, Any]:
    """Compare with the better batch of the pipelines on as many cores, and of two processes of them."""
    own, found = timings[one.key], {}
    for start, word in (("pipeline", "pipeline"), ("2 x pipeline", "two_processes")):
        rivals = [
            timing
            for key, timing in timings.items()
            if key.startswith(f"{one.case} / {start} ") and key.endswith(f" / {one.cores}")
        ]
        if rivals:
            found[f"x_{word}"] = round(own.times(max(rivals, key=lambda rival: rival.rate)), 2)
            found[f"x_{word}_cpu"] = round(own.times_cpu(max(rivals, key=lambda rival: rival.cpu_rate)), 2)
    return found


def speeds(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Show who judges how many tweets."""
    table = Table(title="cascade; medians of the rounds, ratios to the better of batch 1 and 64")
    columns = {
        "case": "case",
        "who": "who",
        "cores": "cores",
        "tweets/s": "tweets_a_second",
        "tweets/CPU s": "tweets_a_cpu_second",
        "× pipeline": "x_pipeline",
        "by CPU": "x_pipeline_cpu",
        "× 2 processes": "x_two_processes",
        "by CPU ": "x_two_processes_cpu",
        "share of peak": "share_of_peak",
        "whole passes": "share_by_whole_passes",
    }
    for head in columns:
        table.add_column(head, justify="left" if head in ("case", "who") else "right")
    last = ""
    for row in rows:
        if last and row["case"] != last:
            table.add_section()
        last = row["case"]
        table.add_row(*(_shown(row.get(key)) for key in columns.values()))
    return table


def plain(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Show records as they are."""
    table = Table(title=title)
    heads = list(dict.fromkeys(key for row in rows for key in row))
    for head in heads:
        table.add_column(head.replace("_", " "), justify="right")
    for row in rows:
        table.add_row(*(_shown(row.get(head)) for head in heads))
    return table


def targets(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Hold the figures against the targets; what was not measured is left out."""
    by = {(row["case"], row["who"], row["cores"]): row for row in figures["cascade"]}
    found = []
    for case, precision, wanted in _RATIOS:
        row = by.get((case, f"ours {precision}", 2), {})
        found.append((f"{case} {precision}, × pipeline", row.get("x_pipeline"), wanted))
    found.append(("tokenized tweets/s a core", figures["tokenization"].get("together"), _TOKENIZED))
    shares = by.get(("minilm-1", "ours bf16", 1), {})
    found.append(("share of the bf16 peak, MiniLM", shares.get("share_of_peak"), _SHARE))
    found.append(("  the same by whole passes", shares.get("share_by_whole_passes"), _SHARE))
    gpu = figures.get("gpu") or {"one_process": []}
    single = [row["engine_tweets_a_second"] for row in gpu["one_process"] if row["classifiers"] == 1]
    found.append(("GPU: tweets/s", max(single, default=None), _GPU))
    rows = [
        {"target": name, "reached": value, "at_least": wanted, "met": value >= wanted}
        for name, value, wanted in found
        if value is not None
    ]
    if (peak := (figures.get("memory") or {}).get("peak_mb")) is not None:
        rows.append({"target": "memory, MB", "reached": peak, "below": _MEMORY_MB, "met": peak < _MEMORY_MB})
    return rows


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 1_000 else f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
