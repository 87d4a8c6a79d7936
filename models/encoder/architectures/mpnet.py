"""MPNet (Song et al. 2020): WordPiece, no token types, and a bias of attention by relative positions.

The bias (`models.network.relative_positions`) is the same for all layers. It has absolute positions too,
numbered from 2: transformers takes the padding token's id for 1, whatever `config.json` says.
"""

from __future__ import annotations

from typing import Final

from models.encoder.architectures.family import EncoderFamily, SpecialTokens, common_defaults
from models.encoder.architectures.vocabularies import word_piece_tokenizer

_SPECIAL: Final = SpecialTokens(unknown="[UNK]")
_FIRST_POSITION: Final = 2

MPNET: Final = EncoderFamily(
    model_type="mpnet",
    title="MPNet",
    examples=("all-mpnet-base-v2", "mpnet-base"),
    defaults=common_defaults(
        vocab_size=30_527, pad_token_id=1, type_vocab_size=0, relative_attention_num_buckets=32
    ),
    prefix="mpnet.",
    renamed={
        "encoder.relative_attention_bias.": "embeddings.relative_attention_bias.",
        "attention.attn.q.": "attention.self.query.",
        "attention.attn.k.": "attention.self.key.",
        "attention.attn.v.": "attention.self.value.",
        "attention.attn.o.": "attention.output.dense.",
        "attention.LayerNorm.": "attention.output.LayerNorm.",
    },
    special=_SPECIAL,
    vocabulary_files=("vocab.txt",),
    build_tokenizer=lambda files: word_piece_tokenizer(files, _SPECIAL),
    first_position=lambda padding: _FIRST_POSITION,
)
