"""The parts of `benchmarks/inference.py` that run in processes of their own: memory, and the GPU."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

GPU_BUDGETS: Final = (256, 512, 1_024, 2_048, 4_096, 8_192, 16_384)
GPU_CLASSIFIERS: Final = (1, 3, 5)
GPU_PROCESSES: Final = (2, 4)


def memory(texts: Sequence[str], tweets: int) -> dict[str, Any]:
    """Work off a backlog in a fresh process, with the bundle of the package."""
    with _written(texts) as path:
        command = [sys.executable, str(_script("inference_memory.py")), str(path)]
        command += ["--repeat", str(max(1, tweets // len(texts)))]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return cast(dict[str, Any], json.loads(done.stdout.splitlines()[-1]))


def gpu(texts: Sequence[str], seconds: float) -> dict[str, Any]:
    """Time BERT-base on the GPU: budgets and ensembles in one process, then several processes at once."""
    with _written(texts) as path:
        alone = _processes(path, 1, GPU_CLASSIFIERS, GPU_BUDGETS, seconds)
        best = max(
            (one for one in alone if one["classifiers"] == 1), key=lambda one: one["engine_tweets_a_second"]
        )
        several = []
        for count in (1, *GPU_PROCESSES):
            runs = _processes(path, count, (1,), (best["token_budget"],), seconds)
            several.append(
                {
                    "processes": count,
                    "token_budget": best["token_budget"],
                    "cascade_tweets_a_second": sum(run["cascade_tweets_a_second"] for run in runs),
                    "gpu_peak_mb": sum(run["gpu_peak_mb"] for run in runs),
                }
            )
    return {"one_process": alone, "several_processes": several}


def _processes(
    path: Path, count: int, classifiers: Sequence[int], budgets: Sequence[int], seconds: float
) -> list[dict[str, Any]]:
    """Run so many processes that start each measurement together."""
    command = [sys.executable, str(_script("inference_gpu.py")), str(path), "--seconds", str(seconds)]
    command += ["--classifiers", *map(str, classifiers), "--budgets", *map(str, budgets)]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    found: list[dict[str, Any]] = []
    try:
        for _ in range(len(classifiers) * len(budgets)):
            for child in children:
                _line(child.stdout)
            for child in children:
                assert child.stdin is not None
                child.stdin.write("\n")
                child.stdin.flush()
            found += [json.loads(_line(child.stdout)) for child in children]
    finally:
        for child in children:
            child.terminate()
            child.wait()
    return found


def _line(output: IO[str] | None) -> str:
    assert output is not None
    line = output.readline()
    if not line:
        raise SystemExit("a process of the GPU part has ended: see its message above")
    return line


@contextmanager
def _written(texts: Sequence[str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ade-bench-") as folder:
        path = Path(folder) / "texts.jsonl"
        path.write_text("".join(f"{json.dumps(text)}\n" for text in texts), encoding="utf-8")
        yield path


def _script(name: str) -> Path:
    return Path(__file__).with_name(name)
