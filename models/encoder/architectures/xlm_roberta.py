"""XLM-R (Conneau et al. 2020): RoBERTa for a hundred languages, with SentencePiece's unigram model.

It needs a `tokenizer.json`: `sentencepiece.bpe.model` is a format of its own, which transformers converts.
"""

from __future__ import annotations

from typing import Final

from models.encoder.architectures.family import EncoderFamily, SpecialTokens, common_defaults

XLM_ROBERTA: Final = EncoderFamily(
    model_type="xlm-roberta",
    title="XLM-R",
    examples=("XLM-R", "XLM-T (Twitter)", "multilingual E5"),
    defaults=common_defaults(pad_token_id=1),
    prefix="roberta.",
    renamed={},
    special=SpecialTokens(),
    vocabulary_files=(),
    build_tokenizer=None,
    first_position=lambda padding: padding + 1,
)
