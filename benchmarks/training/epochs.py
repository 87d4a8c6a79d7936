"""One case of `python -m benchmarks.training`, in its own process; its last line is a JSON object.

Inputs have random tokens, in the number and with the lengths of SMM4H's, and weights are random: both cost
the same as real ones.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any, Final

import torch

from benchmarks.training.random_tweets import CLASSES, SHAPES, bert_architecture, task_data
from benchmarks.training.spent_time import Spent, epoch_figures, synchronize
from models.network import EncoderModel, MultiTaskNetwork
from training.loop import (
    AdaptedNetwork,
    KeptStates,
    NullCallback,
    Processes,
    TrainingConfig,
    join_processes,
    network_optimizer,
    network_steps,
    train_epoch,
)

RANK: Final = 16
"""Of the low-rank adapters."""


def time_algorithm1(case: str, options: argparse.Namespace, processes: Processes) -> dict[str, Any]:
    """Time epochs of Algorithm 1."""
    config = TrainingConfig(
        frozen_layers=0 if case in ("unfrozen", "adapters") else -1,
        lora_rank=RANK if case == "adapters" else 0,
        bfloat16=options.bfloat16,
        epochs=1 + options.epochs,
    )
    tasks = task_data(options.scale)
    if case.endswith("-1a"):
        tasks = {"1a": tasks["1a"]}
    network = _make_network(options.encoder, config).to(processes.device)
    optimizer = network_optimizer(network, config)
    with tempfile.TemporaryDirectory(prefix="ade-bench-") as folder:
        keep = {"kept": "memory", "disk": "disk"}.get(case.removesuffix("-1a"), "none")
        states = KeptStates(keep, folder=Path(folder))  # type: ignore[arg-type]
        seconds: list[Spent] = []
        flops = 0.0
        for epoch in range(config.epochs):
            started = Spent.so_far()
            if epoch == 0:
                states.plan(network, [data.inputs for data in tasks.values()], bfloat16=config.bfloat16)
                states.fill(network, NullCallback(), processes)

            def run(number: int = epoch) -> None:
                train_epoch(
                    network,
                    tasks,
                    optimizer,
                    config,
                    epoch=number,
                    states=states,
                    callback=NullCallback(),
                    processes=processes,
                )

            run()
            synchronize(processes.device)
            seconds.append(Spent.so_far() - started)
        if processes.device.type == "cuda":
            flops = _flops(run)
    examples = sum(len(data) for data in tasks.values())
    return epoch_figures(seconds, examples, flops, processes.device) | {"steps": network_steps(tasks, config)}


def _make_network(encoder_name: str, config: TrainingConfig) -> MultiTaskNetwork:
    encoder = EncoderModel(bert_architecture(encoder_name))
    frozen = config.count_frozen(SHAPES[encoder_name][1])
    if config.lora_rank:
        return AdaptedNetwork(encoder, config, frozen_layers=frozen, ptids=CLASSES)
    return MultiTaskNetwork(encoder, frozen_layers=frozen, ptids=CLASSES)


def _flops(run: Any) -> float:
    """Count the multiplications and additions in the matrix products of an epoch."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        run()
    return float(counter.get_total_flops())


def main() -> None:
    """Read the options, and run the case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case")
    parser.add_argument("--encoder", choices=sorted(SHAPES), required=True)
    parser.add_argument("--scale", type=float, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--bfloat16", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    processes = join_processes(options.device)
    if options.case == "trainer-1a":
        from benchmarks.training.trainer_epochs import time_trainer

        figures = time_trainer(options, processes)
    else:
        figures = time_algorithm1(options.case, options, processes)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
