"""The cases that need their own processes: memory over a backlog, and the GPU."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from benchmarks.measured_process import run_module

GPU_BUDGETS: Final = (256, 512, 1_024, 2_048, 4_096, 8_192, 16_384)
GPU_CLASSIFIERS: Final = (1, 3, 5)
GPU_PROCESSES: Final = (2, 4)


def measure_memory(texts: Sequence[str], tweets: int, bundle: Path | None = None) -> dict[str, Any]:
    """Score a backlog of about this many tweets in a new process, by default with the packaged bundle."""
    with _written_to_file(texts) as path:
        repeat = max(1, tweets // len(texts))
        arguments = [path, "--repeat", repeat, *(("--bundle", bundle) if bundle else ())]
        return run_module("benchmarks.inference.backlog_memory", arguments)


def measure_gpu(texts: Sequence[str], seconds: float) -> dict[str, Any]:
    """Time BERT-base on the GPU: budgets and ensembles in one process, then several processes at once."""
    with _written_to_file(texts) as path:
        one_process = _run_processes(path, 1, GPU_CLASSIFIERS, GPU_BUDGETS, seconds)
        single = [run for run in one_process if run["classifiers"] == 1]
        budget = max(single, key=lambda run: run["engine_tweets_a_second"])["token_budget"]
        several = []
        for count in (1, *GPU_PROCESSES):
            runs = _run_processes(path, count, (1,), (budget,), seconds)
            several.append(
                {
                    "processes": count,
                    "token_budget": budget,
                    "cascade_tweets_a_second": sum(run["cascade_tweets_a_second"] for run in runs),
                    "gpu_peak_mb": sum(run["gpu_peak_mb"] for run in runs),
                }
            )
    return {"one_process": one_process, "several_processes": several}


def _run_processes(
    path: Path, count: int, classifiers: Sequence[int], budgets: Sequence[int], seconds: float
) -> list[dict[str, Any]]:
    """Run this many processes that start each measurement together."""
    command = [sys.executable, "-m", "benchmarks.inference.gpu_speed", str(path), "--seconds", str(seconds)]
    command += ["--classifiers", *map(str, classifiers), "--budgets", *map(str, budgets)]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    figures: list[dict[str, Any]] = []
    try:
        for _ in range(len(classifiers) * len(budgets)):
            for process in processes:
                _read_line(process.stdout)
            for process in processes:
                assert process.stdin is not None
                process.stdin.write("\n")
                process.stdin.flush()
            figures += [json.loads(_read_line(process.stdout)) for process in processes]
    finally:
        for process in processes:
            process.terminate()
            process.wait()
    return figures


def _read_line(output: IO[str] | None) -> str:
    assert output is not None
    line = output.readline()
    if not line:
        raise SystemExit("a process of the GPU case ended: see its message above")
    return line


@contextmanager
def _written_to_file(texts: Sequence[str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ade-bench-") as folder:
        path = Path(folder) / "texts.jsonl"
        path.write_text("".join(f"{json.dumps(text)}\n" for text in texts), encoding="utf-8")
        yield path
