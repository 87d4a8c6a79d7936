"""The network, plain and slow: one input at a time, each head from the first layer on, fp32."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor, nn

from models.encoder.tokenization import plain_letters
from models.network import MultiTaskNetwork


class ReferenceTokenizer:
    """The encoder's tokenizer, called for one text at a time.

    Args:
        tokenizer: of an encoder; it is copied.
        max_tokens: most tokens of a text; the rest is cut off.
    """

    def __init__(self, tokenizer: Tokenizer, max_tokens: int) -> None:
        self._tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True  # a [SEP] in a tweet is text
        self._tokenizer.enable_truncation(max_tokens, strategy="longest_first")

    def text(self, text: str) -> Encoding:
        """Tokenize `[CLS] text [SEP]`."""
        return self._tokenizer.encode(plain_letters(text))

    def span(self, span: str, tweet: str, *, context: bool) -> Encoding:
        """Tokenize `[CLS] span [SEP]` (section 3.2, variant a), or with `tweet [SEP]` (variant b)."""
        if not context:
            return self.text(span)
        return self._tokenizer.encode(plain_letters(span), plain_letters(tweet))


@dataclass(frozen=True, eq=False)
class ReferenceNetwork:
    """The network of section 3.2, where the heads share no computation.

    Attributes:
        network: in eval mode, fp32, on the CPU.
    """

    network: MultiTaskNetwork

    @torch.inference_mode()
    def votes(self, encoding: Encoding) -> Tensor:
        """Return logits `[classifiers, 2]` of NoADE and ADE, each read at [CLS] of its own layers (1a)."""
        classifiers = [self.network, *cast(Any, self.network.members)]  # an ensemble's (section 4)
        return torch.stack(
            [network.classifier(self.states(encoding, network.shared)[0]) for network in classifiers]
        )

    @torch.inference_mode()
    def token_probabilities(self, encoding: Encoding) -> tuple[float, ...]:
        """Return the probability of AE for each token, special ones included (1b)."""
        logits = self.network.extractor(self.states(encoding, self.network.shared))
        return tuple(logits.softmax(-1)[:, 1].tolist())

    @torch.inference_mode()
    def log_classes(self, encoding: Encoding) -> Tensor:
        """Return log-probabilities `[classes]` of a span, read at [CLS] or over `[CLS] span [SEP]` (1c)."""
        states = self.states(encoding, self.network.shared)
        pooled = states[0] if self.network.pooling == "cls" else _mean_of_span(states, encoding)
        return cast(Tensor, self.network.normalizer(pooled).log_softmax(-1))

    @torch.inference_mode()
    def vector(self, encoding: Encoding) -> Tensor:
        """Return the retriever's vector `[hidden]` of length one, the mean over `[CLS] span [SEP]` (1c)."""
        retriever = self.network.retriever
        assert retriever is not None, "the network has no retriever"
        below = list(self.network.shared)[: -len(retriever.layers)]
        mean = _mean_of_span(self.states(encoding, [*below, *retriever.layers]), encoding)
        return cast(Tensor, mean / mean.norm())

    def states(self, encoding: Encoding, layers: Iterable[nn.Module]) -> Tensor:
        """Run embeddings, trunk and `layers` on one input: `[tokens, hidden]`."""
        ids, types = torch.tensor([encoding.ids]), torch.tensor([encoding.type_ids])
        states = self.network.embeddings(ids, types)
        bias = self.network.position_bias(len(encoding))
        for layer in [*self.network.trunk, *layers]:
            states = layer(states, None if bias is None else bias[None])
        return cast(Tensor, states[0])


def _mean_of_span(states: Tensor, encoding: Encoding) -> Tensor:
    return states[torch.tensor(encoding.type_ids) == 0].mean(0)
