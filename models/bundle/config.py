"""`config.json` of a bundle: what was trained, on which trunk, and how it is to be used."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.network import Pooling
from models.vote import Decision, Vote

FORMAT_VERSION: Final = 2

CONFIG_FILE: Final = "config.json"
LABELS_FILE: Final = "labels.json"
WEIGHTS_FILE: Final = "model.safetensors"
TRUNK_FILE: Final = "trunk.safetensors"
TOKENIZER_FILE: Final = "tokenizer.json"
METRICS_FILE: Final = "metrics.json"
CARD_FILE: Final = "README.md"

FileName = Literal["labels.json", "model.safetensors", "trunk.safetensors", "tokenizer.json"]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Probability = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Thresholds(_Part):
    """Probabilities from which a head is believed, found on validation data."""

    classifier: Probability = 0.5
    normalizer: Probability = 0.0


class Options(_Part):
    """The two options of Algorithm 2.

    Attributes:
        feedback: line 12: a tweet without a span becomes NoADE.
        context: line 10: the Normalizer reads the tweet beside the span.
    """

    feedback: bool = True
    context: bool = False


class Ensemble(_Part):
    """Several classifiers on one trunk (paper, section 4).

    Attributes:
        classifiers: how many there are, the first one included.
        vote: how they decide, see `models.vote.Decision`.
    """

    classifiers: int = Field(ge=2, le=99)
    vote: Vote = "majority"


class Calibration(_Part):
    """Calibrated log-odds of the Classifier = log-odds / temperature + bias; found on validation data."""

    temperature: float = Field(gt=0, allow_inf_nan=False)
    bias: float = Field(default=0.0, allow_inf_nan=False)


class Architecture(_Part):
    """The shape of the encoder, named as in BERT's own `config.json`."""

    vocab_size: int = Field(ge=5, le=1_000_000)
    hidden_size: int = Field(ge=1, le=8_192)
    num_hidden_layers: int = Field(ge=1, le=100)
    num_attention_heads: int = Field(ge=1, le=256)
    intermediate_size: int = Field(ge=1, le=65_536)
    hidden_act: Literal["gelu", "gelu_new", "relu"] = "gelu"
    max_position_embeddings: int = Field(ge=8, le=100_000)
    type_vocab_size: int = Field(ge=1, le=16)
    layer_norm_eps: float = Field(gt=0, le=1)
    pad_token_id: int = Field(ge=0)
    hidden_dropout_prob: Probability = 0.1
    attention_probs_dropout_prob: Probability = 0.1


class BundleConfig(_Part):
    """All of `config.json`.

    Attributes:
        format_version: of this layout; a newer one is refused. It is 2 where there is an ensemble or a
            calibration, which readers of 1 do not know.
        name: readable part of the bundle's version.
        encoder: source of the trunk, as for `load_encoder`.
        trunk_digest: what `trunk_digest` gives for the trunk that was trained on.
        architecture: shape of the encoder.
        frozen_layers: layers of the trunk, after the embeddings.
        max_tokens: where texts are cut, special tokens included.
        normalizer_pooling: what the Normalizer reads, see `MultiTaskNetwork`.
        dropout: before the heads, in training.
        ensemble: None where there is one classifier.
        calibration: None where the probabilities are as the classifiers give them.
        files: SHA-256 of each file that predictions depend on; the card and the metrics are not among them.
    """

    format_version: Literal[1, 2] = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")
    encoder: str = Field(min_length=1)
    trunk_digest: Digest
    architecture: Architecture
    frozen_layers: int = Field(ge=0)
    max_tokens: int = Field(ge=8)
    thresholds: Thresholds
    options: Options
    normalizer_pooling: Pooling
    dropout: float = Field(ge=0, lt=1)
    ensemble: Ensemble | None = None
    calibration: Calibration | None = None
    files: dict[FileName, Digest]

    @model_validator(mode="after")
    def _parts_fit(self) -> BundleConfig:
        if self.frozen_layers > self.architecture.num_hidden_layers:
            raise ValueError(
                f"frozen_layers is {self.frozen_layers}, but the encoder has "
                f"{self.architecture.num_hidden_layers} layers"
            )
        if self.max_tokens > self.architecture.max_position_embeddings:
            raise ValueError(
                f"max_tokens is {self.max_tokens}, but the encoder has "
                f"{self.architecture.max_position_embeddings} positions"
            )
        if self.architecture.hidden_size % self.architecture.num_attention_heads:
            raise ValueError("hidden_size is no multiple of num_attention_heads")
        if self.format_version != format_version(self.ensemble, self.calibration):
            raise ValueError("format_version must be 2 with an ensemble or a calibration, and 1 without")
        for required in (LABELS_FILE, WEIGHTS_FILE):
            if required not in self.files:
                raise ValueError(f"files lacks {required}")
        if (TRUNK_FILE in self.files) != (TOKENIZER_FILE in self.files):
            raise ValueError(f"files must have both {TRUNK_FILE} and {TOKENIZER_FILE}, or neither")
        return self

    @property
    def carries_trunk(self) -> bool:
        """Whether the frozen trunk and its tokenizer are in the bundle."""
        return TRUNK_FILE in self.files

    @property
    def version(self) -> str:
        """The bundle's identity: its name and a hash of this config, which holds the hashes of the files."""
        return f"{self.name}-{hashlib.sha256(_canonical(self._document())).hexdigest()[:16]}"

    @property
    def decision(self) -> Decision:
        """How the Classifier's probability is made."""
        calibration = self.calibration or Calibration(temperature=1.0)
        return Decision(
            vote=self.ensemble.vote if self.ensemble else "majority",
            temperature=calibration.temperature,
            bias=calibration.bias,
        )

    def to_json(self) -> bytes:
        """Write `config.json`; what is not there is left out, as readers of format 1 want it."""
        return f"{json.dumps(self._document(), indent=2)}\n".encode()

    def _document(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_none=True)


def format_version(ensemble: Ensemble | None, calibration: Calibration | None) -> Literal[1, 2]:
    """Give the layout's version that a config with these parts has."""
    return 1 if ensemble is None and calibration is None else 2


def _canonical(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
