"""Step one, tokenize: texts to word pieces with character offsets; and padded batches, for training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from models.readable import readable
from models.wordpiece import prepare


class TweetTokenizer:
    """A tokenizer of its own that cuts each input at `max_tokens`, special tokens included.

    Args:
        tokenizer: as `load_encoder` gives it; it is copied, since truncation is a state of the object.
        max_tokens: the longest input; tweets hardly reach 128.
    """

    def __init__(self, tokenizer: Tokenizer, max_tokens: int) -> None:
        self.max_tokens = max_tokens
        self._tokenizer = prepare(Tokenizer.from_str(tokenizer.to_str()))
        self._tokenizer.enable_truncation(max_tokens, strategy="longest_first")

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Tokenize each text as `[CLS] text [SEP]`.

        The offsets of the tokens count code points of the text as it was given; `word_ids` is None for
        special tokens. What lies beyond the cut has no tokens. Any text is legal.
        """
        return self._tokenizer.encode_batch([readable(text) for text in texts])

    def encode_pairs(self, spans: Sequence[str], tweets: Sequence[str]) -> list[Encoding]:
        """Tokenize each span and its tweet as `[CLS] span [SEP] tweet [SEP]` (section 3.2, variant b).

        The longer of the two is cut first: the tweet, as the span is a part of it.
        """
        pairs = zip(spans, tweets, strict=True)
        return self._tokenizer.encode_batch([(readable(span), readable(tweet)) for span, tweet in pairs])


@dataclass(frozen=True)
class TokenBatch:
    """Inputs of one forward pass, padded to the longest.

    Attributes:
        input_ids: `[batch, tokens]`, int64, 0 where padded.
        attention_mask: `[batch, tokens]`, int64, 1 for tokens and 0 where padded.
        token_type_ids: `[batch, tokens]`, int64, 1 for the second text of a pair.
    """

    input_ids: Tensor
    attention_mask: Tensor
    token_type_ids: Tensor

    @property
    def span_mask(self) -> Tensor:
        """Mark the first text's side of a pair, `[CLS] span [SEP]`: `[batch, tokens]`, int64, 1 there."""
        return self.attention_mask * (self.token_type_ids == 0)

    def to(self, device: torch.device) -> TokenBatch:
        """Copy the tensors to a device."""
        return TokenBatch(
            self.input_ids.to(device),
            self.attention_mask.to(device),
            self.token_type_ids.to(device),
        )
