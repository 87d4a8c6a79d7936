"""One epoch of training with the frozen trunk's states kept, against the same without.

    python benchmarks/training.py [--quick] [--encoder minilm|bert-base] [--scale S] [--threads N]

Trains with the paper's freezing (all layers but the last) on inputs of SMM4H's number and lengths, times
`--scale`, with random weights, which cost the same. Each case runs in a process of its own:

- `kept`: states kept in memory; the first epoch computes them, the later ones do not;
- `disk`: the same in a file;
- `recomputed`: the whole network at every step; the baseline;
- `kept-1a`, `recomputed-1a`: the Classifier's task alone;
- `trainer-1a`: transformers' Trainer with length grouping on that task, same freezing and mini-batches;
- `unfrozen`: all layers trained.

Measured: examples a second in epochs after the first, seconds of the first, peak memory of the process,
and CPU seconds, whose ratios hold on a busy machine too;
with a GPU, its memory, and the share of the rate at which it multiplies large bfloat16 matrices.
The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

CASES = ("kept", "disk", "recomputed", "kept-1a", "recomputed-1a", "trainer-1a")
COMPARED = (
    ("kept", "recomputed"),
    ("disk", "recomputed"),
    ("kept-1a", "recomputed-1a"),
    ("kept-1a", "trainer-1a"),
    ("recomputed-1a", "trainer-1a"),
)
QUICK_CASES = ("kept", "recomputed", "kept-1a", "trainer-1a")


def gpu_peak_tflops() -> float:
    """Measure how fast the GPU multiplies large bfloat16 matrices."""
    one = torch.randn(8_192, 8_192, dtype=torch.bfloat16, device="cuda")
    for rounds in (3, 20):
        torch.cuda.synchronize()
        started = time.perf_counter()
        for _ in range(rounds):
            one @ one
        torch.cuda.synchronize()
        spent = time.perf_counter() - started
    return 2 * 8_192**3 * rounds / spent / 1e12


def child(case: str, given: argparse.Namespace) -> dict[str, Any]:
    """Run one case in a process of its own."""
    command = [sys.executable, str(Path(__file__).with_name("training_cases.py")), case]
    for name in ("encoder", "scale", "epochs", "threads", "device"):
        command += [f"--{name}", str(getattr(given, name))]
    command += ["--bfloat16"] * given.bfloat16
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{case:>14}: {result}", flush=True)
    return result


def main() -> None:
    """Read the options, run the cases, print the ratios."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--quick", action="store_true", help="small numbers; ends within 50 s")
    options.add_argument("--encoder", choices=("minilm", "bert-base"), default="minilm")
    options.add_argument("--scale", type=float, help="share of SMM4H's size [0.25, quick 0.01]")
    options.add_argument("--epochs", type=int, help="after the first; the quickest counts [2, quick 1]")
    options.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options.add_argument("--device", default="auto", help="auto, cpu or cuda")
    options.add_argument("--bfloat16", action="store_true", help="multiply matrices in bfloat16")
    options.add_argument("--cases", help="separated by commas [all but unfrozen; quick a few]")
    given = options.parse_args()
    given.scale = given.scale or (0.01 if given.quick else 0.25)
    given.cases = given.cases or ",".join(QUICK_CASES if given.quick else CASES)
    given.epochs = given.epochs or (1 if given.quick else 2)
    results = {case: child(case, given) for case in given.cases.split(",")}
    ratios = {
        f"{case}_to_{baseline}": {
            "wall": round(results[baseline]["later_epoch_s"] / results[case]["later_epoch_s"], 2),
            "cpu": round(results[baseline]["later_epoch_cpu_s"] / results[case]["later_epoch_cpu_s"], 2),
        }
        for case, baseline in COMPARED
        if case in results and baseline in results
    }
    for name, ratio in ratios.items():
        print(
            f"an epoch, {name.replace('_to_', ' to ')}: x{ratio['wall']} as fast, x{ratio['cpu']} by CPU time"
        )
    document: dict[str, Any] = {
        "benchmark": "training",
        "baseline": "recomputed",
        "encoder": given.encoder,
        "scale": given.scale,
        "threads": given.threads,
        "bfloat16": given.bfloat16,
        "cases": results,
        "ratios": ratios,
    }
    if torch.cuda.is_available() and given.device != "cpu":
        document["gpu"] = torch.cuda.get_device_name()
        document["gpu_peak_tflops"] = round(gpu_peak_tflops(), 1)
        shares = {
            c: round(r["tflops"] / document["gpu_peak_tflops"], 4)
            for c, r in results.items()
            if "tflops" in r
        }
        document["share_of_gpu_peak"] = shares
    print(json.dumps(document))


if __name__ == "__main__":
    main()
