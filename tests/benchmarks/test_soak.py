"""The soak test finds what grows, says "flat" only where the samples show it, and prints what it has."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.soak.samples import QUANTITIES, Sample
from benchmarks.soak.soak_run import longest_run
from benchmarks.soak.trends import BLOCKS, FEWEST, find_trend
from tests.processes import PATIENCE

HOURS = [n / 200 for n in range(400)]
COMMAND = [sys.executable, "-m", "benchmarks.soak", "--quick", "--bundle", "dummy"]
SAMPLE = Sample(0.0, 1, 200.0, 40, 12, 5, 3, 0, 0, 60.0)


def noise(seed: int) -> list[float]:
    """Return noise whose neighbours depend on each other, as in memory."""
    dice, level = random.Random(seed), 0.0
    levels = []
    for _ in HOURS:
        level = 0.8 * level + dice.gauss(0, 0.2)
        levels.append(level)
    return levels


@pytest.mark.parametrize("seed", range(5))
def test_growth_is_found_in_noise_and_noise_alone_does_not_grow(seed: int) -> None:
    still = [200 + part for part in noise(seed)]
    growing = [level + 10 * hour for level, hour in zip(still, HOURS, strict=True)]
    shrinking = [level - 10 * hour for level, hour in zip(still, HOURS, strict=True)]
    assert find_trend(HOURS, still, limit=2.0).verdict == "flat"
    trend = find_trend(HOURS, growing, limit=2.0)
    assert (trend.verdict, round(trend.slope)) == ("grows", 10)
    assert trend.low < 10 < trend.high
    assert trend.last_third - trend.first_third > 10
    assert find_trend(HOURS, shrinking, limit=2.0).verdict == "falls"


def test_one_more_connection_of_a_pool_is_not_growth_and_many_are() -> None:
    late = [3.0] * 200 + [5.0] * 200
    assert find_trend(HOURS, late, limit=0.1, step=1.0, once=4.0).verdict == "not clear"
    leak = [float(n // 20) for n in range(400)]
    assert find_trend(HOURS, leak, limit=2.0, step=1.0, once=4.0).verdict == "grows"


def test_a_constant_is_flat_even_without_any_limit() -> None:
    trend = find_trend(HOURS, [12.0] * len(HOURS), limit=0.0)
    assert (trend.verdict, trend.slope, trend.low, trend.high) == ("flat", 0.0, 0.0, 0.0)


def test_a_short_run_of_a_constant_cannot_show_that_it_is_flat() -> None:
    assert (
        find_trend([hour / 100 for hour in HOURS], [12.0] * 400, limit=2.0, step=1.0).verdict == "not clear"
    )
    assert find_trend(HOURS, [12.0] * 400, limit=2.0, step=1.0).verdict == "flat"


def test_much_noise_is_not_clear() -> None:
    levels = [200 + 100 * part for part in noise(3)]
    assert find_trend(HOURS, levels, limit=0.001).verdict != "flat"


@given(values=st.lists(st.floats(0, 1e6), min_size=1, max_size=FEWEST * BLOCKS - 1))
def test_few_samples_are_never_flat(values: Sequence[float]) -> None:
    assert find_trend(list(range(len(values))), values, limit=1e9).verdict == "not clear"


def test_without_samples_there_is_no_trend() -> None:
    with pytest.raises(ValueError, match="samples"):
        find_trend([], [], limit=1.0)


def test_the_longest_run_of_one_process_counts_without_its_first_seconds() -> None:
    samples = [replace(SAMPLE, at=float(at), pid=1 if at < 20 else 2) for at in range(100)]
    measured = longest_run(samples, warm_up=10)
    assert [sample.at for sample in measured] == [float(at) for at in range(30, 100)]
    assert longest_run([], warm_up=10) == []


def figures(output: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    return result


@pytest.mark.slow
def test_a_worker_is_sampled_through_its_restarts() -> None:
    options = ["--minutes", "0.15", "--restart", "redis", "worker", "--restart-every", "0.05"]
    ended = subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=True, timeout=170)
    result = figures(ended.stdout)
    assert (result["mode"], result["interrupted"]) == ("paced", False)
    assert result["stored"] == result["sent"] > 0
    assert result["restarts"]["worker"] >= 1
    assert set(result["trends"]) == set(QUANTITIES)
    assert result["trends"]["memory_mb"]["first_third"] > 10
    assert result["trends"]["database_connections"]["last_third"] >= 1
    assert "redis_connections" in ended.stdout
    assert "restarting worker" in ended.stderr


@pytest.mark.slow
def test_a_backlog_is_read_and_sampled() -> None:
    ended = subprocess.run(
        [*COMMAND, "--backlog", "3000"], capture_output=True, text=True, check=True, timeout=170
    )
    result = figures(ended.stdout)
    assert (result["mode"], result["slope_per"]) == ("backlog", "a million posts")
    assert result["stored"] == result["sent"] == 3_000
    assert "lag" not in result["trends"]


@pytest.mark.slow
def test_ctrl_c_ends_a_run_and_prints_what_there_is() -> None:
    command = [*COMMAND, "--minutes", "60", "--interval", "0.2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as soak:
        assert soak.stdout and soak.stderr
        for line in soak.stderr:
            if "min left" in line:
                break
        soak.send_signal(signal.SIGINT)
        output, errors = soak.communicate(timeout=PATIENCE * 2)
    assert soak.returncode == 0, errors
    result = figures(output)
    assert result["interrupted"]
    assert result["peak_mb"] > 10
    assert "Traceback" not in errors
