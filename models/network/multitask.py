"""A further classifier of an ensemble: layers and a head of its own on the trunk that all share.

The multi-task network (paper, section 3.2): a frozen trunk, shared trained layers, three heads.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, ClassVar

from torch import Tensor, nn

from models.network.layers import mean_over, run_layers, run_layers_to_cls
from models.network.retriever import Retriever
from models.network.shape import NetworkShape, Pooling
from models.network.trunk import FrozenTrunk
from models.network.weights import NetworkWeights, copy_tensors, tensors_equal

if TYPE_CHECKING:
    from transformers import BertModel


class EnsembleMember(nn.Module):
    """One more Classifier (paper, section 4).

    It is trained as a network of its own and then adopted, so there is no dropout before its head.

    Args:
        layers: the trained layers after the trunk; they are copied.
        hidden: width of their states.
    """

    # What a member has in common with a whole network, by the names there.
    PARTS: ClassVar = ("shared.", "classifier.")

    def __init__(self, layers: nn.ModuleList, hidden: int) -> None:
        super().__init__()
        self.shared = deepcopy(layers)
        self.classifier = head(hidden, 2)


def head(hidden: int, classes: int) -> nn.Linear:
    """Make an untrained head: a linear layer with the weights that BERT's own layers start from."""
    with warnings.catch_warnings():
        # A Normalizer without classes has nothing to initialize, and torch would say so.
        warnings.filterwarnings("ignore", "Initializing zero-element tensors")
        layer = nn.Linear(hidden, classes)
    nn.init.normal_(layer.weight, std=0.02)
    nn.init.zeros_(layer.bias)
    return layer


# Parameters that a bundle stores; all others are the trunk's.
_TRAINED_PARTS = ("shared.", "classifier.", "extractor.", "normalizer.", "members.", "retriever.")


class MultiTaskNetwork(FrozenTrunk):
    """BERT whose embeddings and first layers are frozen, with one head for each subtask.

    Every head starts from the trunk's states. The layers after the trunk are shared by the three tasks and
    trained on all of them (Algorithm 1).

    An ensemble (section 4) has further classifiers, each with layers of its own on the same trunk.

    A retriever is trained after that, on the finished network.

    Args:
        encoder: a pretrained BERT; its modules are used, not copied.
        frozen_layers: layers of the trunk, after the embeddings; the paper freezes 11 of 12.
        ptids: classes of the Normalizer.
        dropout: probability of dropout before each head, in training.
        pooling: what the Normalizer reads: the state at [CLS], or the mean over the span's tokens.
        classifiers: of the ensemble; 1 where there is none. The further ones start as copies of the shared
            layers, to be filled by `adopt` or `load_trained_state`.
        retriever_layers: layers of the retriever; 0 where there is none. They start as copies of the
            encoder's last ones, and take the place of these on the shared layers below.

    Raises:
        ValueError: the encoder has fewer layers than are to be frozen, there is no classifier, or the
            retriever has more layers than are shared.
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
        retriever_layers: int = 0,
    ) -> None:
        super().__init__(encoder, frozen_layers)
        if classifiers < 1:
            raise ValueError(f"classifiers is {classifiers}, but there must be one at least")
        self.ptids = ptids
        self.pooling: Pooling = pooling
        hidden = self.hidden_size
        self.shared = nn.ModuleList(list(encoder.encoder.layer)[frozen_layers:])
        if not 0 <= retriever_layers <= len(self.shared):
            raise ValueError(
                f"retriever_layers is {retriever_layers}, but {len(self.shared)} layers are shared"
            )
        self.dropout = nn.Dropout(dropout)
        self.shape = NetworkShape.of(
            encoder.config,
            frozen_layers=frozen_layers,
            ptids=ptids,
            pooling=pooling,
            classifiers=classifiers,
            retriever_layers=retriever_layers,
        )
        self.classifier = head(hidden, 2)
        self.extractor = head(hidden, 2)
        self.normalizer = head(hidden, ptids)
        self.members = nn.ModuleList(EnsembleMember(self.shared, hidden) for _ in range(classifiers - 1))
        self.retriever = (
            Retriever(self.shared[len(self.shared) - retriever_layers :]) if retriever_layers else None
        )

    def weights(self) -> NetworkWeights:
        """Give the tensors, as they are and will be: an engine runs on them."""
        return NetworkWeights(self.shape, self.state_dict(), self.kept_states)

    @property
    def classifiers(self) -> int:
        """How many classifiers vote: one, or those of the ensemble."""
        return 1 + len(self.members)

    @property
    def retriever_layers(self) -> int:
        """How many layers the retriever has; 0 where there is none."""
        return len(self.retriever.layers) if self.retriever is not None else 0

    def classify(self, trunk_states: Tensor, attention_mask: Tensor) -> Tensor:
        """Subtask 1a: logits `[batch, 2]` of NoADE and ADE by the first classifier, read at [CLS].

        Args:
            trunk_states: `[batch, tokens, hidden]`, as `trunk_states` gives them.
            attention_mask: `[batch, tokens]`, 1 for a token and 0 for padding.
        """
        cls = run_layers_to_cls(self.shared, trunk_states, attention_mask)
        logits: Tensor = self.classifier(self.dropout(cls))
        return logits

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
            pooled = mean_over(run_layers(self.shared, trunk_states, attention_mask), span_mask)
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
        if not tensors_equal(self.trunk_parameters(), other.trunk_parameters()):
            raise ValueError("the other network has another trunk: all classifiers must share one")
        theirs = {
            name: value for name, value in other.state_dict().items() if name.startswith(EnsembleMember.PARTS)
        }
        copy_tensors(self.members[position - 1].state_dict(), theirs)

    def trained_state(self) -> dict[str, Tensor]:
        """Give what training changes, and a bundle stores: shared layers, heads, members, retriever."""
        return {name: tensor for name, tensor in self.state_dict().items() if name.startswith(_TRAINED_PARTS)}

    def load_trained_state(self, state: Mapping[str, Tensor]) -> None:
        """Put back what `trained_state` gave.

        Raises:
            ValueError: a tensor is missing, unknown, or of another shape; all such are named.
        """
        copy_tensors(self.trained_state(), state)
