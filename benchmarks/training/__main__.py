"""The command `python -m benchmarks.training`."""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import Any, Final

import torch

import benchmarks.training
from benchmarks.measured_process import run_module
from models.device import has_fast_bfloat16

CASES: Final = ("kept", "disk", "recomputed", "kept-1a", "recomputed-1a", "trainer-1a", "attention")
QUICK_CASES: Final = ("kept", "recomputed", "kept-1a", "trainer-1a", "attention")
NAMED_CASES: Final = ("unfrozen", "adapters")
COMPARISONS: Final = (
    ("kept", "recomputed"),
    ("disk", "recomputed"),
    ("kept-1a", "recomputed-1a"),
    ("kept-1a", "trainer-1a"),
    ("recomputed-1a", "trainer-1a"),
    ("adapters", "unfrozen"),
)


def run_case(case: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run a case in its own process."""
    arguments: list[object] = [case]
    for name in ("encoder", "scale", "epochs", "threads", "device"):
        arguments += [f"--{name}", getattr(options, name)]
    figures = run_module("benchmarks.training.epochs", arguments + ["--bfloat16"] * options.bfloat16)
    print(f"{case:>14}: {figures}", flush=True)
    return figures


def compare(results: dict[str, dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return how many times as fast each case is as its baseline, by wall time and by CPU time."""
    return {
        f"{case}_to_{baseline}": {
            "wall": round(results[baseline]["later_epoch_s"] / results[case]["later_epoch_s"], 2),
            "cpu": round(results[baseline]["later_epoch_cpu_s"] / results[case]["later_epoch_cpu_s"], 2),
        }
        for case, baseline in COMPARISONS
        if case in results and baseline in results
    }


def measure_attention(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Time attention in its own process, and print a line for each number of tokens."""
    rounds = 3 if options.quick else 15
    arguments = ["--encoder", options.encoder, "--threads", options.threads, "--rounds", rounds]
    figures = run_module("benchmarks.training.attention_steps", arguments)
    rows: list[dict[str, Any]] = figures["rows"]
    for row in rows:
        print(
            f"attention, {row['texts']} x {row['tokens']} tokens, dropout {row['dropout']}: "
            f"kernel {row['kernel_ms']} ms, steps {row['steps_ms']} ms, x{row['x_steps']} as fast, "
            f"x{row['x_steps_cpu']} by CPU time",
            flush=True,
        )
    return rows


def gpu_peak_tflops() -> float:
    """Measure how fast the GPU multiplies large bfloat16 matrices."""
    matrix = torch.randn(8_192, 8_192, dtype=torch.bfloat16, device="cuda")
    for repeats in (3, 20):
        torch.cuda.synchronize()
        started = time.perf_counter()
        for _ in range(repeats):
            matrix @ matrix
        torch.cuda.synchronize()
        seconds = time.perf_counter() - started
    return 2 * 8_192**3 * repeats / seconds / 1e12


def read_options() -> argparse.Namespace:
    """Read the options of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training",
        description=benchmarks.training.__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="small numbers; ends within 50 s")
    parser.add_argument("--encoder", choices=("minilm", "bert-base"), default="minilm")
    parser.add_argument("--scale", type=float, help="share of SMM4H's size [0.25; quick 0.01]")
    parser.add_argument("--epochs", type=int, help="after the first; the fastest counts [2; quick 1]")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--bfloat16", action="store_true", help="multiply matrices in bfloat16")
    parser.add_argument("--cases", help="separated by commas [all but unfrozen and adapters]")
    options = parser.parse_args()
    known = (*CASES, *NAMED_CASES)
    if options.cases and (unknown := set(options.cases.split(",")) - set(known)):
        parser.error(f"{', '.join(sorted(unknown))} is not a case: use {', '.join(known)}")
    options.scale = options.scale or (0.01 if options.quick else 0.25)
    options.cases = options.cases or ",".join(QUICK_CASES if options.quick else CASES)
    options.epochs = options.epochs or (1 if options.quick else 2)
    return options


def main() -> None:
    """Read the options, run the cases, and print the ratios."""
    options = read_options()
    uses_gpu = torch.cuda.is_available() and options.device != "cpu"
    left_out = {}
    if options.bfloat16 and not uses_gpu and not has_fast_bfloat16():
        options.bfloat16 = False
        left_out["bfloat16"] = "this processor has no instructions for it; the cases run in fp32"
    cases = options.cases.split(",")
    if "attention" in cases and not has_fast_bfloat16():
        left_out["attention"] = "this processor has no instructions for bfloat16"
    results = {case: run_case(case, options) for case in cases if case != "attention"}
    ratios = compare(results)
    for name, ratio in ratios.items():
        names = name.replace("_to_", " to ")
        print(f"an epoch, {names}: x{ratio['wall']} as fast, x{ratio['cpu']} by CPU time")
    is_timed = "attention" in cases and "attention" not in left_out
    attention = measure_attention(options) if is_timed else []
    for part, reason in left_out.items():
        print(f"{part} is left out: {reason}")
    document: dict[str, Any] = {
        "benchmark": "training",
        "baseline": "recomputed",
        "encoder": options.encoder,
        "scale": options.scale,
        "threads": options.threads,
        "bfloat16": options.bfloat16,
        "cases": results,
        "ratios": ratios,
        "attention": attention,
        "left_out": left_out,
    }
    if uses_gpu:
        peak = gpu_peak_tflops()
        document["gpu"] = torch.cuda.get_device_name()
        document["gpu_peak_tflops"] = round(peak, 1)
        document["share_of_gpu_peak"] = {
            case: round(figures["tflops"] / peak, 4)
            for case, figures in results.items()
            if "tflops" in figures
        }
    print(json.dumps(document))


if __name__ == "__main__":
    main()
