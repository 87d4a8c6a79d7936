"""The runs that the page is made from."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

HIDE_ALL_BUT_AVX2: Final[Mapping[str, str]] = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}
"""Settings that hide newer instructions from oneDNN, OpenVINO's included, from PyTorch, and from MKL."""


@dataclass(frozen=True)
class MeasuredRun:
    """One benchmark with its settings.

    Attributes:
        name: of its file.
        module: the benchmark.
        arguments: of a whole run.
        quick: of a quick run, which only shows that the command works.
        environment: variables in addition to those of this process.
    """

    name: str
    module: str
    arguments: tuple[str, ...]
    quick: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def command(self, *, quick: bool = False) -> list[str]:
        """Return the command line."""
        return [sys.executable, "-m", self.module, *(self.quick if quick else self.arguments)]


_NATIVE_CASES: Final = (
    *("minilm-1", "minilm-5", "bert-base-1", "mpnet-base-1", "default", "two-readers", "early-exit"),
    *("tokenization", "drift", "memory"),
)
_AVX2_CASES: Final = ("minilm-1", "mpnet-base-1", "default", "two-readers", "early-exit")

RUNS: Final = (
    MeasuredRun(
        "native",
        "benchmarks.inference",
        ("--rounds", "3", "--seconds", "240", "--cases", *_NATIVE_CASES),
        ("--quick", "--seconds", "1", "--cases", "minilm-1", "early-exit", "memory"),
    ),
    MeasuredRun(
        "avx2",
        "benchmarks.inference",
        ("--rounds", "3", "--seconds", "160", "--cases", *_AVX2_CASES),
        ("--quick", "--seconds", "1", "--cases", "minilm-1", "early-exit"),
        HIDE_ALL_BUT_AVX2,
    ),
    MeasuredRun(
        "attention",
        "benchmarks.training",
        ("--cases", "attention"),
        ("--quick", "--cases", "attention"),
    ),
)


def measure_run(run: MeasuredRun, folder: Path, *, quick: bool) -> dict[str, Any]:
    """Run a benchmark unless its figures are in the folder; return them.

    Raises:
        CalledProcessError: the benchmark failed; it has printed its error.
    """
    path = folder / f"{run.name}.json"
    if path.exists():
        print(f"{run.name}: {path} is there, and is not measured again", flush=True)
        return read_figures(path)
    command = run.command(quick=quick)
    settings = " ".join(f"{name}={value}" for name, value in run.environment.items())
    print(f"{run.name}: {settings} python {' '.join(command[1:])}".replace(":  ", ": "), flush=True)
    started = time.perf_counter()
    variables = {**os.environ, **run.environment}
    completed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=variables)
    figures = {
        **json.loads(completed.stdout.splitlines()[-1]),
        "processor": processor_name(),
        "date": time.strftime("%Y-%m-%d"),
    }
    (folder / f"{run.name}.txt").write_text(completed.stdout, encoding="utf-8")
    path.write_text(f"{json.dumps(figures, indent=1)}\n", encoding="utf-8")
    print(f"{run.name}: {time.perf_counter() - started:.0f} s", flush=True)
    return figures


def read_figures(path: Path) -> dict[str, Any]:
    """Return the figures of an earlier run."""
    figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return figures


def processor_name() -> str:
    """Return what Linux calls the processor, or what Python knows about it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
