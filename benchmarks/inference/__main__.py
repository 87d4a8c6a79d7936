"""The command `python -m benchmarks.inference`."""

from __future__ import annotations

import os

# A waiting thread must not spin: on a busy machine it takes the core from the thread that it waits for.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import argparse
import json
import platform
from collections.abc import Callable, Sequence
from typing import Any, Final

CORES: Final = tuple(sorted(os.sched_getaffinity(0)))
os.sched_setaffinity(0, CORES[:2])

# ruff: noqa: E402
import torch
import transformers
from rich.console import Console

import benchmarks.inference
from benchmarks.inference.benchmark_bundles import make_bundle
from benchmarks.inference.bundle_variants import OWN_CASES, VariantCase, variant_rows, variant_tasks
from benchmarks.inference.early_exit_case import early_exit_case
from benchmarks.inference.figures import cascade_rows, cascade_table, compare_with_targets, record_table
from benchmarks.inference.interleaving import TimedTask, run_rounds
from benchmarks.inference.matrix_peak import peak_encoder, peak_gflops, peak_tasks
from benchmarks.inference.pipeline_baseline import PipelineProcess
from benchmarks.inference.precisions import PrecisionPipelines, measure_drift, missing_precisions
from benchmarks.inference.separate_processes import measure_gpu, measure_memory
from benchmarks.inference.timed_tasks import CasePlan, our_tasks, pipeline_tasks, tokenizer_tasks
from benchmarks.inference.tweet_sample import sample_texts, token_counts
from benchmarks.inference.two_reader_case import two_reader_case
from benchmarks.inference.workload import Arithmetic, prepare_workload
from models import ModelError
from models.bundle import Bundle, load_bundle
from models.scoring import Pipeline, bundle_folder

PLANS: Final = {
    "minilm-1": CasePlan((1, 2), ("fp32", "bf16", "int8"), our_tweets=1_024, pipeline_tweets=(128, 128)),
    "minilm-3": CasePlan((2,), ("bf16", "int8"), our_tweets=1_024, pipeline_tweets=(64, 64)),
    "minilm-5": CasePlan((1, 2), ("fp32", "bf16", "int8"), our_tweets=1_024, pipeline_tweets=(64, 64)),
    "bert-base-1": CasePlan((1, 2), ("fp32", "bf16"), our_tweets=128, pipeline_tweets=(32, 64)),
    "roberta-base-1": CasePlan((1, 2), ("fp32", "bf16"), our_tweets=128, pipeline_tweets=(32, 64)),
    "mpnet-base-1": CasePlan((1, 2), ("fp32", "bf16"), our_tweets=128, pipeline_tweets=(32, 64)),
    "default": CasePlan((1, 2), ("fp32", "bf16", "int8"), our_tweets=1_024, pipeline_tweets=(128, 128)),
}
# Batch 1 only, where a batch of 64 takes too long; in full runs batch 1 is the better one there.
QUICK_PLANS: Final = {
    "minilm-1": CasePlan((1, 2), ("fp32", "bf16"), our_tweets=192, pipeline_tweets=(16, 64)),
    "minilm-5": CasePlan((2,), ("bf16",), our_tweets=256, pipeline_tweets=(8, 0)),
    "bert-base-1": CasePlan((2,), ("bf16",), our_tweets=24, pipeline_tweets=(4, 0)),
}
# Too slow for the default of a quick run; they can be named there.
NAMED_QUICK_PLANS: Final = {
    case: CasePlan((2,), ("fp32",), our_tweets=24, pipeline_tweets=(8, 0))
    for case in ("roberta-base-1", "mpnet-base-1")
}
# Of cases that compare our own pipelines, also too slow for the default of a quick run.
OWN_PLAN: Final = CasePlan((1, 2), ("fp32", "bf16"), our_tweets=512, pipeline_tweets=(0, 0))
QUICK_OWN_PLAN: Final = CasePlan((2,), ("fp32",), our_tweets=128, pipeline_tweets=(0, 0))
OTHER_CASES: Final = ("tokenization", "drift", "memory", "gpu")


