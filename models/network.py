"""The multi-task network (paper, section 3.2): a frozen trunk, shared trained layers, three heads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import torch
from torch import Tensor, nn
from transformers import BertModel

Pooling = Literal["cls", "mean"]

# Parameters that a bundle stores; all others are the trunk's.
_TRAINED_PARTS = ("shared.", "classifier.", "extractor.", "normalizer.")


class MultiTaskNetwork(nn.Module):
    """BERT whose embeddings and first layers are frozen, with one head for each subtask.

    The trunk is always in eval mode and gives no gradients: its states depend on the text alone, so they
    can be computed once for all heads, or once for all epochs. The layers after it are shared by the
    three tasks and trained on all of them (Algorithm 1).

    Args:
        encoder: a pretrained BERT; its modules are used, not copied.
        frozen_layers: layers of the trunk, after the embeddings; the paper freezes 11 of 12.
        ptids: classes of the Normalizer.
        dropout: probability of dropout before each head, in training.
        pooling: what the Normalizer reads: the state at [CLS], or the mean over the span's tokens.
    """

    def __init__(
        self,
        encoder: BertModel,
        *,
        frozen_layers: int,
        ptids: int,
        dropout: float = 0.1,
        pooling: Pooling = "cls",
    ) -> None:
        super().__init__()
        layers = list(encoder.encoder.layer)
        if not 0 <= frozen_layers <= len(layers):
            raise ValueError(f"frozen_layers is {frozen_layers}, but the encoder has {len(layers)} layers")
        hidden: int = encoder.config.hidden_size
        self.hidden_size = hidden
        self.frozen_layers = frozen_layers
        self.ptids = ptids
        self.pooling: Pooling = pooling
        self.embeddings: nn.Module = encoder.embeddings
        self.trunk = nn.ModuleList(layers[:frozen_layers])
        self.shared = nn.ModuleList(layers[frozen_layers:])
        self.dropout = nn.Dropout(dropout)
        self.classifier = _head(hidden, 2)
        self.extractor = _head(hidden, 2)
        self.normalizer = _head(hidden, ptids)
        for module in (self.embeddings, self.trunk):
            module.requires_grad_(False)
            module.eval()

    def train(self, mode: bool = True) -> MultiTaskNetwork:
        """Switch the trained part between training and evaluation; the trunk stays in evaluation."""
        super().train(mode)
        self.embeddings.eval()
        self.trunk.eval()
        return self

    @torch.no_grad()
    def trunk_states(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """Run the frozen part.

        Args:
            input_ids: `[batch, tokens]`, int64.
            attention_mask: `[batch, tokens]`, 1 for a token and 0 for padding.
            token_type_ids: `[batch, tokens]`, 0 for the first text of a pair and 1 for the second.

        Returns:
            `[batch, tokens, hidden]`, without gradients.
        """
        states: Tensor = self.embeddings(input_ids=input_ids, token_type_ids=token_type_ids)
        return _run(self.trunk, states, attention_mask)

    def shared_states(self, trunk_states: Tensor, attention_mask: Tensor) -> Tensor:
        """Run the shared trained layers on the trunk's states; shapes as in `trunk_states`."""
        return _run(self.shared, trunk_states, attention_mask)

    def classify(self, states: Tensor) -> Tensor:
        """Subtask 1a: logits `[batch, 2]` of NoADE and ADE, from the shared states at [CLS]."""
        logits: Tensor = self.classifier(self.dropout(states[:, 0]))
        return logits

    def extract(self, states: Tensor) -> Tensor:
        """Subtask 1b: logits `[batch, tokens, 2]` of O and AE for each token, from the shared states."""
        logits: Tensor = self.extractor(self.dropout(states))
        return logits

    def normalize(self, states: Tensor, span_mask: Tensor) -> Tensor:
        """Subtask 1c: logits `[batch, ptids]` for a span, from the shared states of its own input.

        Args:
            states: `[batch, tokens, hidden]` of `[CLS] span [SEP]`, variant (a), or of
                `[CLS] span [SEP] tweet [SEP]`, variant (b) (section 3.1).
            span_mask: `[batch, tokens]`, 1 for the tokens of `[CLS] span [SEP]`; in variant (a) this is the
                attention mask. Read by mean pooling only.
        """
        if self.pooling == "cls":
            pooled = states[:, 0]
        else:
            weights = span_mask.to(states.dtype).unsqueeze(-1)
            pooled = (states * weights).sum(1) / weights.sum(1).clamp(min=1)
        logits: Tensor = self.normalizer(self.dropout(pooled))
        return logits

    def trained_state(self) -> dict[str, Tensor]:
        """Give what training changes, and a bundle stores: shared layers and heads, by name."""
        return {name: tensor for name, tensor in self.state_dict().items() if name.startswith(_TRAINED_PARTS)}

    def load_trained_state(self, state: Mapping[str, Tensor]) -> None:
        """Put back what `trained_state` gave.

        Raises:
            ValueError: a tensor is missing, unknown, or of another shape; all such are named.
        """
        own = self.trained_state()
        faults = list(mismatches(own, state))
        if faults:
            raise ValueError("; ".join(faults))
        with torch.no_grad():
            for name, tensor in own.items():
                tensor.copy_(state[name])


def span_mask(attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
    """Mark the tokens of the span's side, `[CLS] span [SEP]`, for `MultiTaskNetwork.normalize`.

    All three are `[batch, tokens]`.
    """
    return attention_mask * (token_type_ids == 0)


def _head(hidden: int, classes: int) -> nn.Linear:
    head = nn.Linear(hidden, classes)
    nn.init.normal_(head.weight, std=0.02)  # as BERT's own layers
    nn.init.zeros_(head.bias)
    return head


def _run(layers: nn.ModuleList, states: Tensor, attention_mask: Tensor) -> Tensor:
    # [batch, 1, 1, tokens]: true where a token may be attended to, for all heads and queries alike.
    visible = attention_mask.bool()[:, None, None, :]
    for layer in layers:
        states = layer(states, visible)
    return states


def mismatches(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> Iterator[str]:
    """Say for each tensor of `given` how it differs from `own` in name or shape."""
    for name in sorted(own.keys() - given.keys()):
        yield f"lacks the tensor {name}"
    for name in sorted(given.keys() - own.keys()):
        yield f"has an unknown tensor {name}"
    for name in sorted(own.keys() & given.keys()):
        if own[name].shape != given[name].shape:
            yield f"{name} has the shape {list(given[name].shape)} instead of {list(own[name].shape)}"
