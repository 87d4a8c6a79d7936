"""The tokenizer of a checkpoint, read from its files."""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

from models.errors import TrunkError


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
