"""The pretrained encoder as a model of transformers: what training starts from."""

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
        source: what `load_encoder` was asked for.
        has_safetensors: whether the source can be read again without unpickling.
    """

    model: BertModel
    tokenizer: Tokenizer
    source: str
    has_safetensors: bool

    def trunk(self, frozen_layers: int) -> dict[str, Tensor]:
        """Give the tensors of the embeddings and the first layers, by their names in BERT."""
        return trunk_tensors(self.model.state_dict(), frozen_layers)

    def digest(self, frozen_layers: int) -> str:
        """Identify the trunk of embeddings and the first `frozen_layers` layers: see `trunk_digest`."""
        return trunk_digest(self.trunk(frozen_layers), self.tokenizer)


def load_encoder(source: str, *, folder: Path | None = None, allow_pickle: bool = True) -> Encoder:
    """Load a pretrained BERT; arguments as in `read_pretrained`.

    Raises:
        TrunkError: a file is missing, damaged, or of another architecture; the message says which.
    """
    found = read_pretrained(source, folder=folder, allow_pickle=allow_pickle)
    weights = found.checkpoint.weights
    model = build_model(found.config)
    _fill(model, found.tensors, weights)
    if found.tokenizer.get_vocab_size() > model.config.vocab_size:
        raise TrunkError(
            f"the vocabulary beside {weights} has {found.tokenizer.get_vocab_size()} entries, "
            f"but the encoder only {model.config.vocab_size}: these files are not of one checkpoint"
        )
    return Encoder(model, found.tokenizer, source, found.checkpoint.has_safetensors)


def build_model(config: Mapping[str, Any]) -> BertModel:
    """Make an untrained BERT in eval mode from the keys of its `config.json`."""
    shape = BertConfig(**{**config, "is_decoder": False, "add_cross_attention": False})
    shape._attn_implementation = "sdpa"
    return cast(BertModel, BertModel(shape, add_pooling_layer=False).eval())


def _fill(model: BertModel, weights: Mapping[str, Tensor], path: Path) -> None:
    wanted = model.state_dict()
    missing = sorted(wanted.keys() - weights.keys())
    if missing:
        raise TrunkError(f"{path} lacks {len(missing)} tensors, such as {missing[0]}: it is not a whole BERT")
    for name, tensor in wanted.items():
        if tensor.shape != weights[name].shape:
            raise TrunkError(
                f"{path}: {name} has the shape {list(weights[name].shape)}, "
                f"but config.json asks for {list(tensor.shape)}: these files are not of one checkpoint"
            )
    model.load_state_dict({name: weights[name].float() for name in wanted})
