"""The figures of the runs as Markdown tables, each with the figures of both kinds of processors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

Figures = Mapping[str, Any]

NAMES: Final = {
    "default": "the default bundle",
    "minilm-1": "MiniLM, one classifier",
    "minilm-3": "MiniLM, three classifiers",
    "minilm-5": "MiniLM, five classifiers",
    "bert-base-1": "BERT-base, one classifier",
    "roberta-base-1": "RoBERTa-base, one classifier",
    "mpnet-base-1": "MPNet-base, one classifier",
}
_PRECISIONS: Final = ("fp32", "bf16", "int8")
_KINDS: Final = ("native", "avx2")


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with a heading for each column."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def speed_table(runs: Mapping[str, Figures]) -> str:
    """Return tweets per second of every case, and how many times as fast as pipelines that is."""
    header = ["", "one core", "two cores", "AVX2, one core", "AVX2, two cores"]
    return markdown(header, [[name, *cells] for name, cells in _speed_rows(runs, tuple(NAMES))])


def precision_table(runs: Mapping[str, Figures]) -> str:
    """Return the speed of the default bundle by precision, and what each precision changes."""
    drift = {
        row["numbers"]: row for row in runs.get("native", {}).get("drift", ()) if row["case"] == "default"
    }
    header = ["precision", "one core", "two cores", "AVX2, one core", "AVX2, two cores", "labels changed"]
    rows = []
    for name, cells in _speed_rows(runs, ("default",)):
        precision = name.rpartition(", ")[2]
        change = drift.get(precision, {})
        speeds = [cell.partition(" ")[0] for cell in cells]
        rows.append(
            [precision, *speeds, number(change.get("labels_changed")), number(change.get("max_move"))]
        )
    return markdown([*header, "largest change of a probability"], rows)


def own_table(runs: Mapping[str, Figures], case: str) -> str:
    """Return a case that compares our own pipelines: speed, ratio and share."""
    header = ["processor", "precision", "cores", "", "tweets/s", "× baseline", "by CPU time", "share"]
    rows = []
    for kind, processor in (("native", "all instructions"), ("avx2", "AVX2")):
        compared = [row for row in runs.get(kind, {}).get("compared", ()) if row["case"] == case]
        for row in sorted(compared, key=lambda row: (row["numbers"] != "fp32", row["cores"])):
            share = row.get("share")
            ratios = [number(row.get(key)) for key in ("x_baseline", "x_baseline_cpu")]
            share_text = "" if share is None else f"{share:.0%} {row['share_of']}"
            place = [processor, row["numbers"], str(row["cores"])]
            rows.append([*place, row["who"], number(row["tweets_a_second"]), *ratios, share_text])
    return markdown(header, rows)


def attention_table(figures: Figures) -> str:
    """Return the milliseconds of attention with its gradient, by number of tokens."""
    rows: dict[int, list[str]] = {}
    dropouts = sorted({row["dropout"] for row in figures.get("attention", ())})
    for row in sorted(figures.get("attention", ()), key=lambda row: (row["tokens"], row["dropout"])):
        cells = rows.setdefault(row["tokens"], [str(row["tokens"])])
        cells.append(f"{number(row['kernel_ms'])} / {number(row['steps_ms'])}")
        cells.append(f"{number(row['x_steps'])} ({number(row['x_steps_cpu'])})")
    header = ["tokens"]
    for dropout in dropouts:
        header += [f"dropout {dropout:g}: kernel / steps, ms", "steps, times as fast (by CPU time)"]
    return markdown(header, list(rows.values()))


def cascade_table(figures: Figures, case: str) -> str:
    """Return all variants of a case: ours and the pipelines."""
    header = ["variant", "cores", "tweets/s", "per CPU second", "× pipeline", "by CPU", "× two processes"]
    keys = ("x_pipeline", "x_pipeline_cpu", "x_two_processes", "x_two_processes_cpu")
    rows = []
    for row in figures["cascade"]:
        if row["case"] != case:
            continue
        speeds = [number(row["tweets_a_second"]), number(row["tweets_a_cpu_second"])]
        shares = [row.get("share_of_peak"), row.get("share_by_whole_passes")]
        peak = "" if None in shares else " / ".join(f"{share:.0%}" for share in shares)
        variant = row["who"].removeprefix("ours ")
        rows.append([variant, str(row["cores"]), *speeds, *(number(row.get(key)) for key in keys), peak])
    return markdown([*header, "by CPU", "share of the peak: required / whole passes"], rows)


def record_rows(records: Sequence[Figures], columns: Mapping[str, str]) -> str:
    """Return a row for each record; `columns` are keys by their headings."""
    rows = [[number(record.get(key)) for key in columns.values()] for record in records]
    return markdown(list(columns), rows)


def number(value: Any) -> str:
    """Return a value for a cell: three digits or more, thousands divided by commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _speed_rows(runs: Mapping[str, Figures], cases: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return a name and four cells for each case and precision that was measured anywhere."""
    measured = {
        (kind, row["case"], row["who"].removeprefix("ours "), row["cores"]): row
        for kind in _KINDS
        for row in runs.get(kind, {}).get("cascade", ())
        if row["who"].startswith("ours ")
    }
    rows = []
    for case in cases:
        for precision in _PRECISIONS:
            places = [measured.get((kind, case, precision, cores)) for kind in _KINDS for cores in (1, 2)]
            if any(places):
                rows.append((f"{NAMES[case]}, {precision}", [_speed(row) for row in places]))
    return rows


def _speed(row: Figures | None) -> str:
    if row is None:
        return ""
    ratio = row.get("x_pipeline")
    return number(row["tweets_a_second"]) + (f" (×{number(ratio)})" if ratio is not None else "")
