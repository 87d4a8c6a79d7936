"""RoBERTa (Liu et al. 2019): byte-level BPE, a single token type.

Its positions are numbered from the one after the padding token's id: fairseq gives padding that position.
BERTweet (Nguyen et al. 2020) is a RoBERTa. Its base model has a tokenizer of its own, `vocab.txt` and
`bpe.codes`, which only a slow tokenizer of transformers reads and which has no offsets.
"""

from __future__ import annotations

from typing import Final

from models.encoder.architectures.family import EncoderFamily, SpecialTokens, common_defaults
from models.encoder.architectures.vocabularies import byte_level_tokenizer

_SPECIAL: Final = SpecialTokens()

ROBERTA: Final = EncoderFamily(
    model_type="roberta",
    title="RoBERTa",
    examples=("RoBERTa", "Twitter-RoBERTa", "BERTweet", "BioMed-RoBERTa"),
    defaults=common_defaults(vocab_size=50_265, pad_token_id=1),
    prefix="roberta.",
    renamed={},
    special=_SPECIAL,
    vocabulary_files=("vocab.json", "merges.txt"),
    build_tokenizer=lambda files: byte_level_tokenizer(files, _SPECIAL),
    first_position=lambda padding: padding + 1,
)
