"""The blocks of the page that are written by the command, and how they are replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from benchmarks.performance_page.page_tables import (
    NAMES,
    Figures,
    attention_table,
    cascade_table,
    markdown,
    number,
    own_table,
    precision_table,
    record_rows,
    speed_table,
)

_TARGETS: Final = {
    "figure": "target",
    "measured": "reached",
    "at least": "at_least",
    "below": "below",
    "met": "met",
}
_DRIFT: Final = {
    "case": "case",
    "precision": "numbers",
    "tweets": "tweets",
    "positives": "positives",
    "largest change of a probability": "max_move",
    "mean change": "mean_move",
    "labels changed": "labels_changed",
    "spans changed": "spans_changed",
}
_MEMORY: Final = {
    "loaded": "loaded_mb",
    "peak over a backlog": "peak_mb",
    "growth after the first fifth of the backlog": "grown_mb",
}


def page_blocks(runs: Mapping[str, Figures]) -> dict[str, str]:
    """Return the text of each block that these runs can fill, by its name.

    Args:
        runs: figures of the runs by name; a run that is missing leaves its blocks out, and its columns empty.
    """
    blocks: dict[str, str] = {}
    native = runs.get("native")
    if native is not None:
        blocks["machine"] = _machine(native, "avx2" in runs)
        blocks["speed"] = speed_table(runs)
        blocks["precisions"] = precision_table(runs)
        for case in ("two-readers", "early-exit"):
            if any(row["case"] == case for row in native["compared"]):
                blocks[case] = own_table(runs, case)
        if native["memory"]:
            memory = native["memory"]
            rows = [(name, number(memory[key])) for name, key in _MEMORY.items()]
            blocks["memory"] = markdown(["", "MB"], rows)
        blocks["all-cases"] = _all_cases(runs)
    if runs.get("attention", {}).get("attention"):
        blocks["attention"] = attention_table(runs["attention"])
    return blocks


def replace_blocks(page: str, blocks: Mapping[str, str]) -> str:
    """Return the page with these blocks in place of what is between their two lines.

    Raises:
        ValueError: the page has no place for a block.
    """
    for name, text in blocks.items():
        before, after = f"<!-- figures: {name} -->\n", f"\n<!-- end of {name} -->"
        places = re.split(f"{re.escape(before)}.*?{re.escape(after)}", page, flags=re.DOTALL)
        if len(places) != 2:
            raise ValueError(
                f"the page has {len(places) - 1} places for the figures {name}: it must have one"
            )
        page = f"{before}{text}{after}".join(places)
    return page


def _machine(native: Figures, has_avx2: bool) -> str:
    text = (
        f"Two cores of an {native['processor']}, torch {native['torch']}, transformers "
        f"{native['transformers']}, {native['date']}. Rounds: {native['rounds']}."
    )
    if not has_avx2:
        return text
    return (
        f"{text}\nThe columns and rows named AVX2 are from the same machine, with newer instructions hidden "
        "from oneDNN, PyTorch,\nMKL and OpenVINO. So clock and caches are not those of an older processor."
    )


def _all_cases(runs: Mapping[str, Figures]) -> str:
    native = runs["native"]
    parts = ["Targets:", record_rows(native["targets"], _TARGETS)]
    if "avx2" in runs:
        parts += ["With AVX2 only:", record_rows(runs["avx2"]["targets"], _TARGETS)]
    for case, name in NAMES.items():
        for kind, title in (("native", name), ("avx2", f"{name}, AVX2")):
            figures = runs.get(kind, {"cascade": ()})
            if any(row["case"] == case for row in figures["cascade"]):
                parts += [f"### {title[0].upper()}{title[1:]}", cascade_table(figures, case)]
    required = ", ".join(
        f"{NAMES[case]} {number(gflop['required'])}" for case, gflop in native["gflop_a_tweet"].items()
    )
    parts.append(f"GFLOP that a tweet requires: {required}.")
    parts += ["### Tokenization and matrix products", _products(runs)]
    if native["drift"]:
        drift = [{**row, "case": NAMES[row["case"]]} for row in native["drift"]]
        parts += ["### Changes of predictions", "Compared with fp32.", record_rows(drift, _DRIFT)]
    return "\n\n".join(parts)


def _products(runs: Mapping[str, Figures]) -> str:
    rows = [
        (f"tokenization with offsets, one core, {name}", f"{number(rate)} tweets/s")
        for name, rate in runs["native"]["tokenization"].items()
    ]
    for kind, suffix in (("native", ""), ("avx2", ", AVX2")):
        peaks = runs.get(kind, {}).get("peak_gflops", {})
        rows += [
            (f"peak of matrix products, {name}{suffix}", f"{number(peak)} GFLOP/s on a core")
            for name, peak in peaks.items()
        ]
    return markdown(["", "measured"], rows)
