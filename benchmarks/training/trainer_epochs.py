"""The case `trainer-1a`: transformers' Trainer with length grouping, and the paper's freezing."""

from __future__ import annotations

import argparse
import tempfile
from typing import Any

import torch
from transformers import BertForSequenceClassification, Trainer, TrainerCallback, TrainingArguments

from benchmarks.training.random_tweets import bert_config, task_data
from benchmarks.training.spent_time import Spent, epoch_figures, synchronize
from training.loop import Processes, TrainingConfig


def time_trainer(options: argparse.Namespace, processes: Processes) -> dict[str, Any]:
    """Time epochs of transformers' Trainer on 1a."""
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
            synchronize(processes.device)
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
    return epoch_figures(clock.seconds, len(rows), 0.0, processes.device)
