"""The benchmarks run on this processor, and leave out what it cannot do."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from benchmarks.inference import precisions
from benchmarks.inference.interleaving import TimedTask, Timing, run_rounds
from benchmarks.training.attention_steps import time_attention
from models.device import has_fast_bfloat16
from monitor.ingest.sources import SOURCES

IMPORT_ALL = """
import importlib, pkgutil, benchmarks
modules = [module.name for module in pkgutil.walk_packages(benchmarks.__path__, "benchmarks.")]
for name in modules:
    importlib.import_module(name)
print(*modules)
"""


def run_python(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(command, check=True, timeout=900, capture_output=True, text=True).stdout


@pytest.mark.slow  # the other tests import most of them
def test_every_module_can_be_imported() -> None:
    modules = run_python("-c", IMPORT_ALL).split()
    for name in (
        "inference",
        "broker_memory",
        "end_to_end",
        "training",
        "normalizer",
        "ingest",
        "language",
        "performance_page",
        "soak",
    ):
        assert f"benchmarks.{name}.__main__" in modules


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_inference_measures_the_precisions_of_this_processor() -> None:
    output = run_python("-m", "benchmarks.inference", "--quick", "--cases", "minilm-1", "--seconds", "1")
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    measured = {row["who"] for row in figures["cascade"]}
    assert {"ours fp32", "pipeline 1"} <= measured
    assert ("ours bf16" in measured) == has_fast_bfloat16()
    assert ("bf16" in figures["left_out"]) == (not has_fast_bfloat16())
    assert all(row["tweets_a_second"] > 0 for row in figures["cascade"])
    assert "minilm fp32" in figures["peak_gflops"]


@pytest.mark.slow
def test_ingest_measures_every_reader_a_stream_and_a_bomb() -> None:
    options = ("--quick", "--posts", "100", "--rounds", "1", "--gb", "0.005")
    output = run_python("-m", "benchmarks.ingest", *options)
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert [row["source"] for row in figures["sources"]] == [source.name for source in SOURCES]
    assert all(row["posts_a_second"] > 0 for row in figures["sources"])
    assert all(row["posts_a_second"] > 0 for row in figures["files"])
    assert all(row["posts"] > 0 and not row["rejected"] for row in figures["memory"])
    assert figures["bomb"]["ratio"] >= 100_000
    assert "bomb" in figures["bomb"]["refused"]


def test_missing_precisions_have_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precisions, "has_fast_bfloat16", lambda: False)
    monkeypatch.setitem(sys.modules, "openvino", None)
    missing = precisions.missing_precisions()
    assert "bfloat16" in missing["bf16"]
    assert "ade-monitor[openvino]" in missing["int8"]
    assert "fp32" not in missing


def test_rounds_alternate_the_order_of_the_tasks() -> None:
    calls: list[tuple[str, int]] = []

    def task(name: str) -> TimedTask:
        def run(count: int) -> float:
            calls.append((name, count))
            return 1.0

        return TimedTask("case", name, 1, 10, run)

    timings = run_rounds([task("a"), task("b")], rounds=2, seconds=60, show=lambda _: None)
    assert calls == [("a", 4), ("b", 4), ("a", 10), ("b", 10), ("b", 10), ("a", 10)]
    assert timings.keys() == {"case / a / 1", "case / b / 1"}
    assert all(cpu >= 0.1 for timing in timings.values() for cpu in timing.cpu)


def test_a_round_that_would_end_too_late_is_not_started() -> None:
    rounds: list[int] = []
    run_rounds(
        [TimedTask("case", "a", 1, 1, lambda count: float(rounds.append(count) or 0))],
        rounds=9,
        seconds=0,
        show=lambda _: None,
    )
    assert len(rounds) == 2  # the warm-up and the first round


def test_speedups_are_medians_of_the_rounds() -> None:
    fast, slow = Timing((1.0, 2.0, 1.0), (1.0, 1.0, 1.0)), Timing((2.0, 8.0, 3.0), (2.0, 2.0, 5.0))
    assert fast.rate == 1.0
    assert fast.speedup_over(slow) == 3.0
    assert fast.cpu_speedup_over(slow) == 2.0


def test_the_broker_needs_more_memory_than_the_messages_have() -> None:
    output = run_python("-m", "benchmarks.broker_memory", "--quick", "--messages", "100000")
    result = json.loads(output.splitlines()[-1])
    [row] = result["rows"]
    assert row["memory_bytes"] > row["message_bytes"] > row["text_characters"] == 280


@pytest.mark.slow
def test_language_measures_the_detector_of_the_worker_without_losing_english() -> None:
    output = run_python("-m", "benchmarks.language", "--quick", "--corpora", "")
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    (detector,) = figures["detectors"]
    assert detector["detector"] == "py3langid"
    assert set(detector["chosen"]["lost"]) == {"invented", "generated"}
    assert detector["chosen"]["lost"]["invented"] == 0
    assert detector["chosen"]["skipped_of_all"] > 0.8


def test_attention_is_timed_for_each_number_of_tokens() -> None:
    row = time_attention("minilm", 16, 0.1, rounds=2, batch_tokens=64)
    assert (row["tokens"], row["texts"], row["dropout"]) == (16, 4, 0.1)
    assert row["x_steps"] > 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_training_compares_adapters_with_whole_layers() -> None:
    options = ("--quick", "--scale", "0.002", "--cases", "unfrozen,adapters", "--device", "cpu")
    figures: dict[str, Any] = json.loads(run_python("-m", "benchmarks.training", *options).splitlines()[-1])
    assert set(figures["cases"]) == {"unfrozen", "adapters"}
    assert figures["ratios"]["adapters_to_unfrozen"]["cpu"] > 0
    assert figures["attention"] == []
