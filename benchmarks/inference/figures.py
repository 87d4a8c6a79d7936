"""The figures of a run as rows and tables, and compared with the targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.table import Table

from benchmarks.inference.interleaving import TimedTask, Timing
from benchmarks.inference.matrix_peak import peak_encoder
from benchmarks.inference.workload import Arithmetic

# Case, precision, and the speed as a multiple of the pipelines': on two cores, against the better of batch 1
# and 64 with two threads.
_SPEEDUP_TARGETS: Final = (
    ("minilm-1", "fp32", 2.7),
    ("minilm-1", "bf16", 5.0),
    ("minilm-1", "int8", 8.0),
    ("minilm-5", "bf16", 25.0),
    ("minilm-5", "int8", 40.0),
    ("bert-base-1", "bf16", 3.1),
)
# Case, variant, and the speed as a multiple of our own baseline: on two cores, in fp32.
_OWN_TARGETS: Final = (("two-readers", "both readers", 0.6), ("early-exit", "with its exit", 1.5))
_TOKENIZED, _SHARE, _MEMORY_MB, _GPU = 12_000, 0.65, 700, 68_000


def cascade_rows(
    tasks: Sequence[TimedTask],
    timings: Mapping[str, Timing],
    arithmetic: Mapping[str, Arithmetic],
    peaks: Mapping[tuple[str, str], float],
) -> list[dict[str, Any]]:
    """Return the figures of each task that scores tweets."""
    rows = []
    for task in tasks:
        if task.case not in arithmetic:
            continue
        timing = timings[task.key]
        row: dict[str, Any] = {
            "case": task.case,
            "who": task.name,
            "cores": task.cores,
            "tweets_a_second": round(timing.rate, 1),
            "tweets_a_cpu_second": round(timing.cpu_rate, 1),
        }
        if task.name.startswith("ours"):
            row |= _speedups(task, timings)
            peak = peaks.get((peak_encoder(task.case), task.name.removeprefix("ours ")))
            if peak:
                gflop = arithmetic[task.case]
                row["share_of_peak"] = round(gflop.required * timing.cpu_rate / peak, 3)
                row["share_by_whole_passes"] = round(gflop.whole * timing.cpu_rate / peak, 3)
        rows.append(row)
    return rows


def _speedups(task: TimedTask, timings: Mapping[str, Timing]) -> dict[str, Any]:
    """Compare with the better batch size of the pipelines on as many cores, and of two processes of them."""
    timing, speedups = timings[task.key], {}
    for prefix, name in (("pipeline", "pipeline"), ("2 x pipeline", "two_processes")):
        baselines = [
            baseline
            for key, baseline in timings.items()
            if key.startswith(f"{task.case} / {prefix} ") and key.endswith(f" / {task.cores}")
        ]
        if baselines:
            fastest = max(baselines, key=lambda baseline: baseline.rate)
            fastest_by_cpu = max(baselines, key=lambda baseline: baseline.cpu_rate)
            speedups[f"x_{name}"] = round(timing.speedup_over(fastest), 2)
            speedups[f"x_{name}_cpu"] = round(timing.cpu_speedup_over(fastest_by_cpu), 2)
    return speedups


def compare_with_targets(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what was reached of each target; what was not measured is left out."""
    rows = {(row["case"], row["who"], row["cores"]): row for row in figures["cascade"]}
    reached = []
    for case, precision, at_least in _SPEEDUP_TARGETS:
        row = rows.get((case, f"ours {precision}", 2), {})
        reached.append((f"{case} {precision}, × pipeline", row.get("x_pipeline"), at_least))
    ratios = {
        (row["case"], row["who"]): row.get("x_baseline")
        for row in figures.get("compared", ())
        if row["cores"] == 2 and row["numbers"] == "fp32"
    }
    for case, variant, at_least in _OWN_TARGETS:
        reached.append((f"{case} fp32, × baseline", ratios.get((case, variant)), at_least))
    reached.append(("tokenized tweets/s a core", figures["tokenization"].get("together"), _TOKENIZED))
    shares = rows.get(("minilm-1", "ours bf16", 1), {})
    reached.append(("share of the bf16 peak, MiniLM", shares.get("share_of_peak"), _SHARE))
    reached.append(("  the same by whole passes", shares.get("share_by_whole_passes"), _SHARE))
    gpu = figures.get("gpu") or {"one_process": []}
    single = [row["engine_tweets_a_second"] for row in gpu["one_process"] if row["classifiers"] == 1]
    reached.append(("GPU: tweets/s", max(single, default=None), _GPU))
    targets = [
        {"target": name, "reached": value, "at_least": at_least, "met": value >= at_least}
        for name, value, at_least in reached
        if value is not None
    ]
    if (peak := (figures.get("memory") or {}).get("peak_mb")) is not None:
        met = peak < _MEMORY_MB
        targets.append({"target": "memory, MB", "reached": peak, "below": _MEMORY_MB, "met": met})
    return targets


def cascade_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return a table of the tweets per second."""
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
    for title in columns:
        table.add_column(title, justify="left" if title in ("case", "who") else "right")
    last_case = ""
    for row in rows:
        if last_case and row["case"] != last_case:
            table.add_section()
        last_case = row["case"]
        table.add_row(*(_format(row.get(key)) for key in columns.values()))
    return table


def record_table(title: str, records: Sequence[Mapping[str, Any]]) -> Table:
    """Return a table with one row for each record and one column for each of their keys."""
    table = Table(title=title)
    keys = list(dict.fromkeys(key for record in records for key in record))
    for key in keys:
        table.add_column(key.replace("_", " "), justify="right")
    for record in records:
        table.add_row(*(_format(record.get(key)) for key in keys))
    return table


def _format(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 1_000 else f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
