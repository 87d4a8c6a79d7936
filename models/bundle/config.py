"""The files of a bundle, by name.

`config.json` of a bundle: what was trained, on which trunk, and how it is to be used.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from models.bundle.parts import (
    Calibration,
    Ensemble,
    Options,
    Part,
    Quantization,
    Retrieval,
    Thresholds,
)
from models.network.shape import Architecture, Pooling
from models.network.vote import Decision
from models.options import Choice

CONFIG_FILE: Final = "config.json"
LABELS_FILE: Final = "labels.json"
WEIGHTS_FILE: Final = "model.safetensors"
TRUNK_FILE: Final = "trunk.safetensors"
TOKENIZER_FILE: Final = "tokenizer.json"
NAMES_FILE: Final = "names.safetensors"
TERMINOLOGY_FILE: Final = "terminology.json.gz"
BODY_GRAPH_FILE: Final = "body.xml"
BODY_WEIGHTS_FILE: Final = "body.bin"
METRICS_FILE: Final = "metrics.json"
CARD_FILE: Final = "README.md"

FileName = Literal[
    "labels.json",
    "model.safetensors",
    "trunk.safetensors",
    "tokenizer.json",
    "names.safetensors",
    "terminology.json.gz",
    "body.xml",
    "body.bin",
]


FORMAT_VERSION: Final = 4
FormatVersion = Literal[1, 2, 3, 4]

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class BundleConfig(Part):
    """All of `config.json`.

    Attributes:
        format_version: of this layout; a newer one is refused. It is the oldest whose readers know all parts:
            4 with a quantization, else 3 with a retrieval, else 2 with an ensemble or a calibration.
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
        retrieval: None where the classifier alone codes the spans.
        quantization: None where all products are of the trained weights.
        files: SHA-256 of each file that predictions depend on; the card and the metrics are not among them.
    """

    format_version: FormatVersion = 1
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
    retrieval: Retrieval | None = None
    quantization: Quantization | None = None
    files: dict[FileName, Digest]

    @model_validator(mode="after")
    def _parts_fit(self) -> BundleConfig:
        if self.frozen_layers > self.architecture.num_hidden_layers:
            raise ValueError(
                f"frozen_layers is {self.frozen_layers}, but the encoder has "
                f"{self.architecture.num_hidden_layers} layers"
            )
        trained = self.architecture.num_hidden_layers - self.frozen_layers
        if self.retrieval is not None and self.retrieval.layers > trained:
            raise ValueError(
                f"the retriever has {self.retrieval.layers} layers, but only {trained} are not frozen"
            )
        if self.max_tokens > self.architecture.max_position_embeddings:
            raise ValueError(
                f"max_tokens is {self.max_tokens}, but the encoder has "
                f"{self.architecture.max_position_embeddings} positions"
            )
        if self.architecture.hidden_size % self.architecture.num_attention_heads:
            raise ValueError("hidden_size is no multiple of num_attention_heads")
        if self.format_version != format_version(
            self.ensemble, self.calibration, self.retrieval, self.quantization
        ):
            raise ValueError(
                "format_version must be 4 with a quantization, else 3 with a retrieval, else 2 with an "
                "ensemble or a calibration, else 1"
            )
        self._files_fit()
        return self

    def _files_fit(self) -> None:
        for required in (LABELS_FILE, WEIGHTS_FILE):
            if required not in self.files:
                raise ValueError(f"files lacks {required}")
        if (TRUNK_FILE in self.files) != (TOKENIZER_FILE in self.files):
            raise ValueError(f"files must have both {TRUNK_FILE} and {TOKENIZER_FILE}, or neither")
        if (NAMES_FILE in self.files) != (self.retrieval is not None):
            raise ValueError(f"files must have {NAMES_FILE} with a retrieval, and not without")
        has_release = self.retrieval is not None and self.retrieval.release is not None
        if (TERMINOLOGY_FILE in self.files) != has_release:
            raise ValueError(f"files must have {TERMINOLOGY_FILE} with a release, and not without")
        for name in (BODY_GRAPH_FILE, BODY_WEIGHTS_FILE):
            if (name in self.files) != (self.quantization is not None):
                raise ValueError(f"files must have {name} with a quantization, and not without")

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

    @property
    def choice(self) -> Choice:
        """Which Normalizer codes the spans."""
        return self.retrieval.choice if self.retrieval else "classifier"

    @property
    def believed_from(self) -> Thresholds:
        """The thresholds with that of the chosen Normalizer: each fusion has one of its own."""
        if self.retrieval is None or self.retrieval.choice == "classifier":
            return self.thresholds
        own = self.retrieval.fusions[self.retrieval.choice].threshold
        return self.thresholds.model_copy(update={"normalizer": own})

    def choosing(self, choice: Choice | None) -> BundleConfig:
        """Give the same with another Normalizer; None leaves the choice.

        Raises:
            ValueError: there is no retrieval to choose.
        """
        if choice is None or choice == self.choice:
            return self
        if self.retrieval is None:
            raise ValueError(f"there is no retriever, which the normalizer {choice!r} needs")
        return self.model_copy(update={"retrieval": self.retrieval.model_copy(update={"choice": choice})})

    def to_json(self) -> bytes:
        """Write `config.json`; what is not there is left out, as readers of format 1 want it."""
        return f"{json.dumps(self._document(), indent=2)}\n".encode()

    def _document(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_none=True)


def format_version(
    ensemble: Ensemble | None,
    calibration: Calibration | None,
    retrieval: Retrieval | None,
    quantization: Quantization | None = None,
) -> FormatVersion:
    """Give the layout's version that a config with these parts has."""
    if quantization is not None:
        return 4
    if retrieval is not None:
        return 3
    return 1 if ensemble is None and calibration is None else 2


def _canonical(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
