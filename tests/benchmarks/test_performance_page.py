"""The tables of the page come from the figures of the runs, and have their places in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.performance_page.measured_runs import RUNS, MeasuredRun, measure_run
from benchmarks.performance_page.page_blocks import page_blocks, replace_blocks

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


def cascade_row(who: str, cores: int, rate: float, **figures: float) -> dict[str, Any]:
    speeds = {"tweets_a_second": rate, "tweets_a_cpu_second": rate / 2}
    return {"case": "default", "who": who, "cores": cores, **speeds, **figures}


def inference_figures(rate: float) -> dict[str, Any]:
    compared = {"tweets_a_second": rate, "tweets_a_cpu_second": rate, "numbers": "fp32", "cores": 2}
    other = {"x_baseline": 0.61, "x_baseline_cpu": 0.63, "share": 0.15, "share_of": "read by the second"}
    return {
        "processor": "Example 9000",
        "date": "2026-11-30",
        "torch": "2.13.0",
        "transformers": "5.17.0",
        "rounds": 2,
        "cascade": [
            cascade_row("ours fp32", 1, rate, x_pipeline=4.56, x_pipeline_cpu=4.4, share_of_peak=0.7)
            | {"share_by_whole_passes": 0.8},
            cascade_row("ours bf16", 2, 2 * rate, x_pipeline=9.3),
            cascade_row("pipeline 1", 1, 50.0),
        ],
        "compared": [
            {"case": case, "who": who, **compared, **(other if who == "both" else {})}
            for case in ("two-readers", "early-exit")
            for who in ("alone", "both")
        ],
        "drift": [{"case": "default", "numbers": "bf16", "labels_changed": 1, "max_move": 0.0412}],
        "memory": {"loaded_mb": 368.0, "peak_mb": 512.6, "grown_mb": 3.1},
        "targets": [{"target": "memory, MB", "reached": 512.6, "below": 700, "met": True}],
        "gflop_a_tweet": {"default": {"required": 0.6312, "whole_passes": 0.7}},
        "tokenization": {"together": 19281},
        "peak_gflops": {"minilm fp32": 229.3},
    }


ATTENTION = {
    "attention": [
        {
            "tokens": 16,
            "dropout": dropout,
            "kernel_ms": 12.34,
            "steps_ms": 4.1,
            "x_steps": 3.01,
            "x_steps_cpu": 3.1,
        }
        for dropout in (0.0, 0.1)
    ]
}


@pytest.fixture
def runs() -> dict[str, Any]:
    return {"native": inference_figures(259.0), "avx2": inference_figures(87.5), "attention": ATTENTION}


def test_each_block_has_a_place_in_the_page(runs: dict[str, Any]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    blocks = page_blocks(runs)
    changed = replace_blocks(page, blocks)
    for text in blocks.values():
        assert text in changed
    assert replace_blocks(changed, blocks) == changed
    assert changed.count("<!-- figures: ") == page.count("<!-- figures: ") == len(blocks)


def test_rows_have_the_figures_of_both_kinds_of_processors(runs: dict[str, Any]) -> None:
    blocks = page_blocks(runs)
    assert "| the default bundle, fp32 | 259 (×4.56) |  | 87.5 (×4.56) |  |" in blocks["speed"]
    assert "| bf16 |  | 518 |  | 175 | 1 | 0.0412 |" in blocks["precisions"]
    assert "| AVX2 | fp32 | 2 | both | 87.5 | 0.61 | 0.63 | 15% read by the second |" in blocks["two-readers"]
    assert "| 16 | 12.3 / 4.1 | 3.01 (3.1) | 12.3 / 4.1 | 3.01 (3.1) |" in blocks["attention"]
    assert "### The default bundle, AVX2" in blocks["all-cases"]
    assert "AVX2" in blocks["machine"]


def test_a_run_that_is_missing_leaves_its_columns_empty(runs: dict[str, Any]) -> None:
    blocks = page_blocks({"native": runs["native"]})
    assert "| the default bundle, fp32 | 259 (×4.56) |  |  |  |" in blocks["speed"]
    assert "attention" not in blocks
    assert page_blocks({"attention": ATTENTION}).keys() == {"attention"}


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="0 places for the figures speed"):
        replace_blocks("no tables\n", {"speed": "| |"})


def test_a_run_is_stored_and_not_repeated(tmp_path: Path) -> None:
    module = tmp_path / "counted.py"
    module.write_text(
        "import json, os, pathlib\n"
        "log = pathlib.Path(os.environ['LOG'])\n"
        "log.write_text(log.read_text() + 'x' if log.exists() else 'x')\n"
        "print('a table')\nprint(json.dumps({'rounds': 1}))\n"
    )
    log = tmp_path / "log"
    run = MeasuredRun("one", "counted", (), (), {"LOG": str(log), "PYTHONPATH": str(tmp_path)})
    figures = measure_run(run, tmp_path, quick=False)
    assert figures["rounds"] == 1
    assert figures["processor"]
    assert measure_run(run, tmp_path, quick=False) == figures
    assert log.read_text() == "x"
    assert json.loads((tmp_path / "one.json").read_text()) == figures


def test_the_run_with_avx2_hides_newer_instructions_from_every_library() -> None:
    (run,) = [run for run in RUNS if run.name == "avx2"]
    assert set(run.environment) == {
        "ONEDNN_MAX_CPU_ISA",
        "ATEN_CPU_CAPABILITY",
        "MKL_ENABLE_INSTRUCTIONS",
    }
