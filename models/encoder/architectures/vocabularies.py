"""Tokenizers from the vocabulary files of older checkpoints, which have no `tokenizer.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE, WordPiece

from models.encoder.architectures.family import SpecialTokens, TokenizerFiles


def word_piece_tokenizer(files: TokenizerFiles, special: SpecialTokens) -> Tokenizer:
    """Build a WordPiece tokenizer from `vocab.txt`, one token a line, as BERT and MPNet have it.

    Of `tokenizer_config.json`, `do_lower_case` is read. Without it, a vocabulary with capital letters counts
    as cased.

    Raises:
        OSError, ValueError: a file cannot be read.
    """
    lines = files["vocab.txt"].read_text(encoding="utf-8").split("\n")
    tokens = lines[:-1] if lines[-1] == "" else lines
    is_word = [token for token in tokens if not token.startswith(("[", "<"))]
    lowercase = not any(token.lower() != token for token in is_word)
    lowercase = bool(_settings(files).get("do_lower_case", lowercase))
    ids = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(WordPiece(ids, unk_token=special.unknown, max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    _add_special_tokens(tokenizer, special, ids)
    return tokenizer


def byte_level_tokenizer(files: TokenizerFiles, special: SpecialTokens) -> Tokenizer:
    """Build a byte-level BPE tokenizer from `vocab.json` and `merges.txt`, as RoBERTa has it.

    Of `tokenizer_config.json`, `add_prefix_space` is read: whether the first word has a space before it.

    Raises:
        Exception: a file cannot be read, or the two do not belong together.
    """
    ids: Mapping[str, int] = json.loads(files["vocab.json"].read_text(encoding="utf-8"))
    tokenizer = Tokenizer(BPE.from_file(str(files["vocab.json"]), str(files["merges.txt"])))
    prefix = bool(_settings(files).get("add_prefix_space", False))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.decoder = decoders.ByteLevel()
    _add_special_tokens(tokenizer, special, ids)
    return tokenizer


def _add_special_tokens(tokenizer: Tokenizer, special: SpecialTokens, ids: Mapping[str, int]) -> None:
    names = (special.start, special.end, special.padding, special.unknown)
    tokenizer.add_special_tokens([name for name in names if name in ids])


def _settings(files: TokenizerFiles) -> Mapping[str, object]:
    path: Path | None = files.get("tokenizer_config.json")
    settings: object = json.loads(path.read_text(encoding="utf-8")) if path else {}
    return settings if isinstance(settings, dict) else {}
