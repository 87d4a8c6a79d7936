"""A BERT of 25,000 parameters that knows four adverse effects: real files and a real bundle, in a second.

Tests of other packages need only `make_tiny_bundle(folder)`. `write_checkpoint` writes the pretrained encoder
in each of the layouts in which encoders are published.
"""

from __future__ import annotations

import json
import string
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import torch
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertModel

from models.bundle import Options, Thresholds, save_bundle
from models.encoder import Encoder, TokenBatch, TweetTokenizer, load_encoder
from models.network import CLASSIFIER, EXTRACTOR, NORMALIZER, MultiTaskNetwork
from models.normalizer import Labels
from tests.padding import pad

EFFECTS = {
    "nausea": ("90000001", "Nausea"),
    "a headache": ("90000002", "Headache"),
    "can't sleep": ("90000003", "Insomnia"),
    "dizzy": ("90000004", "Dizziness"),
}
POSITIVE = [f"{start} {effect}" for start in ("zoloft gives me", "this pill and", "so") for effect in EFFECTS]
NEGATIVE = ["i took my zoloft", "just got my pill", "zoloft day three", "so this is my day", "hello you"]
LABELS = Labels.of(EFFECTS.values())
FROZEN_LAYERS = 1
MAX_TOKENS = 48

Layout = Literal["safetensors", "prefixed", "biobert"]

_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_WORDS = sorted(
    {word for text in [*POSITIVE, *NEGATIVE] for word in text.replace("'", " ").split()} - {"dizzy"}
)
_UNCASED = [*string.ascii_lowercase, *string.digits, *string.punctuation]


def write_checkpoint(
    folder: Path, layout: Layout = "safetensors", *, seed: int = 0, positions: int = 64
) -> Path:
    """Write an untrained BERT of three layers, for inputs of up to `positions` tokens.

    Layouts:
        safetensors: model.safetensors, with vocab.txt and tokenizer.json.
        prefixed: names of tensors begin with `bert.`, there is a pretraining head, and LayerNorm has its
            TensorFlow names; with vocab.txt.
        biobert: the same as a pickle, with a cased vocab.txt.
    """
    folder.mkdir(parents=True)
    letters = _UNCASED if layout != "biobert" else [*_UNCASED, *string.ascii_uppercase]
    pieces = [f"##{letter}" for letter in letters if letter.isalnum()]
    vocabulary = [*_SPECIAL, *letters, *pieces, *(word for word in _WORDS if len(word) > 1)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    config = {
        "model_type": "bert",
        "vocab_size": len(vocabulary),
        "hidden_size": 32,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": positions,
        "initializer_range": 0.2,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    torch.manual_seed(seed)
    state = {name: tensor.clone() for name, tensor in BertModel(BertConfig(**config)).state_dict().items()}
    if layout != "safetensors":
        state = {_pretraining_name(name): tensor for name, tensor in state.items()}
        state["cls.predictions.bias"] = torch.zeros(len(vocabulary))
    if layout == "biobert":
        torch.save(state, folder / "pytorch_model.bin")
    else:
        save_file(state, folder / "model.safetensors")
    if layout == "safetensors":
        load_encoder(str(folder)).tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@dataclass(frozen=True)
class Trained:
    """The results of a training, before they are saved as a bundle."""

    network: MultiTaskNetwork
    encoder: Encoder


def train_tiny(checkpoint: Path, *, steps: int = 60, **network_options: Any) -> Trained:
    """Train all heads on the tweets above until they know them."""
    torch.set_num_threads(1)  # on a busy machine, several would wait for each other
    encoder = load_encoder(str(checkpoint))
    torch.manual_seed(1)
    network = MultiTaskNetwork(
        encoder.model, frozen_layers=FROZEN_LAYERS, ptids=len(LABELS), dropout=0.0, **network_options
    ).train()
    tokenizer = TweetTokenizer(encoder.tokenizer, MAX_TOKENS)
    texts = [*POSITIVE, *NEGATIVE]
    tweets = tokenizer.encode(texts)
    tweet_batch = pad(tweets)
    span_batch = pad(tokenizer.encode(list(EFFECTS)))
    tags = torch.full_like(tweet_batch.input_ids, -100)  # ignored by cross_entropy
    for row, (text, tweet) in enumerate(zip(texts, tweets, strict=True)):
        effect = next((effect for effect in EFFECTS if text.endswith(effect)), "")
        for token, ((start, end), word) in enumerate(zip(tweet.offsets, tweet.word_ids, strict=True)):
            if word is not None:
                tags[row, token] = int(start >= len(text) - len(effect) and end > start)
    is_ade = torch.tensor([1] * len(POSITIVE) + [0] * len(NEGATIVE))
    optimizer = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=5e-3)
    for _ in range(steps):
        states, visible = _states(network, tweet_batch), tweet_batch.attention_mask
        loss = (
            cross_entropy(network.logits(CLASSIFIER, states, visible), is_ade)
            + cross_entropy(network.logits(EXTRACTOR, states, visible).flatten(0, 1), tags.flatten())
            + cross_entropy(
                network.logits(
                    NORMALIZER, _states(network, span_batch), span_batch.attention_mask, span_batch.span_mask
                ),
                torch.arange(len(LABELS)),
            )
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return Trained(network.eval(), encoder)


def save_tiny(folder: Path, trained: Trained, **changes: Any) -> Path:
    """Save the results of `train_tiny`; `changes` are arguments of `save_bundle`."""
    arguments: dict[str, Any] = {
        "name": "tiny",
        "labels": LABELS,
        "thresholds": Thresholds(classifier=0.5, normalizer=0.3),
        "options": Options(),
        "max_tokens": MAX_TOKENS,
        "metrics": {"f1": 1.0},
        "card": "# A bundle for tests\n",
    }
    save_bundle(folder, network=trained.network, encoder=trained.encoder, **{**arguments, **changes})
    return folder


def make_tiny_bundle(folder: Path) -> Path:
    """Save a trained bundle that contains its trunk; its encoder is in a folder next to it."""
    checkpoint = write_checkpoint(folder.with_name(f"{folder.name}-encoder"))
    return save_tiny(folder, trained_once(checkpoint))


def trained_once(checkpoint: Path, **network_options: Any) -> Trained:
    """Return what `train_tiny` makes of a plain `write_checkpoint`, trained only once in a process.

    Do not change the network: all callers get the same one.
    """
    return Trained(_trained_network(**network_options), load_encoder(str(checkpoint)))


@cache
def _trained_network(**network_options: Any) -> MultiTaskNetwork:
    with TemporaryDirectory() as folder:
        return train_tiny(write_checkpoint(Path(folder) / "encoder"), **network_options).network


def _states(network: MultiTaskNetwork, batch: TokenBatch) -> torch.Tensor:
    return network.trunk_states(batch.input_ids, batch.attention_mask, batch.token_type_ids)


def _pretraining_name(name: str) -> str:
    name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
    return f"bert.{name}"
