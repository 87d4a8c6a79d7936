"""Texts to token ids with character offsets, and the inputs of a forward pass in training.

Offsets count code points of the original text. So `plain_letters`, which runs before tokenization, replaces
letters one for one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from models.encoder.tokenizer_files import remove_presets
from models.encoder.windows import LongText, TokenizedInput, WindowedTexts, after_context, split_long_text

_REPLACEMENT: Final = "\ufffd"
# The largest share of an input that a context takes: one token in four.
_CONTEXT_SHARE: Final = 4


class TweetTokenizer:
    """A tokenizer for an encoder that reads up to `max_tokens` at once, special tokens included.

    Args:
        tokenizer: of an encoder; it is copied, since truncation is a state of the object.
        max_tokens: the longest input; few tweets reach 128.
    """

    def __init__(self, tokenizer: Tokenizer, max_tokens: int) -> None:
        self.max_tokens = max_tokens
        self._tokenizer = remove_presets(Tokenizer.from_str(tokenizer.to_str()))
        self._tokenizer.enable_truncation(max_tokens, strategy="longest_first")

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Tokenize each text as `[CLS] text [SEP]`.

        The offsets of the tokens count code points of the original text; `word_ids` is None for special
        tokens. Text after the cut has no tokens. Any text is valid.
        """
        return self._tokenizer.encode_batch([plain_letters(text) for text in texts])

    def windows(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> WindowedTexts:
        """Tokenize each text whole: a long one in several windows, see `models.encoder.windows`.

        Args:
            texts: any texts.
            contexts: for each text what is read before it, as the first text of a pair; empty where there is
                nothing. Of a long context the beginning is read, up to a quarter of `max_tokens`.
        """
        heads = self._cut_contexts(contexts) if contexts is not None and any(contexts) else None
        if heads is None:
            encodings = self.encode(texts)
            inputs: list[TokenizedInput] = [*encodings]
        else:
            pairs = zip(heads, map(plain_letters, texts), strict=True)
            encodings = self._tokenizer.encode_batch([(head, text) if head else text for head, text in pairs])
            inputs = [
                after_context(encoding) if head else encoding
                for head, encoding in zip(heads, encodings, strict=True)
            ]
        long: dict[int, LongText] = {}
        for row, encoding in enumerate(encodings):
            if len(encoding) >= self.max_tokens and encoding.overflowing:
                long[row], windows = split_long_text(encoding, row, len(inputs))
                inputs.extend(windows)
        return WindowedTexts(inputs, long)

    def _cut_contexts(self, contexts: Sequence[str]) -> list[str]:
        """Return the beginnings of contexts that are read, which have plain letters."""
        limit = max(1, self.max_tokens // _CONTEXT_SHARE)
        distinct = [*dict.fromkeys(plain_letters(context).strip() for context in contexts)]
        cut = {
            context: context[: _end_of_token(encoding, limit)]
            for context, encoding in zip(distinct, self._tokenizer.encode_batch(distinct), strict=True)
        }
        return [cut[plain_letters(context).strip()] for context in contexts]

    def encode_pairs(self, spans: Sequence[str], tweets: Sequence[str]) -> list[Encoding]:
        """Tokenize each span and its tweet as `[CLS] span [SEP] tweet [SEP]` (section 3.2, variant b).

        The longer of the two is cut first. That is the tweet, since it contains the span.
        """
        pairs = zip(spans, tweets, strict=True)
        return self._tokenizer.encode_batch(
            [(plain_letters(span), plain_letters(tweet)) for span, tweet in pairs]
        )


def _end_of_token(encoding: Encoding, limit: int) -> int | None:
    """Return where the last of the first `limit` tokens of a text ends; None if it has no more than these."""
    ends = [
        end for (_, end), word in zip(encoding.offsets, encoding.word_ids, strict=True) if word is not None
    ]
    return ends[limit - 1] if len(ends) > limit else None


@dataclass(frozen=True)
class TokenBatch:
    """Inputs of one forward pass, padded to the longest; for training.

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
        """1 for the first text of a pair, `[CLS] span [SEP]`, else 0: `[batch, tokens]`, int64."""
        return self.attention_mask * (self.token_type_ids == 0)

    def to(self, device: torch.device) -> TokenBatch:
        """Copy the tensors to a device."""
        return TokenBatch(
            self.input_ids.to(device),
            self.attention_mask.to(device),
            self.token_type_ids.to(device),
        )


def plain_letters(text: str) -> str:
    """Replace styled letters with plain ones: no vocabulary has 𝐛𝐨𝐥𝐝, ｗｉｄｅ or ⓒⓘⓡⓒⓛⓔⓓ letters.

    A code point is replaced if its compatibility form (Unicode NFKC) is a single one. Half of a UTF-16 pair
    without the other half is legal in Python and JSON, but not in the UTF-8 that Rust reads: it becomes
    U+FFFD.

    Args:
        text: any text.

    Returns:
        A text with the same number of code points.
    """
    return text if text.isascii() else text.translate(_PLAIN)


class _PlainLetters(dict[int, str]):
    """The replacement of each code point; filled when a code point occurs, since there are a million."""

    def __missing__(self, point: int) -> str:
        plain = _plain_letter(chr(point))
        self[point] = plain
        return plain


_PLAIN: Final = _PlainLetters()


def _plain_letter(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return _REPLACEMENT
    form = unicodedata.normalize("NFKC", character)
    return form if len(form) == 1 else character
