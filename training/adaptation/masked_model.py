"""An encoder with a head that guesses masked tokens, by transformers, and the checkpoint that it becomes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import cross_entropy

from models.device import prefers_bfloat16
from models.encoder import Encoder, load_encoder, read_pretrained
from models.encoder.architectures import FAMILIES, EncoderFamily
from models.encoder.checkpoint import Checkpoint
from models.errors import TrunkError
from training.adaptation.word_masking import MaskedBatch


@dataclass(frozen=True)
class MaskedModel:
    """A masked language model.

    Attributes:
        network: of transformers, fp32.
        tokenizer: of the encoder.
        checkpoint: the files that the encoder was read from.
        digest: of the whole encoder, see `Encoder.digest`.
        mask: id of the token that stands for a masked one.
        padding: id of the padding token.
        longest_input: in tokens.
        has_own_head: True if the checkpoint had the pretraining head; otherwise its output layer starts from
            the word embeddings, and the layer before it at random.
    """

    network: Any
    tokenizer: Tokenizer
    checkpoint: Checkpoint
    digest: str
    mask: int
    padding: int
    longest_input: int
    has_own_head: bool

    def loss(self, batch: MaskedBatch) -> Tensor:
        """Return the mean cross-entropy of the masked tokens, a scalar; also the log of the perplexity.

        The head reads the masked tokens only, since the logits of all tokens would need much memory.
        """
        with _autocast(batch.input_ids.device):
            states = self.network.base_model(
                input_ids=batch.input_ids, attention_mask=batch.attention_mask
            ).last_hidden_state
            head = self.network.cls if hasattr(self.network, "cls") else self.network.lm_head
            logits = head(states.flatten(0, 1)[batch.places])
        return cross_entropy(logits.float(), batch.targets)


def load_masked_model(source: str, *, seed: int) -> MaskedModel:
    """Load an encoder of any supported family, with its pretraining head if the checkpoint has one.

    Args:
        source: `package:NAME`, a folder, or a hub name.
        seed: of a head that the checkpoint lacks.

    Raises:
        TrunkError: a file is missing, damaged, or of another architecture, or there is no mask token.
    """
    from transformers import AutoConfig, AutoModelForMaskedLM

    encoder = load_encoder(source)  # checks that the checkpoint is whole
    pretrained = read_pretrained(source)
    family = FAMILIES[encoder.architecture.model_type]
    mask = encoder.tokenizer.token_to_id(family.special.mask)
    if mask is None:
        raise TrunkError(
            f"the tokenizer of {source} lacks {family.special.mask}, which stands for a masked token: choose "
            "an encoder that was pretrained with it"
        )
    config = json.loads(pretrained.checkpoint.config.read_text(encoding="utf-8"))
    config.pop("model_type", None)
    torch.manual_seed(seed)
    network = AutoModelForMaskedLM.from_config(AutoConfig.for_model(family.model_type, **config)).float()
    missing = _load(network, pretrained.tensors, family)
    encoder_names = {name for name in missing if name.startswith(f"{network.base_model_prefix}.")}
    if encoder_names:
        raise TrunkError(f"transformers finds no {min(encoder_names)} in {source}: choose another encoder")
    return MaskedModel(
        network,
        encoder.tokenizer,
        pretrained.checkpoint,
        _digest(encoder),
        mask,
        encoder.tokenizer.token_to_id(family.special.padding) or 0,
        encoder.architecture.longest_input,
        has_own_head=not missing,
    )


def checkpoint_files(model: MaskedModel) -> dict[str, bytes]:
    """Return the files of a checkpoint that every command takes as an encoder.

    The weights keep the pretraining head, so that the encoder can be adapted further. `config.json` and the
    files of the tokenizer are those of the encoder that it was made from.
    """
    from safetensors.torch import save

    config = json.loads(model.checkpoint.config.read_text(encoding="utf-8"))
    config["architectures"] = [type(model.network).__name__]
    for key in ("dtype", "torch_dtype"):
        if key in config:
            config[key] = "float32"
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in _distinct(model.network)}
    return {
        "config.json": f"{json.dumps(config, indent=2, ensure_ascii=False)}\n".encode(),
        "model.safetensors": save(tensors, metadata={"format": "pt"}),
        **{name: path.read_bytes() for name, path in model.checkpoint.tokenizer_files.items()},
    }


def _load(network: Any, tensors: Mapping[str, Tensor], family: EncoderFamily) -> set[str]:
    """Copy tensors into a network; return the names of those that it has and the checkpoint lacks."""
    expected = dict(_distinct(network))
    copied: set[str] = set()
    with torch.no_grad():
        for name, tensor in tensors.items():
            for old, new in family.renamed.items():
                name = name.replace(new, old)
            name = name if name in expected else f"{family.prefix}{name}"
            if name in expected and expected[name].shape == tensor.shape:
                expected[name].copy_(tensor)
                copied.add(name)
    return expected.keys() - copied


def _distinct(network: Any) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of a network, those of the encoder first; of tied ones, the first alone."""
    tensors = network.state_dict(keep_vars=True)
    prefix = f"{network.base_model_prefix}."
    seen: set[int] = set()
    for name, tensor in sorted(tensors.items(), key=lambda item: not item[0].startswith(prefix)):
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            yield name, tensor


def _digest(encoder: Encoder) -> str:
    return encoder.digest(encoder.architecture.num_hidden_layers)


def _autocast(device: torch.device) -> AbstractContextManager[Any]:
    return torch.autocast(device.type, torch.bfloat16) if prefers_bfloat16(device) else nullcontext()
