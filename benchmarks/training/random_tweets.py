"""Inputs with random tokens, in the number and with the lengths of SMM4H's; sizes of networks."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from transformers import BertConfig

from models.encoder.architectures.bert import BERT
from models.network import Architecture, Task
from training.loop import Inputs, TaskData

SHAPES: Final = {"minilm": (384, 6, 1_536), "bert-base": (768, 12, 3_072)}
VOCABULARY: Final = 30_522
TWEETS, POSITIVES, SPANS, CLASSES = 17_385, 1_235, 1_200, 108


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