def measure(options: argparse.Namespace, show: Callable[[str], None]) -> dict[str, Any]:
    """Run the selected cases.

    Args:
        options: of the command line.
        show: called with what is being done.
    """
    plans = {**PLANS, **NAMED_QUICK_PLANS, **QUICK_PLANS} if options.quick else PLANS
    show("generating tweets")
    texts = sample_texts(320 if options.quick else 2_048)
    lengths = sorted(token_counts(texts))
    tasks: list[TimedTask] = []
    arithmetic: dict[str, Arithmetic] = {}
    drift: list[dict[str, Any]] = []
    with PipelineProcess() as process:
        for case in (case for case in options.cases if case in plans):
            show(f"making {case}")
            plan, made = plans[case], make_bundle(case, texts[:32] if "-base" in case else texts[:64])
            thresholds, work = prepare_workload(made, texts[: max(plan.our_tweets, *plan.pipeline_tweets)])
            arithmetic[case] = Arithmetic.of(made.bundle, work)
            calibration = 256 if options.quick else 1_024
            pipelines = PrecisionPipelines(made.bundle, thresholds, plan.precisions, calibration)
            tasks += our_tasks(case, pipelines, work, plan)
            tasks += pipeline_tasks(made, work, plan, process)
            if "drift" in options.cases and not (options.quick and case != "minilm-1"):
                show(f"drift of {case}")
                exact = Pipeline.of(made.bundle, lanes=2, thresholds=thresholds)
                drift += measure_drift(case, exact, pipelines, work.texts)
        encoders = sorted({peak_encoder(case) for case in arithmetic})
        tasks += peak_tasks(encoders)
        own_plan = QUICK_OWN_PLAN if options.quick else OWN_PLAN
        absent = left_out(options)
        own_cases = []
        for case in (case for case in options.cases if case in OWN_CASES and case not in absent):
            show(f"making {case}")
            own_cases.append(make_own_case(case, texts[: own_plan.our_tweets], options.bundle))
            tasks += variant_tasks(own_cases[-1], own_plan.precisions, own_plan.cores)
        if "tokenization" in options.cases:
            tasks += tokenizer_tasks(make_bundle("default"), texts)
        timings = run_rounds(tasks, rounds=options.rounds, seconds=options.seconds, show=show)
    peaks = peak_gflops(timings, encoders)
    show("memory")
    backlog = None
    if "memory" in options.cases:
        count = 1_024 if options.quick else 50_000
        backlog = measure_memory(texts, count, options.bundle.path if options.bundle else None)
    show("GPU")
    gpu = measure_gpu(texts, 5.0) if "gpu" in options.cases and torch.cuda.is_available() else None
    return {
        "rounds": max((len(timing.wall) for timing in timings.values()), default=0),
        "tweets": {
            "count": len(texts),
            "mean_tokens": round(sum(lengths) / len(lengths), 1),
            "p95_tokens": lengths[int(0.95 * len(lengths))],
        },
        "gflop_a_tweet": {
            case: {"required": round(gflop.required, 4), "whole_passes": round(gflop.whole, 4)}
            for case, gflop in arithmetic.items()
        },
        "peak_gflops": {f"{encoder} {dtype}": round(peak, 1) for (encoder, dtype), peak in peaks.items()},
        "cascade": cascade_rows(tasks, timings, arithmetic, peaks),
        "compared": [row for case in own_cases for row in variant_rows(case, tasks, timings)],
        "tokenization": {
            task.name: round(timings[task.key].cpu_rate) for task in tasks if task.case == "tokenization"
        },
        "drift": drift,
        "memory": backlog,
        "gpu": gpu,
    }


def make_own_case(name: str, texts: Sequence[str], bundle: Bundle | None) -> VariantCase:
    """Make a case that compares our own pipelines, with the bundle of the option or without one."""
    if name == "two-readers":
        return two_reader_case(texts, bundle)
    default = bundle or load_bundle(bundle_folder("default"))
    return early_exit_case(texts, default, own_exit=bundle is not None)


def left_out(options: argparse.Namespace) -> dict[str, str]:
    """Return what this machine or the bundle cannot run of the selected cases, with the reasons."""
    reasons = missing_precisions()
    if options.bundle is not None:
        missing = {"two-readers": options.bundle.second, "early-exit": options.bundle.early_exit}
        for case, part in missing.items():
            if case in options.cases and part is None:
                reasons[case] = f"the bundle {options.bundle.path} has none"
    if "gpu" in options.cases and not torch.cuda.is_available():
        reasons["gpu"] = "torch sees no GPU"
    return reasons


def main() -> None:
    """Read the options, measure, and print tables and the JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.inference",
        description=benchmarks.inference.__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="small numbers; ends within 50 s")
    parser.add_argument(
        "--cases", nargs="+", choices=(*PLANS, *OWN_CASES, *OTHER_CASES), help="[all; quick a few]"
    )
    parser.add_argument("--rounds", type=int, help="at most [9; quick 1]")
    parser.add_argument("--seconds", type=float, help="for all rounds, about [600; quick 25]")
    parser.add_argument(
        "--bundle", metavar="NAME", help="for two-readers, early-exit and memory: a bundle's name or folder"
    )
    options = parser.parse_args()
    try:
        options.bundle = load_bundle(bundle_folder(options.bundle)) if options.bundle else None
    except ModelError as error:
        parser.error(str(error))
    named = QUICK_PLANS if options.quick else (*PLANS, *OWN_CASES)
    options.cases = options.cases or [*named, *OTHER_CASES]
    options.rounds = options.rounds or (1 if options.quick else 9)
    options.seconds = options.seconds or (25.0 if options.quick else 600.0)
    out, progress = Console(width=140), Console(stderr=True)
    with progress.status("…") as status:
        figures = measure(options, lambda activity: status.update(activity))
    figures["left_out"] = left_out(options)
    figures["targets"] = compare_with_targets(figures)
    print_tables(out, figures)
    machine = {"cores": len(CORES), "torch": torch.__version__, "transformers": transformers.__version__}
    about = {"benchmark": "inference", "baseline": "transformers' pipelines"}
    print(json.dumps({**about, "python": platform.python_version(), **machine, **figures}))


def print_tables(out: Console, figures: dict[str, Any]) -> None:
    """Print a table for each part that was measured, and what was left out."""
    if figures["cascade"]:
        out.print(cascade_table(figures["cascade"]))
    if figures["compared"]:
        out.print(record_table("compared with our own baseline", figures["compared"]))
    for part in ("peak_gflops", "tokenization", "memory"):
        if figures[part]:
            out.print(record_table(part.replace("_", " "), [figures[part]]))
    if figures["drift"]:
        out.print(record_table("drift against fp32", figures["drift"]))
    if figures["gpu"]:
        out.print(record_table("GPU, one process", figures["gpu"]["one_process"]))
        out.print(record_table("GPU, several processes", figures["gpu"]["several_processes"]))
    if figures["targets"]:
        out.print(record_table("targets", figures["targets"]))
    for part, reason in figures["left_out"].items():
        out.print(f"{part} is left out: {reason}", highlight=False, markup=False)


if __name__ == "__main__":
    main()
