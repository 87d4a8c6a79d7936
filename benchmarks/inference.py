"""Our cascade against transformers' pipelines, on one core and on two, and on a GPU where there is one.

    python benchmarks/inference.py [--quick] [--cases CASE ...] [--rounds N] [--seconds S]

The baseline is the cascade as one writes it first (`inference_naive.py`): a pipeline for each classifier on
every tweet, one for the spans of the positives, one for the class of each span; at batch 1 and at batch 64 in
the order of arrival, on two cores with two threads of torch, and as two processes with one thread each. Both
judge the same tweets, about 7% of them positive. Cases:

- `minilm-1`, `minilm-3`, `minilm-5`: the paper's preset on MiniLM, so many classifiers;
- `bert-base-1`: the same on BERT-base with random weights;
- `default`: the bundle of the package, all six layers trained, the hybrid Normalizer;
- `tokenization`: one core, one thread;
- `drift`: how far the other precisions move the outcome;
- `memory`: a fresh process works off a long backlog;
- `gpu`: BERT-base on the first GPU, for several token budgets, ensembles and numbers of processes.

All of it takes turns in one run (`inference_rounds.py`), with the peak of matrix products in between; medians
of the rounds, by the clock and by processor time, which neighbours on the machine change less. The process is
bound to two cores. The last line is one JSON object.
"""

from __future__ import annotations

import os

# A thread that waits must not spin: on a busy machine it takes the core from the one that it waits for.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import argparse
import json
import platform
import sys
from pathlib import Path
from typing import Any

# A script's own folder comes first on the path, where `training.py` would pass for the package `training`.
sys.path[0] = str(Path(__file__).parents[1])
CORES = tuple(sorted(os.sched_getaffinity(0)))
os.sched_setaffinity(0, CORES[:2])

# ruff: noqa: E402
import torch
import transformers
from rich.console import Console

from benchmarks.inference_children import gpu, memory
from benchmarks.inference_contenders import Plan, naive_contenders, our_contenders, tokenizers
from benchmarks.inference_drift import drift
from benchmarks.inference_networks import Subject, default_bundle, paper_preset
from benchmarks.inference_peak import peak_contenders, peak_gflops
from benchmarks.inference_report import Arithmetic, plain, rows_of, speeds, targets
from benchmarks.inference_rounds import Contender, take_turns
from benchmarks.inference_second import SecondProcess
from benchmarks.inference_tweets import token_counts, tweets
from benchmarks.inference_variants import Variants, can_quantize
from benchmarks.inference_work import prepare, required_gflop, whole_gflop
from models.scoring.pipeline import Pipeline

PLANS = {
    "minilm-1": Plan((1, 2), ("fp32", "bf16", "int8"), ours=1_024, naive=(128, 128)),
    "minilm-3": Plan((2,), ("bf16", "int8"), ours=1_024, naive=(64, 64)),
    "minilm-5": Plan((1, 2), ("fp32", "bf16", "int8"), ours=1_024, naive=(64, 64)),
    "bert-base-1": Plan((1, 2), ("fp32", "bf16"), ours=128, naive=(32, 64)),
    "default": Plan((1, 2), ("fp32", "bf16", "int8"), ours=1_024, naive=(128, 128)),
}
# Batch 1 alone where a full batch takes too long; in full runs it is the better one there.
QUICK_PLANS = {
    "minilm-1": Plan((1, 2), ("fp32", "bf16"), ours=192, naive=(16, 64)),
    "minilm-5": Plan((2,), ("bf16",), ours=256, naive=(8, 0)),
    "bert-base-1": Plan((2,), ("bf16",), ours=24, naive=(4, 0)),
}
OTHERS = ("tokenization", "drift", "memory", "gpu")


def subject_of(case: str, sample: tuple[str, ...]) -> Subject:
    """Make the bundle of a case."""
    if case == "default":
        return default_bundle()
    if case.startswith("bert-base"):
        return paper_preset("bert-base", int(case[-1]), sample[:32])
    return paper_preset("minilm", int(case[-1]), sample)


