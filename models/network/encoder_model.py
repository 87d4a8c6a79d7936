"""An encoder as modules: its embeddings and its layers, with the same names for every architecture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor, nn

from models.network.encoder_layer import EncoderLayer
from models.network.layers import run_layers
from models.network.relative_positions import position_bias_of
from models.network.shape import Architecture

_INITIAL_SPREAD = 0.02  # standard deviation of BERT's initial weights


class EncoderEmbeddings(nn.Module):
    """The sum of the embeddings of words, positions and token types, normalized.

    Without dropout, since embeddings are never trained here. RoBERTa has a single token type, MPNet none; the
    types of a pair then make no difference. MPNet's position bias belongs to the embeddings, too.

    Args:
        architecture: of the encoder.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        hidden = architecture.hidden_size
        self._first_position = architecture.first_position
        self._token_types = architecture.type_vocab_size
        self.word_embeddings = nn.Embedding(architecture.vocab_size, hidden)
        self.position_embeddings = nn.Embedding(architecture.max_position_embeddings, hidden)
        if architecture.type_vocab_size:
            self.token_type_embeddings = nn.Embedding(architecture.type_vocab_size, hidden)
        self.LayerNorm = nn.LayerNorm(hidden, eps=architecture.layer_norm_eps)
        self.relative_attention_bias: nn.Embedding | None = None
        if buckets := architecture.relative_attention_num_buckets:
            self.relative_attention_bias = nn.Embedding(buckets, architecture.num_attention_heads)

    def forward(self, input_ids: Tensor, token_type_ids: Tensor) -> Tensor:
        """Return `[batch, tokens, hidden]`; see `FrozenTrunk.trunk_states`."""
        positions = torch.arange(input_ids.shape[1], device=input_ids.device) + self._first_position
        embedded: Tensor = self.word_embeddings(input_ids) + self.position_embeddings(positions)
        if self._token_types:
            types = token_type_ids if self._token_types > 1 else torch.zeros_like(token_type_ids)
            embedded = embedded + self.token_type_embeddings(types)
        normalized: Tensor = self.LayerNorm(embedded)
        return normalized

    def position_bias(self, tokens: int) -> Tensor | None:
        """Return the position bias `[heads, tokens, tokens]`; None for an encoder without one."""
        if self.relative_attention_bias is None:
            return None
        return position_bias_of(self.relative_attention_bias.weight, tokens)


class LayerStack(nn.Module):
    """The layers of an encoder; a level of names, as in BERT: `encoder.layer`."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.layer = nn.ModuleList(EncoderLayer(architecture) for _ in range(architecture.num_hidden_layers))


class EncoderModel(nn.Module):
    """A BERT, RoBERTa, XLM-R or MPNet without its pooler.

    Its weights are random, initialized like BERT's; `with_tensors` makes a pretrained one.

    Args:
        architecture: sizes, and what the families do differently.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.embeddings = EncoderEmbeddings(architecture)
        self.encoder = LayerStack(architecture)
        self.apply(_initialize)

    @classmethod
    def with_tensors(cls, architecture: Architecture, tensors: Mapping[str, Tensor]) -> Self:
        """Return a pretrained encoder in eval mode, fp32, on the CPU.

        Args:
            architecture: of the encoder.
            tensors: by their names in BERT; they are copied. Others than the encoder's are ignored.

        Raises:
            KeyError: a tensor is missing.
            RuntimeError: a tensor has another shape.
        """
        with torch.device("meta"):  # initial weights would take longer than reading the pretrained ones
            model = cls(architecture)
        state = {name: tensors[name].to("cpu", torch.float32, copy=True) for name in model.state_dict()}
        model.load_state_dict(state, assign=True)
        return model.eval()

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, token_type_ids: Tensor | None = None
    ) -> Tensor:
        """Return the states of the last layer, `[batch, tokens, hidden]`.

        Args:
            input_ids: `[batch, tokens]`, int64.
            attention_mask: `[batch, tokens]`, 1 for a token and 0 for padding; by default all 1.
            token_type_ids: `[batch, tokens]`, 1 for the second text of a pair; by default all 0.
        """
        visible = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        types = torch.zeros_like(input_ids) if token_type_ids is None else token_type_ids
        bias = self.embeddings.position_bias(input_ids.shape[1])
        return run_layers(self.encoder.layer, self.embeddings(input_ids, types), visible, bias)


def _initialize(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=_INITIAL_SPREAD)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
