"""The frozen part of the network: the encoder's embeddings and first layers, which are never trained."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn

from models.network.encoder_model import EncoderEmbeddings, EncoderModel
from models.network.layers import run_layers
from models.network.weights import TrunkStatesSource


class FrozenTrunk(nn.Module):
    """Embeddings and first layers of an encoder, always in eval mode and without gradients.

    Its states depend on the text alone, so they can be computed once for all heads, or once for all epochs.
    A caller that has them already sets `kept_states`, which is then called instead of running the trunk.

    Args:
        encoder: a pretrained encoder; its modules are used, not copied.
        frozen_layers: layers of the trunk, after the embeddings; the paper freezes 11 of 12.

    Raises:
        ValueError: the encoder has fewer layers than are to be frozen.
    """

    def __init__(self, encoder: EncoderModel, frozen_layers: int) -> None:
        super().__init__()
        layers = list(encoder.encoder.layer)
        if not 0 <= frozen_layers <= len(layers):
            raise ValueError(f"frozen_layers is {frozen_layers}, but the encoder has {len(layers)} layers")
        self.hidden_size: int = encoder.architecture.hidden_size
        self.frozen_layers = frozen_layers
        self.kept_states: TrunkStatesSource | None = None
        self.embeddings: EncoderEmbeddings = encoder.embeddings
        self.trunk = nn.ModuleList(layers[:frozen_layers])
        for module in (self.embeddings, self.trunk):
            module.requires_grad_(False)
            module.eval()

    def train(self, mode: bool = True) -> Self:
        """Switch the trained part between training and evaluation; the trunk stays in evaluation."""
        super().train(mode)
        self.embeddings.eval()
        self.trunk.eval()
        return self

    @torch.no_grad()
    def trunk_states(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """Run the frozen part, or return its states from `kept_states`.

        Args:
            input_ids: `[batch, tokens]`, int64.
            attention_mask: `[batch, tokens]`, 1 for a token and 0 for padding.
            token_type_ids: `[batch, tokens]`, 0 for the first text of a pair and 1 for the second.

        Returns:
            `[batch, tokens, hidden]`, without gradients.
        """
        if self.kept_states is not None:
            return self.kept_states(input_ids, attention_mask, token_type_ids)
        return self.trunk_from(self.embed(input_ids, token_type_ids), attention_mask)

    def embed(self, input_ids: Tensor, token_type_ids: Tensor) -> Tensor:
        """Return the embeddings `[batch, tokens, hidden]` of tokens; the first part of `trunk_states`."""
        embedded: Tensor = self.embeddings(input_ids, token_type_ids)
        return embedded

    @torch.no_grad()
    def position_bias(self, tokens: int) -> Tensor | None:
        """Return what attention adds to its scores, `[heads, tokens, tokens]`; None for most encoders.

        Callers that run layers of this network themselves pass it to `run_layers`.
        """
        return self.embeddings.position_bias(tokens)

    def trunk_from(self, embedded: Tensor, attention_mask: Tensor) -> Tensor:
        """Run the trunk's layers on embeddings; the second part of `trunk_states`.

        Unlike `trunk_states`, this keeps the gradients of `embedded`, which adversarial training needs.
        """
        return run_layers(self.trunk, embedded, attention_mask, self.position_bias(embedded.shape[1]))

    def trunk_parameters(self) -> list[Tensor]:
        """Return the frozen parameters, to compare them with those of another network."""
        return [*self.embeddings.parameters(), *self.trunk.parameters()]