def measure(given: argparse.Namespace, tell: Any) -> dict[str, Any]:
    """Run all cases that were asked for."""
    plans = QUICK_PLANS if given.quick else PLANS
    tell("writing tweets")
    texts = tweets(320 if given.quick else 2_048)
    lengths = sorted(token_counts(texts))
    contenders: list[Contender] = []
    arithmetic: dict[str, Arithmetic] = {}
    drifts: list[dict[str, Any]] = []
    with SecondProcess() as second:
        for case in (case for case in given.cases if case in plans):
            tell(f"making {case}")
            plan, subject = plans[case], subject_of(case, texts[:64])
            thresholds, work = prepare(subject, texts[: max(plan.ours, *plan.naive)])
            arithmetic[case] = Arithmetic(
                required_gflop(subject.bundle, work), whole_gflop(subject.bundle, work)
            )
            calibration = 256 if given.quick else 1_024
            variants = Variants(subject.bundle, thresholds, plan.variants, calibration)
            contenders += our_contenders(case, variants, work, plan)
            contenders += naive_contenders(subject, work, plan, second)
            if "drift" in given.cases and not (given.quick and case != "minilm-1"):
                tell(f"drift of {case}")
                exact = Pipeline.of(subject.bundle, lanes=2, thresholds=thresholds)
                drifts += drift(case, exact, variants, work.texts)
        shapes = [
            shape
            for shape, cases in (("minilm", ("minilm", "default")), ("bert-base", ("bert-base",)))
            if any(case.startswith(cases) for case in arithmetic)
        ]
        contenders += peak_contenders(shapes)
        if "tokenization" in given.cases:
            contenders += tokenizers(default_bundle(), texts)
        timings = take_turns(contenders, rounds=given.rounds, seconds=given.seconds, tell=tell)
    peaks = {
        (shape, precision): peak_gflops(timings, shape, precision)
        for shape in shapes
        for precision in ("fp32", "bf16")
    }
    tell("memory")
    backlog = memory(texts, 1_024 if given.quick else 50_000) if "memory" in given.cases else None
    tell("GPU")
    on_gpu = gpu(texts, 5.0) if "gpu" in given.cases and torch.cuda.is_available() else None
    return {
        "rounds": max((len(timing.wall) for timing in timings.values()), default=0),
        "tweets": {
            "count": len(texts),
            "mean_tokens": round(sum(lengths) / len(lengths), 1),
            "p95_tokens": lengths[int(0.95 * len(lengths))],
        },
        "gflop_a_tweet": {
            case: {"required": round(one.required, 4), "whole_passes": round(one.whole, 4)}
            for case, one in arithmetic.items()
        },
        "peak_gflops": {f"{shape} {precision}": round(peak, 1) for (shape, precision), peak in peaks.items()},
        "cascade": rows_of(contenders, timings, arithmetic, peaks),
        "tokenization": {
            one.name: round(timings[one.key].cpu_rate) for one in contenders if one.case == "tokenization"
        },
        "drift": drifts,
        "memory": backlog,
        "gpu": on_gpu,
    }


def main() -> None:
    """Read the options, measure, print tables and the document."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--quick", action="store_true", help="small numbers; ends within 50 s")
    options.add_argument("--cases", nargs="+", choices=(*PLANS, *OTHERS), help="[all; quick a few]")
    options.add_argument("--rounds", type=int, help="at most [9, quick 1]")
    options.add_argument("--seconds", type=float, help="of the rounds, about [420, quick 25]")
    given = options.parse_args()
    given.cases = given.cases or [*(QUICK_PLANS if given.quick else PLANS), *OTHERS]
    given.rounds = given.rounds or (1 if given.quick else 9)
    given.seconds = given.seconds or (25.0 if given.quick else 420.0)
    out, talk = Console(width=140), Console(stderr=True)
    with talk.status("…") as status:
        figures = measure(given, lambda doing: status.update(doing))
    out.print(speeds(figures["cascade"]))
    if not can_quantize():
        out.print("int8 is left out: OpenVINO or NNCF is not installed")
    for part in ("peak_gflops", "tokenization", "memory"):
        if figures[part]:
            out.print(plain(part.replace("_", " "), [figures[part]]))
    if figures["drift"]:
        out.print(plain("drift against fp32", figures["drift"]))
    if figures["gpu"]:
        out.print(plain("GPU, one process", figures["gpu"]["one_process"]))
        out.print(plain("GPU, several processes", figures["gpu"]["several_processes"]))
    elif "gpu" in given.cases:
        out.print("no GPU")
    figures["targets"] = targets(figures)
    out.print(plain("targets", figures["targets"]))
    machine = {"cores": len(CORES), "torch": torch.__version__, "transformers": transformers.__version__}
    print(json.dumps({"benchmark": "inference", "python": platform.python_version(), **machine, **figures}))


if __name__ == "__main__":
    main()
