"""Random networks whose outputs vary widely from text to text, and texts of any number of tokens.

An untrained BERT returns almost the same for every text, and its biases of zero and LayerNorms of one would
hide a term that is left out. Here all parameters are random, attention is sharp enough to tell positions,
types and neighbours apart, and the heads are balanced, so that both classes occur.
"""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models.bundle import Dictionary, Options, Retrieval, Thresholds, searched_names
from models.encoder import load_encoder
from models.network import EnsembleMember, MultiTaskNetwork, Pooling
from models.normalizer import Labels, NameIndex
from tests.families import write_family
from tests.reference_network import ReferenceNetwork, ReferenceTokenizer
from tests.tiny import Trained, save_tiny, write_checkpoint
from tests.tiny_retrieval import FUSION

POSITIONS = 512
_FUSION = FUSION.model_copy(update={"threshold": 0.3})
LABELS = Labels.of((f"{90000001 + number}", name) for number, name in enumerate("abcdefg"))


@dataclass(frozen=True)
class Shape:
    """Arguments of a network of three layers; see `MultiTaskNetwork`."""

    frozen_layers: int = 1
    classifiers: int = 1
    pooling: Pooling = "cls"
    retriever_layers: int = 0
    model_type: str = "bert"


def random_network(folder: Path, shape: Shape, *, seed: int = 0) -> Trained:
    """Build a network of 512 positions, in eval mode, and write its checkpoint to `folder`."""
    if shape.model_type == "bert":
        write_checkpoint(folder, positions=POSITIONS, seed=seed)
    else:  # the others do not number positions from 0
        write_family(folder, shape.model_type, seed=seed, max_position_embeddings=POSITIONS + 2)
    encoder = load_encoder(str(folder))
    network = MultiTaskNetwork(
        encoder.model,
        frozen_layers=shape.frozen_layers,
        ptids=len(LABELS),
        pooling=shape.pooling,
        classifiers=shape.classifiers,
        retriever_layers=shape.retriever_layers,
    )
    torch.manual_seed(seed)
    for name, parameter in network.named_parameters():
        _randomize(name, parameter)
    trained = Trained(network.eval(), encoder)
    _balance_heads(trained)
    return trained


def save_random_bundle(
    folder: Path, trained: Trained, *, context: bool = False, retrieval_context: bool = False, **changes: Any
) -> Path:
    """Save a bundle of a random network, hybrid if it has a retriever; about half of all texts are positive.

    `changes` are arguments of `save_bundle`.
    """
    arguments: dict[str, Any] = {
        "labels": LABELS,
        "max_tokens": POSITIONS,
        "thresholds": Thresholds(classifier=0.5, normalizer=0.3),
        "options": Options(context=context),
    }
    if trained.network.retriever_layers:
        names = searched_names(LABELS, None)
        reference = ReferenceNetwork(trained.network)
        tokenizer = ReferenceTokenizer(trained.encoder.tokenizer, POSITIONS)
        vectors = torch.stack([reference.vector(tokenizer.text(name)) for name in names.names])
        arguments["dictionary"] = Dictionary(NameIndex(names, vectors))
        arguments["retrieval"] = Retrieval(
            layers=trained.network.retriever_layers,
            context=retrieval_context,
            fusions={"retrieval": _FUSION, "hybrid": _FUSION},
        )
    return save_tiny(folder, trained, **{**arguments, **changes})


def text_of(words: int, variant: int = 0) -> str:
    """Return a text of `words` words, each of which is one token; equal arguments return equal texts."""
    return " ".join(random.Random(f"{words}-{variant}").choices(string.ascii_lowercase, k=words))


def _randomize(name: str, parameter: nn.Parameter) -> None:
    if name.endswith("LayerNorm.weight"):
        nn.init.uniform_(parameter, 0.5, 1.5)
    elif "relative_attention_bias" in name:
        nn.init.normal_(parameter, std=1.0)
    elif name.endswith(("query.weight", "key.weight", "word_embeddings.weight")):
        nn.init.normal_(parameter, std=0.4)
    else:
        nn.init.normal_(parameter, std=0.2)


@torch.no_grad()
def _balance_heads(trained: Trained) -> None:
    """Scale each output to a mean of 0 and a standard deviation of 1.5 over some texts."""
    network, tokenizer = trained.network, ReferenceTokenizer(trained.encoder.tokenizer, POSITIONS)
    encodings = [
        tokenizer.text(text_of(words, -1)) for words in (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233)
    ]

    def states_of(layers: nn.ModuleList) -> list[torch.Tensor]:
        return [ReferenceNetwork(network).states(encoding, layers) for encoding in encodings]

    shared = states_of(network.shared)
    _balance(network.extractor, torch.cat(shared))
    for head in (network.classifier, network.normalizer):
        _balance(head, torch.stack([states[0] for states in shared]))
    for member in network.members:
        assert isinstance(member, EnsembleMember)
        _balance(member.classifier, torch.stack([states[0] for states in states_of(member.shared)]))


def _balance(head: nn.Linear, states: torch.Tensor) -> None:
    head.weight.mul_(1.5 / (states @ head.weight.T).std(0)[:, None])
    head.bias.copy_(-(states @ head.weight.T).mean(0))
