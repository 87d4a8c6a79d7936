"""The pretrained encoder as modules, which training starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from models.encoder.pretrained import read_pretrained, trunk_digest, trunk_tensors
from models.errors import TrunkError
from models.network import Architecture, EncoderModel


@dataclass(frozen=True)
class Encoder:
    """A pretrained encoder, ready for `MultiTaskNetwork`.

    Attributes:
        model: fp32, on the CPU, in eval mode, without pooler.
        tokenizer: with offsets in code points of the text; see `models.encoder.tokenizer_files`.
        source: as given to `load_encoder`.
        has_safetensors: True if the source can be read without unpickling.
    """

    model: EncoderModel
    tokenizer: Tokenizer
    source: str
    has_safetensors: bool

    @property
    def architecture(self) -> Architecture:
        """Sizes, and what the families do differently."""
        return self.model.architecture

    def trunk(self, frozen_layers: int) -> dict[str, Tensor]:
        """Return the tensors of the embeddings and the first layers, by their names in BERT."""
        return trunk_tensors(self.model.state_dict(), frozen_layers)

    def digest(self, frozen_layers: int) -> str:
        """Compute the digest of the embeddings and the first `frozen_layers` layers; see `trunk_digest`."""
        return trunk_digest(self.trunk(frozen_layers), self.tokenizer)


def load_encoder(source: str, *, folder: Path | None = None, allow_pickle: bool = True) -> Encoder:
    """Load a pretrained encoder; arguments as in `read_pretrained`.

    Raises:
        TrunkError: a file is missing, damaged, or of another architecture; the message says which.
    """
    pretrained = read_pretrained(source, folder=folder, allow_pickle=allow_pickle)
    checkpoint, tokenizer = pretrained.checkpoint, pretrained.tokenizer
    architecture = pretrained.architecture
    _require_tensors(architecture, pretrained.tensors, checkpoint.weights)
    entries = tokenizer.get_vocab_size()
    if entries > architecture.vocab_size:
        raise TrunkError(
            f"the vocabulary next to {checkpoint.weights} has {entries} entries, but the encoder only "
            f"{architecture.vocab_size}: these files are not from the same checkpoint"
        )
    model = EncoderModel.with_tensors(architecture, pretrained.tensors)
    return Encoder(model, tokenizer, source, checkpoint.has_safetensors)


def _require_tensors(architecture: Architecture, tensors: Mapping[str, Tensor], path: Path) -> None:
    with torch.device("meta"):
        expected = EncoderModel(architecture).state_dict()
    missing = sorted(expected.keys() - tensors.keys())
    if missing:
        raise TrunkError(
            f"{path} lacks {len(missing)} tensors, such as {missing[0]}: it is not a whole encoder"
        )
    for name, tensor in expected.items():
        if tensor.shape != tensors[name].shape:
            raise TrunkError(
                f"{path}: {name} has the shape {list(tensors[name].shape)}, but config.json says "
                f"{list(tensor.shape)}: these files are not from the same checkpoint"
            )
