"""The size of a multi-task network, and the names and shapes of its tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from models.network.heads import CLASSIFIER, HEADS

Pooling = Literal["cls", "mean"]
Activation = Literal["gelu", "gelu_new", "relu"]  # as named by `hidden_act` of BERT
ModelType = Literal["bert", "roberta", "xlm-roberta", "mpnet"]
Shape = tuple[int, ...]


def _is_bert(value: object) -> bool:
    """Return True for the default, which older bundles lack, so that their version stays."""
    return value == "bert"


def _is_zero(value: object) -> bool:
    """Return True for the default, which older bundles lack, so that their version stays."""
    return value == 0


class Architecture(BaseModel):
    """The shape of the encoder, named as in the encoder's own `config.json`.

    Attributes:
        model_type: the family, see `models.encoder.architectures`.
        type_vocab_size: token types: 2 in BERT, 1 in RoBERTa, and 0 in MPNet, which has none.
        first_position: number of the first token's position; RoBERTa and MPNet do not begin with 0.
        relative_attention_num_buckets: of MPNet's position bias; 0 for an encoder without one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_type: ModelType = Field(default="bert", exclude_if=_is_bert)
    vocab_size: int = Field(ge=5, le=1_000_000)
    hidden_size: int = Field(ge=1, le=8_192)
    num_hidden_layers: int = Field(ge=1, le=100)
    num_attention_heads: int = Field(ge=1, le=256)
    intermediate_size: int = Field(ge=1, le=65_536)
    hidden_act: Activation = "gelu"
    max_position_embeddings: int = Field(ge=8, le=100_000)
    type_vocab_size: int = Field(ge=0, le=16)
    layer_norm_eps: float = Field(gt=0, le=1)
    pad_token_id: int = Field(ge=0)
    hidden_dropout_prob: float = Field(default=0.1, ge=0, le=1)
    attention_probs_dropout_prob: float = Field(default=0.1, ge=0, le=1)
    first_position: int = Field(default=0, ge=0, le=1_000, exclude_if=_is_zero)
    relative_attention_num_buckets: int = Field(default=0, ge=0, le=1_024, multiple_of=4, exclude_if=_is_zero)

    @property
    def longest_input(self) -> int:
        """Tokens of the longest input."""
        return self.max_position_embeddings - self.first_position


@dataclass(frozen=True)
class NetworkShape:
    """All that defines a `MultiTaskNetwork`, except for dropout.

    Attributes:
        vocabulary: entries of the tokenizer's vocabulary.
        positions: rows of the position embeddings.
        token_types: 2 in BERT, one for each text of a pair.
        hidden: width of the states.
        intermediate: width of the feed-forward part, four times `hidden` in BERT.
        attention_heads: of each layer.
        activation: `hidden_act` of BERT.
        epsilon: of LayerNorm.
        frozen_layers: layers of the trunk.
        shared_layers: layers after the trunk, trained on all tasks.
        ptids: classes of the Normalizer.
        pooling: what the Normalizer reads, see `MultiTaskNetwork`.
        classifiers: of the ensemble; 1 without one.
        retriever_layers: 0 without a retriever.
        first_position: row of the position embeddings for the first token.
        position_buckets: of MPNet's position bias; 0 without one.
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
    first_position: int = 0
    position_buckets: int = 0

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
        """Return the shape of a network on an encoder.

        Args:
            architecture: of the encoder.
            frozen_layers: this and all that follow are arguments of `MultiTaskNetwork`.
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
            first_position=architecture.first_position,
            position_buckets=architecture.relative_attention_num_buckets,
        )

    @property
    def head_size(self) -> int:
        """Width of the queries, keys and values of one attention head."""
        return self.hidden // self.attention_heads

    def trunk(self) -> dict[str, Shape]:
        """Return name and shape of each frozen tensor, as in `MultiTaskNetwork.state_dict`."""
        hidden = self.hidden
        embeddings = {
            "word_embeddings.weight": (self.vocabulary, hidden),
            "position_embeddings.weight": (self.positions, hidden),
            "token_type_embeddings.weight": (self.token_types, hidden),
            "LayerNorm.weight": (hidden,),
            "LayerNorm.bias": (hidden,),
            "relative_attention_bias.weight": (self.position_buckets, self.attention_heads),
        }
        if not self.token_types:
            del embeddings["token_type_embeddings.weight"]
        if not self.position_buckets:
            del embeddings["relative_attention_bias.weight"]
        return {
            **{f"embeddings.{name}": shape for name, shape in embeddings.items()},
            **self._layers("trunk", self.frozen_layers),
        }

    def trained(self) -> dict[str, Shape]:
        """Return name and shape of each tensor that a bundle stores, see `MultiTaskNetwork.trained_state`."""
        tensors = self._layers("shared", self.shared_layers)
        for head in HEADS:
            tensors |= _linear(head.name, self.hidden, head.outputs(self.ptids))
        tensors |= self._layers("retriever.layers", self.retriever_layers)
        classes = CLASSIFIER.outputs(self.ptids)
        for member in range(self.classifiers - 1):
            tensors |= self._layers(f"members.{member}.shared", self.shared_layers)
            tensors |= _linear(f"members.{member}.{CLASSIFIER.name}", self.hidden, classes)
        return tensors

    def layer(self) -> dict[str, Shape]:
        """Return name and shape of each tensor of a layer, by their names in BERT."""
        hidden, intermediate = self.hidden, self.intermediate
        return {
            **_linear("attention.self.query", hidden, hidden),
            **_linear("attention.self.key", hidden, hidden),
            **_linear("attention.self.value", hidden, hidden),
            **_linear("attention.output.dense", hidden, hidden),
            **_norm("attention.output.LayerNorm", hidden),
            **_linear("intermediate.dense", hidden, intermediate),
            **_linear("output.dense", intermediate, hidden),
            **_norm("output.LayerNorm", hidden),
        }

    def _layers(self, prefix: str, count: int) -> dict[str, Shape]:
        return {f"{prefix}.{n}.{name}": shape for n in range(count) for name, shape in self.layer().items()}


def _linear(name: str, inputs: int, outputs: int) -> dict[str, Shape]:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _norm(name: str, width: int) -> dict[str, Shape]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}
