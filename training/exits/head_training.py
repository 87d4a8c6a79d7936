"""Train the head of an early exit: it learns what the whole network decides, and nothing else changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.utils.rnn import pad_sequence

from models.bundle import Bundle
from models.network import EncoderLayer, ExitHead, position_bias_of
from models.network.exit_head import LAYER, LINEAR
from training.exits.exit_states import ClimbingStates

EPOCHS: Final = 3
_BATCH: Final = 64  # texts
_LEARNING_RATE: Final = 5e-4
_WARM_UP: Final = 0.1  # share of the steps
_POOL: Final = 20  # batches whose texts are sorted by length, so that little is padded


class HeadInTraining(nn.Module):
    """A layer at [CLS] and a linear layer; the layer starts as a copy of the one above the head.

    Args:
        bundle: whose network is below the head.
        below: number of its layers below the head.
    """

    def __init__(self, bundle: Bundle, below: int) -> None:
        super().__init__()
        shape, weights = bundle.weights.shape, bundle.weights
        self.layer = EncoderLayer(bundle.config.architecture)
        self.linear = nn.Linear(shape.hidden, 1)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        stack = f"trunk.{below}." if below < shape.frozen_layers else f"shared.{below - shape.frozen_layers}."
        self.layer.load_state_dict(
            {
                name.removeprefix(stack): tensor
                for name, tensor in weights.tensors.items()
                if name.startswith(stack)
            }
        )
        self._bias_table = weights.tensors.get("embeddings.relative_attention_bias.weight")

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Return the log-odds `[batch]` for states `[batch, tokens, hidden]` and their mask."""
        bias = None if self._bias_table is None else position_bias_of(self._bias_table, states.shape[1])
        log_odds: Tensor = self.linear(self.layer.at_cls(states, mask, bias))
        return log_odds[:, 0]


def train_head(
    bundle: Bundle,
    climbing: ClimbingStates,
    shown_for: float,
    *,
    seed: int,
    epochs: int = EPOCHS,
    advance: Callable[[int], None] = lambda texts: None,
) -> ExitHead:
    """Distil a head from the whole network (Hinton et al. 2015).

    The loss is the cross-entropy between both decisions at the threshold: the probabilities that a text is
    above it. So the head learns most where it matters, and not to rank clear negatives.

    Args:
        bundle: is not changed.
        climbing: the states below the head.
        shown_for: log-odds of the whole network from which a text is a positive.
        seed: of the dropout and the order.
        epochs: passes over the texts.
        advance: called with the number of texts after each batch.

    Returns:
        The head, rounded to half precision as bundles store it. No text leaves yet.
    """
    torch.manual_seed(seed)
    head = HeadInTraining(bundle, climbing.below).train()
    texts = climbing.texts()
    targets = torch.sigmoid(climbing.whole - shown_for)
    steps = max(1, epochs * math.ceil(len(texts) / _BATCH))
    optimizer = torch.optim.AdamW(head.parameters(), lr=_LEARNING_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps))
    for _ in range(epochs):
        for rows in _shuffled(texts):
            states, mask = _padded([texts[row] for row in rows])
            loss = binary_cross_entropy_with_logits(head(states, mask), targets[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            advance(len(rows))
    with torch.no_grad():
        head.linear.bias.add_(shown_for)  # from the distance to the threshold to log-odds
    tensors = {
        **{f"{LAYER}.{name}": tensor for name, tensor in head.layer.state_dict().items()},
        **{f"{LINEAR}.{name}": tensor for name, tensor in head.linear.state_dict().items()},
    }
    rounded = {name: tensor.detach().half().float() for name, tensor in tensors.items()}
    return ExitHead(climbing.below, -math.inf, shown_for, rounded)


def _rate(step: int, steps: int) -> float:
    """Return the learning rate as a share of the highest: it rises, and then falls to 0."""
    rising = max(1.0, _WARM_UP * steps)
    return min((step + 1) / rising, (steps - step) / max(1.0, steps - rising))


def _shuffled(texts: Sequence[Tensor]) -> Iterator[list[int]]:
    """Yield the rows of batches in a random order, each of texts of similar lengths."""
    order = torch.randperm(len(texts)).tolist()
    for first in range(0, len(order), _POOL * _BATCH):
        pool = sorted(order[first : first + _POOL * _BATCH], key=lambda row: len(texts[row]))
        batches = [pool[start : start + _BATCH] for start in range(0, len(pool), _BATCH)]
        for number in torch.randperm(len(batches)).tolist():
            yield batches[number]


def _padded(texts: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    mask = pad_sequence([torch.ones(len(states)) for states in texts], batch_first=True)
    return pad_sequence(list(texts), batch_first=True).float(), mask
