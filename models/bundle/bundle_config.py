"""`config.json` of a bundle: what was trained, on which trunk, how to use it, and hashes of other files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from models.bundle.config_sections import (
    Adapters,
    Calibration,
    ConfigSection,
    EarlyExit,
    Ensemble,
    Options,
    Quantization,
    Retrieval,
    SecondReader,
    Thresholds,
)
from models.languages import parse_languages
from models.network import Architecture, Decision, Pooling
from models.options import NormalizerChoice, retriever_missing

CONFIG_FILE: Final = "config.json"
LABELS_FILE: Final = "labels.json"
WEIGHTS_FILE: Final = "model.safetensors"
TRUNK_FILE: Final = "trunk.safetensors"
TOKENIZER_FILE: Final = "tokenizer.json"
NAMES_FILE: Final = "names.safetensors"
TERMINOLOGY_FILE: Final = "terminology.json.gz"
BODY_GRAPH_FILE: Final = "body.xml"
BODY_WEIGHTS_FILE: Final = "body.bin"
EXIT_FILE: Final = "exit.safetensors"
SECOND_READER_FOLDER: Final = "second"
METRICS_FILE: Final = "metrics.json"
CARD_FILE: Final = "README.md"

HashedFile = Literal[
    "labels.json",
    "model.safetensors",
    "trunk.safetensors",
    "tokenizer.json",
    "names.safetensors",
    "terminology.json.gz",
    "body.xml",
    "body.bin",
    "exit.safetensors",
]
"""The files that predictions depend on; the card and the metrics are not among them."""

FORMAT_VERSION: Final = 6
FormatVersion = Literal[1, 2, 3, 4, 5, 6]
# The sections that each format added; a bundle has the newest format of its sections.
_FORMAT_OF_SECTION: Final[Mapping[str, FormatVersion]] = {
    "ensemble": 2,
    "calibration": 2,
    "retrieval": 3,
    "quantization": 4,
    "languages": 5,
    "encoder_layers": 6,
    "adapters": 6,
    "second_reader": 6,
    "early_exit": 6,
}


def _languages(value: object) -> object:
    """Check that `value` lists languages, at least one, by the codes that `parse_languages` returns."""
    if not isinstance(value, list | tuple) or not value or not all(isinstance(tag, str) for tag in value):
        raise ValueError("must be a list of languages, or be left out")
    if tuple(value) != parse_languages(value):
        raise ValueError("must be codes of ISO 639, each once, in alphabetical order")
    return tuple(value)


Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
TrainedLanguages = Annotated[tuple[str, ...], BeforeValidator(_languages)]


class BundleConfig(ConfigSection):
    """All of `config.json`.

    Attributes:
        format_version: of this layout. It is the oldest whose readers know all sections and options, see
            `format_version`.
        name: readable part of the bundle's version.
        encoder: source of the trunk, as for `load_encoder`.
        trunk_digest: `models.encoder.pretrained.trunk_digest` of what comes from the encoder, see
            `base_layers`.
        architecture: shape of the encoder.
        frozen_layers: layers of the trunk, after the embeddings.
        encoder_layers: the lowest layers of the trunk that are the encoder's own, if those above them are
            in `model.safetensors`: the training started from a bundle that had trained them. None if the
            whole trunk is the encoder's.
        max_tokens: the longest input, including special tokens; longer texts are read in several windows.
        normalizer_pooling: what the Normalizer reads, see `MultiTaskNetwork`.
        dropout: before the heads, in training.
        ensemble: None if there is one classifier.
        calibration: None if the classifiers' probabilities are used as they are.
        retrieval: None if the classifier alone codes the spans.
        quantization: None if all products use the trained weights.
        adapters: None if the trained layers are stored whole.
        second_reader: None if there is one reader.
        early_exit: None if every post goes through all layers.
        languages: of the texts that it was trained on, as `parse_languages` returns them; None if not
            stated. They are not part of the version, because predictions do not depend on them.
        files: SHA-256 of each file that predictions depend on.
    """

    format_version: FormatVersion = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")
    encoder: str = Field(min_length=1)
    trunk_digest: Digest
    architecture: Architecture
    frozen_layers: int = Field(ge=0)
    encoder_layers: int | None = Field(default=None, ge=0)
    max_tokens: int = Field(ge=8)
    thresholds: Thresholds
    options: Options
    normalizer_pooling: Pooling
    dropout: float = Field(ge=0, lt=1)
    ensemble: Ensemble | None = None
    calibration: Calibration | None = None
    retrieval: Retrieval | None = None
    quantization: Quantization | None = None
    adapters: Adapters | None = None
    second_reader: SecondReader | None = None
    early_exit: EarlyExit | None = None
    languages: TrainedLanguages | None = None
    files: dict[HashedFile, Digest]

    @model_validator(mode="after")
    def _sections_agree(self) -> BundleConfig:
        layers = self.architecture.num_hidden_layers
        if self.frozen_layers > layers:
            raise ValueError(f"frozen_layers is {self.frozen_layers}, but the encoder has {layers} layers")
        if self.encoder_layers is not None and self.encoder_layers >= self.frozen_layers:
            raise ValueError(
                f"encoder_layers is {self.encoder_layers}: it must be less than frozen_layers, or be left out"
            )
        trained_layers = layers - self.frozen_layers
        if self.retrieval is not None and self.retrieval.layers > trained_layers:
            raise ValueError(
                f"the retriever has {self.retrieval.layers} layers, but only {trained_layers} are not frozen"
            )
        positions = self.architecture.longest_input
        if self.max_tokens > positions:
            raise ValueError(f"max_tokens is {self.max_tokens}, but the encoder has {positions} positions")
        if self.architecture.hidden_size % self.architecture.num_attention_heads:
            raise ValueError("hidden_size is not a multiple of num_attention_heads")
        expected = format_version(self.model_dump())
        if self.format_version != expected:
            raise ValueError(f"format_version must be {expected} with these sections and options")
        self._require_fitting_files()
        return self

    def _require_fitting_files(self) -> None:
        for required in (LABELS_FILE, WEIGHTS_FILE):
            if required not in self.files:
                raise ValueError(f"files lacks {required}")
        if (TRUNK_FILE in self.files) != (TOKENIZER_FILE in self.files):
            raise ValueError(f"files must have both {TRUNK_FILE} and {TOKENIZER_FILE}, or neither")
        if (NAMES_FILE in self.files) != (self.retrieval is not None):
            raise ValueError(f"files must have {NAMES_FILE} if and only if there is a retrieval")
        has_release = self.retrieval is not None and self.retrieval.release is not None
        if (TERMINOLOGY_FILE in self.files) != has_release:
            raise ValueError(f"files must have {TERMINOLOGY_FILE} if and only if there is a release")
        for name in (BODY_GRAPH_FILE, BODY_WEIGHTS_FILE):
            if (name in self.files) != (self.quantization is not None):
                raise ValueError(f"files must have {name} if and only if there is a quantization")
        if (EXIT_FILE in self.files) != (self.early_exit is not None):
            raise ValueError(f"files must have {EXIT_FILE} if and only if there is an early exit")

    @property
    def untouched_layers(self) -> int:
        """The lowest layers of the network that are the encoder's own."""
        return self.frozen_layers if self.encoder_layers is None else self.encoder_layers

    @property
    def base_layers(self) -> int:
        """The layers of the encoder that the bundle needs; `trunk_digest` covers the embeddings and these.

        With adapters these are all layers, since each adapter changes one.
        """
        return self.architecture.num_hidden_layers if self.adapters else self.untouched_layers

    @property
    def carries_trunk(self) -> bool:
        """True if what the bundle needs of the encoder is in it: `base_layers` layers, and the tokenizer."""
        return TRUNK_FILE in self.files

    @property
    def version(self) -> str:
        """The bundle's identity: its name and a hash of this config, which holds the hashes of the files.

        The languages are left out. To state them for an existing bundle must not make it another one, whose
        predictions are stored next to those of the same weights.
        """
        if self.languages is not None:
            return self.changed({}, languages=None).version
        canonical = json.dumps(self._document(), sort_keys=True, separators=(",", ":"))
        return f"{self.name}-{hashlib.sha256(canonical.encode()).hexdigest()[:16]}"

    @property
    def decision(self) -> Decision:
        """How the Classifier's probability is computed."""
        calibration = self.calibration or Calibration(temperature=1.0)
        return Decision(
            vote=self.ensemble.vote if self.ensemble else "majority",
            temperature=calibration.temperature,
            bias=calibration.bias,
        )

    @property
    def choice(self) -> NormalizerChoice:
        """Which Normalizer codes the spans."""
        return self.retrieval.choice if self.retrieval else "classifier"

    @property
    def effective_thresholds(self) -> Thresholds:
        """The thresholds, with the chosen Normalizer's: each fusion has one of its own."""
        if self.retrieval is None or self.retrieval.choice == "classifier":
            return self.thresholds
        threshold = self.retrieval.fusions[self.retrieval.choice].threshold
        return self.thresholds.model_copy(update={"normalizer": threshold})

    @property
    def settling_threshold(self) -> float:
        """The first reader's probability below which a post is settled as NoADE.

        With a second reader it is the one from which that reads, else the Classifier's threshold.
        """
        section = self.second_reader
        return self.thresholds.classifier if section is None else section.reads_from

    def with_normalizer(self, choice: NormalizerChoice | None, folder: Path) -> BundleConfig:
        """Return this config with another Normalizer.

        Args:
            choice: None keeps the Normalizer.
            folder: of the bundle, for the error.

        Raises:
            BundleError: the bundle has no retriever, which the choice needs.
        """
        if choice is None or choice == self.choice:
            return self
        if self.retrieval is None:
            raise retriever_missing(choice, folder)
        return self.model_copy(update={"retrieval": self.retrieval.model_copy(update={"choice": choice})})

    def changed(self, files: Mapping[str, bytes], **sections: object) -> BundleConfig:
        """Return this config with the hashes of new files and with new sections, validated again.

        Args:
            files: contents of the new files.
            sections: fields of this class; `format_version` follows from them.
        """
        changes: dict[str, Any] = {**self.model_dump(), **sections}
        changes["files"] = {**self.files, **hashes_of(files)}
        return BundleConfig.model_validate({**changes, "format_version": format_version(changes)})

    def to_json(self) -> bytes:
        """Return the content of `config.json`; sections that are None are left out, as in format 1."""
        return f"{json.dumps(self._document(), indent=2)}\n".encode()

    def _document(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_none=True)


def format_version(document: Mapping[str, Any]) -> FormatVersion:
    """Return the version of the layout for a config with these fields; None is an absent section.

    It is 6 with adapters, layers of another bundle in the trunk, a second reader, an early exit, one of the
    options `drop_uncoded` and `reads_context`, or an encoder other than BERT; else 5 with languages, else 4
    with a quantization, else 3 with a retrieval, else 2 with an ensemble or a calibration, else 1.
    """
    formats: list[FormatVersion] = [
        version for name, version in _FORMAT_OF_SECTION.items() if document.get(name) is not None
    ]
    options = document["options"]
    options = options.model_dump() if isinstance(options, ConfigSection) else options
    architecture = document["architecture"]
    if isinstance(architecture, Mapping):
        model_type = architecture.get("model_type", "bert")
    else:
        model_type = architecture.model_type
    if model_type != "bert":
        formats.append(6)
    if options.get("drop_uncoded") or options.get("reads_context"):
        formats.append(6)
    return max(formats, default=1)


def hashes_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of each file, as `BundleConfig.files` has it."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
