"""The tokenizer of a BERT checkpoint: texts to word pieces with character offsets.

Offsets count code points of the original text. So `plain_letters`, which runs before tokenization, replaces
letters one for one.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from tokenizers import Encoding, Tokenizer
from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer
from torch import Tensor

from models.errors import TrunkError

_REPLACEMENT: Final = "\ufffd"


class TweetTokenizer:
    """A tokenizer that cuts each input at `max_tokens`, special tokens included.

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

    def encode_pairs(self, spans: Sequence[str], tweets: Sequence[str]) -> list[Encoding]:
        """Tokenize each span and its tweet as `[CLS] span [SEP] tweet [SEP]` (section 3.2, variant b).

        The longer of the two is cut first. That is the tweet, since it contains the span.
        """
        pairs = zip(spans, tweets, strict=True)
        return self._tokenizer.encode_batch(
            [(plain_letters(span), plain_letters(tweet)) for span, tweet in pairs]
        )


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


def read_tokenizer(tokenizer: Path | None, vocabulary: Path | None, settings: Path | None) -> Tokenizer:
    """Read a WordPiece tokenizer that returns `[CLS] text [SEP]` and neither pads nor truncates.

    A `[SEP]` in a tweet is text, not the special token.

    Args:
        tokenizer: `tokenizer.json`; if None, the tokenizer is built from the vocabulary.
        vocabulary: `vocab.txt`, one token a line (BioBERT has nothing else).
        settings: `tokenizer_config.json`, of which `do_lower_case` is read; without it, a vocabulary with
            capital letters counts as cased.

    Raises:
        TrunkError: a file cannot be read, or lacks a special token.
    """
    path = tokenizer or vocabulary
    assert path is not None, "find_checkpoint returns one of the two"  # noqa: S101
    try:
        if tokenizer is not None:
            wordpiece = Tokenizer.from_file(str(tokenizer))
        else:
            wordpiece = _from_vocabulary(path, settings)
    except Exception as error:  # tokenizers raises bare Exceptions
        raise TrunkError(
            f"the tokenizer {path} cannot be read ({error}): download the encoder again"
        ) from None
    for special in ("[PAD]", "[UNK]", "[CLS]", "[SEP]"):
        if wordpiece.token_to_id(special) is None:
            raise TrunkError(f"the tokenizer {path} lacks the token {special}: it does not belong to a BERT")
    return remove_presets(wordpiece)


def remove_presets(tokenizer: Tokenizer) -> Tokenizer:
    """Turn off what checkpoints preset: padding, truncation, special tokens read from the text."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.encode_special_tokens = True
    return tokenizer


def _from_vocabulary(vocabulary: Path, settings: Path | None) -> Tokenizer:
    tokens = vocabulary.read_text(encoding="utf-8").splitlines()
    lowercase = not any(token.lower() != token for token in tokens if not token.startswith("["))
    if settings is not None:
        lowercase = bool(json.loads(settings.read_text(encoding="utf-8")).get("do_lower_case", lowercase))
    ids = {token: number for number, token in enumerate(tokens)}
    # The wrapper's inner tokenizer is of the class that `tokenizer.json` is read into.
    return BertWordPieceTokenizer(ids, lowercase=lowercase)._tokenizer


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
