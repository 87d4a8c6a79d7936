"""The multi-task network (paper, section 3.2): a frozen trunk, shared trained layers, three heads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor, nn
from transformers import BertModel

from models.layers import run_layers, run_layers_to_cls
from models.member import Member, head
from models.state import are_equal, fill

Pooling = Literal["cls", "mean"]

# Gives the trunk's states, as `MultiTaskNetwork.trunk_states` does.
TrunkStates = Callable[[Tensor, Tensor, Tensor], Tensor]

# Parameters that a bundle stores; all others are the trunk's.
_TRAINED_PARTS = ("shared.", "classifier.", "extractor.", "normalizer.", "members.")


class MultiTaskNetwork(nn.Module):
    """BERT whose embeddings and first layers are frozen, with one head for each subtask.

    The trunk is always in eval mode and gives no gradients: its states depend on the text alone, so they
    can be computed once for all heads, or once for all epochs. Every head starts from them. The layers
    after the trunk are shared by the three tasks and trained on all of them (Algorithm 1).

    An ensemble (section 4) has further classifiers, each with layers of its own on the same trunk.

    Whoever has the trunk's states already sets `kept_states`, which is then asked instead of the trunk.

    Args:
        encoder: a pretrained BERT; its modules are used, not copied.
        frozen_layers: layers of the trunk, after the embeddings; the paper freezes 11 of 12.
        ptids: classes of the Normalizer.
        dropout: probability of dropout before each head, in training.
        pooling: what the Normalizer reads: the state at [CLS], or the mean over the span's tokens.
        classifiers: of the ensemble; 1 where there is none. The further ones start as copies of the shared
            layers, to be filled by `adopt` or `load_trained_state`.

    Raises:
        ValueError: the encoder has fewer layers than are to be frozen, or there is no classifier.
    """

    def __init__(
        self,
        encoder: BertModel,
        *,
        frozen_layers: int,
        ptids: int,
        dropout: float = 0.1,
        pooling: Pooling = "cls",
        classifiers: int = 1,
    ) -> None:
        super().__init__()
        layers = list(encoder.encoder.layer)
        if not 0 <= frozen_layers <= len(layers):
            raise ValueError(f"frozen_layers is {frozen_layers}, but the encoder has {len(layers)} layers")
        if classifiers < 1:
            raise ValueError(f"classifiers is {classifiers}, but there must be one at least")
        hidden: int = encoder.config.hidden_size
        self.hidden_size = hidden
        self.frozen_layers = frozen_layers
        self.ptids = ptids
        self.pooling: Pooling = pooling
        self.kept_states: TrunkStates | None = None
        self.embeddings: nn.Module = encoder.embeddings
        self.trunk = nn.ModuleList(layers[:frozen_layers])
        self.shared = nn.ModuleList(layers[frozen_layers:])
        self.dropout = nn.Dropout(dropout)
        self.classifier = head(hidden, 2)
        self.extractor = head(hidden, 2)
        self.normalizer = head(hidden, ptids)
        self.members = nn.ModuleList(Member(self.shared, hidden) for _ in range(classifiers - 1))
        for module in (self.embeddings, self.trunk):
            module.requires_grad_(False)
            module.eval()

    @property
    def classifiers(self) -> int:
        """How many classifiers vote: one, or those of the ensemble."""
        return 1 + len(self.members)

    def train(self, mode: bool = True) -> MultiTaskNetwork:
        """Switch the trained part between training and evaluation; the trunk stays in evaluation."""
        super().train(mode)
        self.embeddings.eval()
        self.trunk.eval()
        return self

    @torch.no_grad()
    def trunk_states(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """Run the frozen part, or take what `kept_states` has of it.

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
        """Give the embeddings `[batch, tokens, hidden]` of tokens; the first part of `trunk_states`."""
        embedded: Tensor = self.embeddings(input_ids=input_ids, token_type_ids=token_type_ids)
        return embedded

    def trunk_from(self, embedded: Tensor, attention_mask: Tensor) -> Tensor:
        """Run the trunk's layers on embeddings; the second part of `trunk_states`.

        Unlike that it gives gradients where `embedded` asks for them, as adversarial training does.
        """
        return run_layers(self.trunk, embedded, attention_mask)

    def classify(self, trunk_states: Tensor, attention_mask: Tensor) -> Tensor:
        """Subtask 1a: logits `[batch, 2]` of NoADE and ADE by the first classifier, read at [CLS].

        Args:
            trunk_states: `[batch, tokens, hidden]`, as `trunk_states` gives them.
            attention_mask: `[batch, tokens]`, 1 for a token and 0 for padding.
        """
        cls = run_layers_to_cls(self.shared, trunk_states, attention_mask)
        logits: Tensor = self.classifier(self.dropout(cls))
        return logits

    def votes(self, trunk_states: Tensor, attention_mask: Tensor) -> Tensor:
        """Subtask 1a by each classifier of the ensemble: logits `[classifiers, batch, 2]`.

        Arguments as in `classify`, whose logits come first.
        """
        first = self.classify(trunk_states, attention_mask)
        return torch.stack([first, *(member(trunk_states, attention_mask) for member in self.members)])

    def extract(self, trunk_states: Tensor, attention_mask: Tensor) -> Tensor:
        """Subtask 1b: logits `[batch, tokens, 2]` of O and AE for each token; arguments as in `classify`."""
        states = run_layers(self.shared, trunk_states, attention_mask)
        logits: Tensor = self.extractor(self.dropout(states))
        return logits

    def normalize(self, trunk_states: Tensor, attention_mask: Tensor, span_mask: Tensor) -> Tensor:
        """Subtask 1c: logits `[batch, ptids]` for a span, from an input of its own.

        Args:
            trunk_states: `[batch, tokens, hidden]` of `[CLS] span [SEP]`, variant (a), or of
                `[CLS] span [SEP] tweet [SEP]`, variant (b) (section 3.2).
            attention_mask: `[batch, tokens]`, 1 for a token and 0 for padding.
            span_mask: `[batch, tokens]`, 1 for the tokens of `[CLS] span [SEP]`, see `TokenBatch.span_mask`.
                Read by mean pooling only.
        """
        if self.pooling == "cls":
            pooled = run_layers_to_cls(self.shared, trunk_states, attention_mask)
        else:
            states = run_layers(self.shared, trunk_states, attention_mask)
            weights = span_mask.to(states.dtype).unsqueeze(-1)
            pooled = (states * weights).sum(1) / weights.sum(1).clamp(min=1)
        logits: Tensor = self.normalizer(self.dropout(pooled))
        return logits

    def adopt(self, position: int, other: MultiTaskNetwork) -> None:
        """Take over the shared layers and the Classifier of another network as a further classifier.

        Args:
            position: of the classifier in the ensemble: 1 is the second, the first one beside our own.
            other: trained on the same trunk; it is copied.

        Raises:
            ValueError: the ensemble has no such position, or the other network has another trunk or shape.
        """
        if not 1 <= position < self.classifiers:
            raise ValueError(f"position is {position}, but the ensemble has 1 to {self.classifiers - 1}")
        if not are_equal(self._trunk_parameters(), other._trunk_parameters()):
            raise ValueError("the other network has another trunk: all classifiers must share one")
        theirs = {name: value for name, value in other.state_dict().items() if name.startswith(Member.PARTS)}
        fill(self.members[position - 1].state_dict(), theirs)

    def trained_state(self) -> dict[str, Tensor]:
        """Give what training changes, and a bundle stores: shared layers, heads and members, by name."""
        return {name: tensor for name, tensor in self.state_dict().items() if name.startswith(_TRAINED_PARTS)}

    def load_trained_state(self, state: Mapping[str, Tensor]) -> None:
        """Put back what `trained_state` gave.

        Raises:
            ValueError: a tensor is missing, unknown, or of another shape; all such are named.
        """
        fill(self.trained_state(), state)

    def _trunk_parameters(self) -> list[Tensor]:
        return [*self.embeddings.parameters(), *self.trunk.parameters()]
