"""A network that finds fixed words: its weights are set by hand, so what it says about any text is known.

No token's state depends on its place. One element of a token's state says whether it is one of the words. In
the last layer, `[CLS]` gets the mean of this element over all tokens. So the Classifier says ADE where a word
is among the tokens of an input, context included, and the Extractor tags the words themselves.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from models.encoder import load_encoder
from models.network import MultiTaskNetwork
from tests.tiny import FROZEN_LAYERS, LABELS, Trained

WORDS = ("nausea", "headache", "sleep")
_IS_WORD, _HAS_WORD = 0, 1
_LAST = "shared.1."


@torch.no_grad()
def keyword_network(checkpoint: Path) -> Trained:
    """Return a network with the encoder of `tests.tiny` that finds `WORDS` in any input."""
    encoder = load_encoder(str(checkpoint))
    network = MultiTaskNetwork(encoder.model, frozen_layers=FROZEN_LAYERS, ptids=len(LABELS), dropout=0.0)
    for name, parameter in network.named_parameters():
        if "LayerNorm" not in name and not name.startswith("normalizer"):
            parameter.zero_()
    weights = dict(network.named_parameters())
    embeddings = weights["embeddings.word_embeddings.weight"]
    _tell_tokens_apart(embeddings)
    for word in WORDS:
        token = encoder.tokenizer.token_to_id(word)
        assert token is not None
        embeddings[token, _IS_WORD] = 4.0
    weights[f"{_LAST}attention.self.value.weight"][_IS_WORD, _IS_WORD] = 1.0
    weights[f"{_LAST}attention.output.dense.weight"][_HAS_WORD, _IS_WORD] = 50.0
    weights["classifier.weight"][1, _HAS_WORD] = 40.0
    weights["classifier.bias"][1] = -10.0
    weights["extractor.weight"][1, _IS_WORD] = 40.0
    weights["extractor.bias"][1] = -10.0
    return Trained(network.eval(), encoder)


def _tell_tokens_apart(embeddings: Tensor) -> None:
    """Write other elements for each token, all with the same mean and norm."""
    tokens, width = embeddings.shape
    half = torch.tensor([1.0, -1.0]).repeat((width - 2) // 2)
    generator = torch.Generator().manual_seed(1)
    for token in range(tokens):
        embeddings[token, 2:] = half[torch.randperm(width - 2, generator=generator)]
