"""One case of `python -m benchmarks.training`, in its own process; its last line is a JSON object.

Inputs have random tokens, in the number and with the lengths of SMM4H's, and weights are random: both cost
the same as real ones.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from transformers import BertConfig, BertForSequenceClassification

from benchmarks.measured_process import memory_mb
from models.encoder.architectures.bert import BERT
from models.network import Architecture, EncoderModel, MultiTaskNetwork, Task
from training.loop import (
    Inputs,
    KeptStates,
    NullCallback,
    Processes,
    TaskData,
    TrainingConfig,
    join_processes,
    network_optimizer,
    network_steps,
    train_epoch,
)

SHAPES: Final = {"minilm": (384, 6, 1_536), "bert-base": (768, 12, 3_072)}
VOCABULARY: Final = 30_522
TWEETS, POSITIVES, SPANS, CLASSES = 17_385, 1_235, 1_200, 108


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and of all CPU threads together, which other work on the machine changes less."""

    wall: float
    cpu: float

    @classmethod
    def so_far(cls) -> Spent:
        """Read both clocks."""
        return cls(time.perf_counter(), time.process_time())

    def __sub__(self, earlier: Spent) -> Spent:
        return Spent(self.wall - earlier.wall, self.cpu - earlier.cpu)


def bert_config(encoder: str) -> BertConfig:
    """Return the config of a BERT with the size of a published one."""
    hidden, layers, inner = SHAPES[encoder]
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=12,
        intermediate_size=inner,
    )
    config._attn_implementation = "sdpa"
    return config


def bert_architecture(encoder: str) -> Architecture:
    """Return the same size for our own modules."""
    return BERT.architecture(bert_config(encoder).to_dict(), Path("config.json"))


def random_inputs(count: int, mean: float, seed: int) -> Inputs:
    """Draw inputs of random tokens with the lengths of tweets: from 5 to 128, log-normal."""
    rng = np.random.default_rng(seed)
    lengths = np.clip(rng.lognormal(np.log(mean), 0.4, count), 5, 128).astype(int)
    ids = [rng.integers(1_000, VOCABULARY, length).tolist() for length in lengths]
    return Inputs.packed(ids, [[0] * len(row) for row in ids])


def task_data(scale: float) -> dict[Task, TaskData]:
    """Make D_1, D_2 and D_3 with the sizes of SMM4H, times `scale`."""
    rng = np.random.default_rng(0)
    tweets = random_inputs(round(TWEETS * scale), 32, 1)
    positives = random_inputs(round(POSITIVES * scale), 32, 2)
    spans = random_inputs(round(SPANS * scale), 6, 3)
    return {
        "1a": TaskData("1a", tweets, [[int(rng.random() < 0.07)] for _ in range(len(tweets))]),
        "1b": TaskData("1b", positives, [rng.integers(0, 2, n).tolist() for n in positives.lengths]),
        "1c": TaskData("1c", spans, [[int(rng.integers(CLASSES))] for _ in range(len(spans))]),
    }


def time_algorithm1(case: str, options: argparse.Namespace, processes: Processes) -> dict[str, Any]:
    """Time epochs of Algorithm 1."""
    frozen = 0 if case == "unfrozen" else -1
    config = TrainingConfig(frozen_layers=frozen, bfloat16=options.bfloat16, epochs=1 + options.epochs)
    tasks = task_data(options.scale)
    if case.endswith("-1a"):
        tasks = {"1a": tasks["1a"]}
    network = MultiTaskNetwork(
        EncoderModel(bert_architecture(options.encoder)),
        frozen_layers=config.count_frozen(SHAPES[options.encoder][1]),
        ptids=CLASSES,
    ).to(processes.device)
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
            _synchronize(processes.device)
            seconds.append(Spent.so_far() - started)
        if processes.device.type == "cuda":
            flops = _flops(run)
    examples = sum(len(data) for data in tasks.values())
    return _figures(seconds, examples, flops, processes.device) | {"steps": network_steps(tasks, config)}


def time_trainer(options: argparse.Namespace, processes: Processes) -> dict[str, Any]:
    """Time epochs of transformers' Trainer on 1a."""
    from transformers import Trainer, TrainerCallback, TrainingArguments

    data = task_data(options.scale)["1a"]
    rows = [
        {"input_ids": data.inputs.ids[a:b].tolist(), "labels": target[0], "length": int(b - a)}
        for a, b, target in zip(data.inputs.starts[:-1], data.inputs.starts[1:], data.targets, strict=True)
    ]
    network = BertForSequenceClassification(bert_config(options.encoder))
    network.bert.embeddings.requires_grad_(False)
    for layer in network.bert.encoder.layer[:-1]:
        layer.requires_grad_(False)

    def collate(batch: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        width = max(row["length"] for row in batch)
        ids = torch.tensor([row["input_ids"] + [0] * (width - row["length"]) for row in batch])
        mask = torch.tensor([[1] * row["length"] + [0] * (width - row["length"]) for row in batch])
        labels = torch.tensor([row["labels"] for row in batch])
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}

    class Clock(TrainerCallback):  # type: ignore[misc]
        seconds: list[Spent] = []  # noqa: RUF012 - one object, one run
        started = Spent(0.0, 0.0)

        def on_epoch_begin(self, *_: Any, **__: Any) -> None:
            self.started = Spent.so_far()

        def on_epoch_end(self, *_: Any, **__: Any) -> None:
            _synchronize(processes.device)
            self.seconds.append(Spent.so_far() - self.started)

    config = TrainingConfig()
    with tempfile.TemporaryDirectory(prefix="ade-bench-") as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=config.batch_size_1a,
            num_train_epochs=1 + options.epochs,
            learning_rate=config.learning_rate,
            train_sampling_strategy="group_by_length",
            length_column_name="length",
            remove_unused_columns=False,
            bf16=options.bfloat16,
            use_cpu=processes.device.type == "cpu",
            dataloader_pin_memory=False,
            save_strategy="no",
            logging_strategy="no",
            report_to=[],
            disable_tqdm=True,
        )
        clock = Clock()
        Trainer(network, arguments, train_dataset=rows, data_collator=collate, callbacks=[clock]).train()
    return _figures(clock.seconds, len(rows), 0.0, processes.device)


def _figures(seconds: list[Spent], examples: int, flops: float, device: torch.device) -> dict[str, Any]:
    later = min(spent.wall for spent in seconds[1:])  # other work on the machine only slows it down
    result: dict[str, Any] = {
        "first_epoch_s": round(seconds[0].wall, 2),
        "later_epoch_s": round(later, 3),
        "later_epoch_cpu_s": round(min(spent.cpu for spent in seconds[1:]), 3),
        "examples_per_s": round(examples / later, 1),
        "peak_mb": round(memory_mb("VmHWM"), 1),
    }
    if device.type == "cuda":
        result["gpu_peak_mb"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
        if flops:
            result["tflops"] = round(flops / later / 1e12, 2)
    return result


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


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
        figures = time_trainer(options, processes)
    else:
        figures = time_algorithm1(options.case, options, processes)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
