"""BERT (Devlin et al. 2019), and all that share its architecture."""

from __future__ import annotations

from typing import Final

from models.encoder.architectures.family import EncoderFamily, SpecialTokens, common_defaults
from models.encoder.architectures.vocabularies import word_piece_tokenizer

_SPECIAL: Final = SpecialTokens("[CLS]", "[SEP]", 1, "[PAD]", "[UNK]", "[MASK]")

BERT: Final = EncoderFamily(
    model_type="bert",
    title="BERT",
    examples=("BioBERT", "Bio_ClinicalBERT", "PubMedBERT", "MiniLM"),
    defaults=common_defaults(),
    prefix="bert.",
    renamed={},
    special=_SPECIAL,
    vocabulary_files=("vocab.txt",),
    build_tokenizer=lambda files: word_piece_tokenizer(files, _SPECIAL),
    first_position=lambda padding: 0,
)
