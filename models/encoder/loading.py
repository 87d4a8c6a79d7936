"""The pretrained encoder as a model of transformers, which training starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tokenizers import Tokenizer
from torch import Tensor
from transformers import BertConfig, BertModel

from models.encoder.pretrained import read_pretrained, trunk_digest, trunk_tensors
from models.errors import TrunkError


@dataclass(frozen=True)
class Encoder:
    """A pretrained BERT, ready for `MultiTaskNetwork`.

    Attributes:
        model: fp32, on the CPU, in eval mode, without pooler, with sdpa attention.
        tokenizer: WordPiece with character offsets (code points of the text); neither pads nor truncates.
        source: as given to `load_encoder`.
        has_safetensors: True if the source can be read without unpickling.
    """

    model: BertModel
    tokenizer: Tokenizer
    source: str
    has_safetensors: bool

    def trunk(self, frozen_layers: int) -> dict[str, Tensor]:
        """Return the tensors of the embeddings and the first layers, by their names in BERT."""
        return trunk_tensors(self.model.state_dict(), frozen_layers)

    def digest(self, frozen_layers: int) -> str:
        """Compute the digest of the embeddings and the first `frozen_layers` layers; see `trunk_digest`."""
        return trunk_digest(self.trunk(frozen_layers), self.tokenizer)


def load_encoder(source: str, *, folder: Path | None = None, allow_pickle: bool = True) -> Encoder:
    """Load a pretrained BERT; arguments as in `read_pretrained`.

    Raises:
        TrunkError: a file is missing, damaged, or of another architecture; the message says which.
    """
    pretrained = read_pretrained(source, folder=folder, allow_pickle=allow_pickle)
    checkpoint, tokenizer = pretrained.checkpoint, pretrained.tokenizer
    model = build_bert(pretrained.config)
    _load_weights(model, pretrained.tensors, checkpoint.weights)
    entries = tokenizer.get_vocab_size()
    if entries > model.config.vocab_size:
        raise TrunkError(
            f"the vocabulary next to {checkpoint.weights} has {entries} entries, but the encoder only "
            f"{model.config.vocab_size}: these files are not from the same checkpoint"
        )
    return Encoder(model, tokenizer, source, checkpoint.has_safetensors)


def build_bert(config: Mapping[str, Any]) -> BertModel:
    """Build an untrained BERT in eval mode from the keys of its `config.json`."""
    shape = BertConfig(**{**config, "is_decoder": False, "add_cross_attention": False})
    shape._attn_implementation = "sdpa"
    return cast(BertModel, BertModel(shape, add_pooling_layer=False).eval())


def _load_weights(model: BertModel, weights: Mapping[str, Tensor], path: Path) -> None:
    expected = model.state_dict()
    missing = sorted(expected.keys() - weights.keys())
    if missing:
        raise TrunkError(f"{path} lacks {len(missing)} tensors, such as {missing[0]}: it is not a whole BERT")
    for name, tensor in expected.items():
        if tensor.shape != weights[name].shape:
            raise TrunkError(
                f"{path}: {name} has the shape {list(weights[name].shape)}, but config.json says "
                f"{list(tensor.shape)}: these files are not from the same checkpoint"
            )
    model.load_state_dict({name: weights[name].float() for name in expected})
