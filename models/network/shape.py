"""How large a multi-task network is, and by what names and shapes its tensors are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

Pooling = Literal["cls", "mean"]
Activation = Literal["gelu", "gelu_new", "relu"]  # by their names in BERT
Shape = tuple[int, ...]


class Architecture(BaseModel):
    """The shape of the encoder, named as in BERT's own `config.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vocab_size: int = Field(ge=5, le=1_000_000)
    hidden_size: int = Field(ge=1, le=8_192)
    num_hidden_layers: int = Field(ge=1, le=100)
    num_attention_heads: int = Field(ge=1, le=256)
    intermediate_size: int = Field(ge=1, le=65_536)
    hidden_act: Activation = "gelu"
    max_position_embeddings: int = Field(ge=8, le=100_000)
    type_vocab_size: int = Field(ge=1, le=16)
    layer_norm_eps: float = Field(gt=0, le=1)
    pad_token_id: int = Field(ge=0)
    hidden_dropout_prob: float = Field(default=0.1, ge=0, le=1)
    attention_probs_dropout_prob: float = Field(default=0.1, ge=0, le=1)


@dataclass(frozen=True)
class NetworkShape:
    """All that `MultiTaskNetwork` is made by, but for dropout.

    Attributes:
        vocabulary: entries of the tokenizer's vocabulary.
        positions: tokens of the longest input.
        token_types: of a pair, 2 in BERT.
        hidden: width of the states.
        intermediate: width of the feed-forward part, four times that in BERT.
        attention_heads: of attention.
        activation: `hidden_act` of BERT.
        epsilon: of LayerNorm.
        frozen_layers: of the trunk.
        shared_layers: after the trunk, trained on all three tasks.
        ptids: classes of the Normalizer.
        pooling: what the Normalizer reads, see `MultiTaskNetwork`.
        classifiers: of the ensemble, 1 where there is none.
        retriever_layers: 0 where there is no retriever.
    """

    vocabulary: int
    positions: int
    token_types: int
    hidden: int
    intermediate: int
    attention_heads: int
    activation: str
    epsilon: float
    frozen_layers: int
    shared_layers: int
    ptids: int
    pooling: Pooling = "cls"
    classifiers: int = 1
    retriever_layers: int = 0

    @classmethod
    def of(
        cls,
        architecture: Architecture,
        *,
        frozen_layers: int,
        ptids: int,
        pooling: Pooling = "cls",
        classifiers: int = 1,
        retriever_layers: int = 0,
    ) -> Self:
        """Give the shape of a network on an encoder.

        Args:
            architecture: of the encoder; or its `BertConfig`, which has the same names.
            frozen_layers: and all that follow: as `MultiTaskNetwork` takes them.
        """
        return cls(
            vocabulary=architecture.vocab_size,
            positions=architecture.max_position_embeddings,
            token_types=architecture.type_vocab_size,
            hidden=architecture.hidden_size,
            intermediate=architecture.intermediate_size,
            attention_heads=architecture.num_attention_heads,
            activation=architecture.hidden_act,
            epsilon=architecture.layer_norm_eps,
            frozen_layers=frozen_layers,
            shared_layers=architecture.num_hidden_layers - frozen_layers,
            ptids=ptids,
            pooling=pooling,
            classifiers=classifiers,
            retriever_layers=retriever_layers,
        )

    @property
    def head_size(self) -> int:
        """Width of a head's queries, keys and values."""
        return self.hidden // self.attention_heads

    def trunk(self) -> dict[str, Shape]:
        """Give name and shape of each frozen tensor, as in `MultiTaskNetwork.state_dict`."""
        hidden = self.hidden
        embeddings = {
            "word_embeddings.weight": (self.vocabulary, hidden),
            "position_embeddings.weight": (self.positions, hidden),
            "token_type_embeddings.weight": (self.token_types, hidden),
            "LayerNorm.weight": (hidden,),
            "LayerNorm.bias": (hidden,),
        }
        return {
            **{f"embeddings.{name}": shape for name, shape in embeddings.items()},
            **self._layers("trunk", self.frozen_layers),
        }

    def trained(self) -> dict[str, Shape]:
        """Give name and shape of each tensor that a bundle stores, see `MultiTaskNetwork.trained_state`."""
        tensors = {
            **self._layers("shared", self.shared_layers),
            **self._linear("classifier", self.hidden, 2),
            **self._linear("extractor", self.hidden, 2),
            **self._linear("normalizer", self.hidden, self.ptids),
            **self._layers("retriever.layers", self.retriever_layers),
        }
        for member in range(self.classifiers - 1):
            tensors |= self._layers(f"members.{member}.shared", self.shared_layers)
            tensors |= self._linear(f"members.{member}.classifier", self.hidden, 2)
        return tensors

    def _layers(self, prefix: str, count: int) -> dict[str, Shape]:
        hidden, wide = self.hidden, self.intermediate
        layer = {
            **self._linear("attention.self.query", hidden, hidden),
            **self._linear("attention.self.key", hidden, hidden),
            **self._linear("attention.self.value", hidden, hidden),
            **self._linear("attention.output.dense", hidden, hidden),
            **_norm("attention.output.LayerNorm", hidden),
            **self._linear("intermediate.dense", hidden, wide),
            **self._linear("output.dense", wide, hidden),
            **_norm("output.LayerNorm", hidden),
        }
        return {f"{prefix}.{n}.{name}": shape for n in range(count) for name, shape in layer.items()}

    @staticmethod
    def _linear(name: str, inputs: int, outputs: int) -> dict[str, Shape]:
        return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _norm(name: str, width: int) -> dict[str, Shape]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}
