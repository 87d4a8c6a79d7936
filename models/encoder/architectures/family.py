"""What there is to know about a family of encoders to read its checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import ValidationError
from tokenizers import Tokenizer
from torch import Tensor

from models.errors import TrunkError
from models.network import Activation, Architecture, ModelType

TokenizerFiles = Mapping[str, Path]
"""The files of a tokenizer that exist, by name, such as `vocab.txt`."""

# Old checkpoints name the parameters of LayerNorm as TensorFlow did.
_LEGACY_NAMES: Final = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}


@dataclass(frozen=True)
class SpecialTokens:
    """The tokens around a text, and those of what is not one.

    Attributes:
        start: before the first text; the heads read its state. It is [CLS] in BERT.
        end: after each text; [SEP] in BERT.
        between: how many `end` are between the two texts of a pair.
        padding: fills up shorter texts.
        unknown: stands for what the vocabulary lacks.
        mask: stands for a token that is to be guessed, in pretraining.
    """

    start: str = "<s>"
    end: str = "</s>"
    between: int = 2
    padding: str = "<pad>"
    unknown: str = "<unk>"
    mask: str = "<mask>"


@dataclass(frozen=True)
class EncoderFamily:
    """A family of encoders.

    Attributes:
        model_type: as in `config.json`.
        title: its name, for people.
        examples: published encoders of the family, for messages.
        defaults: what `config.json` may leave out, with the values that transformers then takes.
        prefix: of the tensors' names in checkpoints with a pretraining head.
        renamed: parts of the tensors' names, and what BERT has instead.
        special: its special tokens.
        vocabulary_files: names of the files that `build_tokenizer` reads.
        build_tokenizer: makes the tokenizer where there is no `tokenizer.json`; None if it cannot be made.
        first_position: returns the number of the first token's position, given the id of the padding token.
    """

    model_type: ModelType
    title: str
    examples: tuple[str, ...]
    defaults: Mapping[str, Any]
    prefix: str
    special: SpecialTokens
    vocabulary_files: tuple[str, ...]
    build_tokenizer: Callable[[TokenizerFiles], Tokenizer] | None
    renamed: Mapping[str, str]
    first_position: Callable[[int], int]

    def architecture(self, config: Mapping[str, Any], path: Path) -> Architecture:
        """Return the architecture that a `config.json` describes.

        Args:
            config: its content.
            path: of the file, for messages.

        Raises:
            TrunkError: a value is impossible, or stands for something that this package does not compute.
        """
        activation, known = config.get("hidden_act", "gelu"), get_args(Activation)
        if activation not in known:
            raise TrunkError(
                f"{path} has the hidden_act {activation!r}, but only {', '.join(known)} are known: write the "
                "one of these that computes the same, or choose another encoder"
            )
        positions = config.get("position_embedding_type", "absolute")
        if positions != "absolute":
            raise TrunkError(
                f"{path} has the position_embedding_type {positions!r}, which is not supported: choose an "
                "encoder with absolute positions"
            )
        values = {key: config.get(key, default) for key, default in self.defaults.items()}
        values["model_type"] = self.model_type
        try:
            values["first_position"] = self.first_position(values["pad_token_id"])
            architecture = Architecture.model_validate(values)
        except (ValidationError, TypeError) as error:
            problem = error.errors()[0] if isinstance(error, ValidationError) else None
            place = ".".join(map(str, problem["loc"])) if problem else "pad_token_id"
            message = problem["msg"] if problem else "must be a number"
            raise TrunkError(f"{path}: {place}: {message}; download the encoder again") from None
        if architecture.hidden_size % architecture.num_attention_heads:
            raise TrunkError(
                f"{path}: hidden_size is not a multiple of num_attention_heads; download the encoder again"
            )
        return architecture

    def canonical_tensors(self, raw: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
        """Yield the tensors of a checkpoint by their names in BERT, without the prefix of a pretraining head.

        Tensors that do not belong to the encoder keep their names; nothing reads them.
        """
        for name, tensor in raw.items():
            name = name.removeprefix(self.prefix)
            for old, new in (*_LEGACY_NAMES.items(), *self.renamed.items()):
                name = name.replace(old, new)
            yield name, tensor


def common_defaults(**changes: Any) -> dict[str, Any]:
    """Return the values that transformers takes for BERT where `config.json` has none, with some changed."""
    return {
        "vocab_size": 30_522,
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 3_072,
        "hidden_act": "gelu",
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        **changes,
    }
