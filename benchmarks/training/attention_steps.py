"""The case `attention`: attention with its gradient in bfloat16 on a CPU; its last line is a JSON object.

    python -m benchmarks.training.attention_steps [--encoder minilm] [--threads 2] [--rounds 15]

Torch's own kernel and the separate steps of `models.network.encoder_layer` alternate within each round, on
the same random queries, keys and values, with a padding mask as in training. Every batch has 4,096 tokens,
whatever the number of its texts. Times are medians of the rounds, and ratios medians of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from benchmarks.training.random_tweets import SHAPES, bert_architecture
from benchmarks.training.spent_time import Spent
from models.network.encoder_layer import attend_in_steps

TOKENS: Final = (16, 64, 128, 256, 512)
DROPOUTS: Final = (0.0, 0.1)
BATCH_TOKENS: Final = 4_096

Attention = Callable[[Tensor, Tensor, Tensor, Tensor, float], Tensor]


def time_attention(
    encoder: str, tokens: int, dropout: float, rounds: int, batch_tokens: int = BATCH_TOKENS
) -> dict[str, Any]:
    """Return the milliseconds of the kernel and of the steps for texts of this number of tokens.

    Args:
        encoder: whose heads the texts have.
        tokens: of each text.
        dropout: of the weights.
        rounds: that are timed, after one that is not.
        batch_tokens: of all texts together.
    """
    architecture = bert_architecture(encoder)
    heads = architecture.num_attention_heads
    texts = max(1, batch_tokens // tokens)
    torch.manual_seed(0)
    shape = (texts, tokens, heads, architecture.hidden_size // heads)
    inputs = [torch.randn(shape).bfloat16().transpose(1, 2).requires_grad_() for _ in range(3)]
    gradient = torch.randn(shape).bfloat16().transpose(1, 2)
    mask = torch.ones(texts, 1, 1, tokens, dtype=torch.bool)

    def spent_by(attention: Attention) -> Spent:
        started = Spent.so_far()
        query, key, value = inputs
        output = attention(query, key, value, mask, dropout)
        torch.autograd.grad(output, inputs, gradient)
        return Spent.so_far() - started

    pairs = [(spent_by(scaled_dot_product_attention), spent_by(attend_in_steps)) for _ in range(1 + rounds)][
        1:
    ]
    return {
        "tokens": tokens,
        "texts": texts,
        "dropout": dropout,
        "kernel_ms": round(1_000 * statistics.median(kernel.wall for kernel, _ in pairs), 2),
        "steps_ms": round(1_000 * statistics.median(steps.wall for _, steps in pairs), 2),
        "x_steps": round(statistics.median(kernel.wall / steps.wall for kernel, steps in pairs), 2),
        "x_steps_cpu": round(statistics.median(kernel.cpu / steps.cpu for kernel, steps in pairs), 2),
    }


def main() -> None:
    """Read the options, time every number of tokens, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--encoder", choices=sorted(SHAPES), default="minilm")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = [
        time_attention(options.encoder, tokens, dropout, options.rounds)
        for dropout in DROPOUTS
        for tokens in TOKENS
    ]
    print(json.dumps({"rows": rows}))


if __name__ == "__main__":
    main()
