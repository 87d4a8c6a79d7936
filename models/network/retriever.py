"""The retriever: a copy of the encoder's last layers, trained to map a phrase near the names of its PT."""

from __future__ import annotations

from copy import deepcopy

from torch import Tensor, nn
from torch.nn.functional import normalize

from models.network.layers import mean_over, run_layers


class Retriever(nn.Module):
    """Computes a vector for each span or name from the states of its tokens.

    There is no projection after the layers, so that a sentence encoder such as MiniLM retrieves well before
    any training.

    Args:
        layers: the last layers of the encoder; they are copied.
    """

    def __init__(self, layers: nn.ModuleList) -> None:
        super().__init__()
        self.layers = deepcopy(layers)

    def forward(
        self,
        states: Tensor,
        attention_mask: Tensor,
        span_mask: Tensor,
        position_bias: Tensor | None = None,
    ) -> Tensor:
        """Run the layers and return the mean state of each span.

        Args:
            states: `[batch, tokens, hidden]`, the output of the layer below.
            attention_mask: `[batch, tokens]`, 1 for a token and 0 for padding.
            span_mask: `[batch, tokens]`, 1 for the tokens of `[CLS] span [SEP]`, see `TokenBatch.span_mask`.
            position_bias: see `run_layers`.

        Returns:
            `[batch, hidden]`, each of length one, so that products are cosines.
        """
        run = run_layers(self.layers, states, attention_mask, position_bias)
        return normalize(mean_over(run, span_mask), dim=-1)
