"""The multi-task network (paper, section 3.2): a frozen trunk, shared trained layers, a head per subtask."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from copy import deepcopy
from typing import ClassVar, cast

from torch import Tensor, nn

from models.network.encoder_model import EncoderModel
from models.network.heads import CLASSIFIER, HEADS, Head
from models.network.layers import mean_over, run_layers, run_layers_to_cls
from models.network.retriever import Retriever
from models.network.shape import NetworkShape, Pooling
from models.network.trunk import FrozenTrunk
from models.network.weights import NetworkWeights, copy_tensors, tensors_equal


class MultiTaskNetwork(FrozenTrunk):
    """An encoder whose embeddings and first layers are frozen, with one head for each subtask.

    Every head starts from the trunk's states. The layers after the trunk are shared by all tasks and trained
    on all of them (Algorithm 1). `models.network.heads` lists the heads.

    An ensemble (section 4) has further classifiers, each with its own layers on the same trunk.

    A retriever is trained after that, on the finished network.

    Args:
        encoder: a pretrained encoder; its modules are used, not copied.
        frozen_layers: layers of the trunk, after the embeddings; the paper freezes 11 of 12.
        ptids: classes of the Normalizer.
        dropout: probability of dropout before each head, in training.
        pooling: what the Normalizer reads: the state at [CLS], or the mean over the span's tokens.
        classifiers: number in the ensemble; 1 without one. The further ones start as copies of the shared
            layers, and get their weights from `adopt` or `load_trained_state`.
        retriever_layers: layers of the retriever; 0 without one. They start as copies of the encoder's last
            layers, and replace these on top of the shared layers below.

    Raises:
        ValueError: the encoder has fewer layers than are to be frozen, there is no classifier, or the
            retriever has more layers than are shared.
    """

    classifier: nn.Linear
    extractor: nn.Linear
    normalizer: nn.Linear

    def __init__(
        self,
        encoder: EncoderModel,
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
        self.shared = nn.ModuleList(list(encoder.encoder.layer)[frozen_layers:])
        if not 0 <= retriever_layers <= len(self.shared):
            raise ValueError(
                f"retriever_layers is {retriever_layers}, but {len(self.shared)} layers are shared"
            )
        self.dropout = nn.Dropout(dropout)
        self.shape = NetworkShape.of(
            encoder.architecture,
            frozen_layers=frozen_layers,
            ptids=ptids,
            pooling=pooling,
            classifiers=classifiers,
            retriever_layers=retriever_layers,
        )
        for head in HEADS:
            self.add_module(head.name, untrained_linear(self.hidden_size, head.outputs(ptids)))
        self.members = nn.ModuleList(
            EnsembleMember(self.shared, self.hidden_size) for _ in range(classifiers - 1)
        )
        self.retriever = (
            Retriever(self.shared[len(self.shared) - retriever_layers :]) if retriever_layers else None
        )

    def weights(self) -> NetworkWeights:
        """Return the tensors for an engine. They are not copied, so later training changes them."""
        return NetworkWeights(self.shape, self.state_dict(), self.kept_states)

    @property
    def classifiers(self) -> int:
        """Number of classifiers that vote: 1, or those of the ensemble."""
        return 1 + len(self.members)

    @property
    def retriever_layers(self) -> int:
        """Layers of the retriever; 0 without one."""
        return len(self.retriever.layers) if self.retriever is not None else 0

    def linear(self, head: Head) -> nn.Linear:
        """Return the linear layer of a head."""
        return cast(nn.Linear, self.get_submodule(head.name))

    def logits(
        self,
        head: Head,
        states: Tensor,
        attention_mask: Tensor,
        span_mask: Tensor | None = None,
        *,
        passed: int = 0,
    ) -> Tensor:
        """Run the shared layers and one head.

        Args:
            head: of `models.network.heads.HEADS`.
            states: `[batch, tokens, hidden]`, as `trunk_states` returns them. A head that reads spans
                takes those of `[CLS] span [SEP]`, variant (a), or of `[CLS] span [SEP] tweet [SEP]`,
                variant (b) (section 3.2).
            attention_mask: `[batch, tokens]`, 1 for a token and 0 for padding.
            span_mask: `[batch, tokens]`, 1 for the tokens of `[CLS] span [SEP]`, see `TokenBatch.span_mask`.
                Read by mean pooling of spans only.
            passed: number of shared layers that `states` have passed already.

        Returns:
            `[batch, tokens, classes]` for a head that reads tokens, else `[batch, classes]`.
        """
        bias = self.position_bias(states.shape[1])
        layers = self.shared[passed:]
        if head.reads == "token":
            states = run_layers(layers, states, attention_mask, bias)
        elif head.reads == "span" and self.pooling == "mean":
            if span_mask is None:
                raise ValueError("mean pooling needs a span_mask")
            states = mean_over(run_layers(layers, states, attention_mask, bias), span_mask)
        else:
            states = run_layers_to_cls(layers, states, attention_mask, bias)
        logits: Tensor = self.linear(head)(self.dropout(states))
        return logits

    def adopt(self, position: int, other: MultiTaskNetwork) -> None:
        """Copy the shared layers and the Classifier of another network into a member of the ensemble.

        Args:
            position: of the classifier in the ensemble; 1 is the first one after this network's own.
            other: trained on the same trunk; it is copied.

        Raises:
            ValueError: the ensemble has no such position, or the other network has another trunk or shape.
        """
        if not 1 <= position < self.classifiers:
            raise ValueError(f"position is {position}, but the ensemble has 1 to {self.classifiers - 1}")
        if not tensors_equal(self.trunk_parameters(), other.trunk_parameters()):
            raise ValueError("the other network has another trunk: all classifiers must share one")
        tensors = {
            name: tensor
            for name, tensor in other.state_dict().items()
            if name.startswith(EnsembleMember.MODULES)
        }
        copy_tensors(self.members[position - 1].state_dict(), tensors)

    def trained_state(self) -> dict[str, Tensor]:
        """Return the trained tensors, which a bundle stores: shared layers, heads, members, retriever."""
        modules = ("shared.", *(f"{head.name}." for head in HEADS), "members.", "retriever.")
        return {name: tensor for name, tensor in self.state_dict().items() if name.startswith(modules)}

    def load_trained_state(self, state: Mapping[str, Tensor]) -> None:
        """Load what `trained_state` returned.

        Raises:
            ValueError: a tensor is missing, unknown, or of another shape; the message names all of them.
        """
        copy_tensors(self.trained_state(), state)


class EnsembleMember(nn.Module):
    """A further Classifier of an ensemble (paper, section 4), with its own layers on the common trunk.

    It is trained as a network of its own and then adopted, so there is no dropout before its head.

    Args:
        layers: the trained layers after the trunk; they are copied.
        hidden: width of their states.
    """

    # The modules that it has in common with a whole network, by their names there.
    MODULES: ClassVar = ("shared.", f"{CLASSIFIER.name}.")

    def __init__(self, layers: nn.ModuleList, hidden: int) -> None:
        super().__init__()
        self.shared = deepcopy(layers)
        self.classifier = untrained_linear(hidden, CLASSIFIER.outputs(0))


def untrained_linear(hidden: int, outputs: int) -> nn.Linear:
    """Return the linear layer of a head, initialized like BERT's own layers."""
    with warnings.catch_warnings():
        # A Normalizer without classes has nothing to initialize, and torch would warn about it.
        warnings.filterwarnings("ignore", "Initializing zero-element tensors")
        layer = nn.Linear(hidden, outputs)
    nn.init.normal_(layer.weight, std=0.02)
    nn.init.zeros_(layer.bias)
    return layer
