"""The pretrained encoder: where its files are, how they are read, and its tokenizer.

checkpoint     the files of an encoder: in a package, a folder, or on the Hugging Face hub
pretrained     its configuration, tensors and tokenizer, as read from these files
tokenizer_files  the tokenizer, read from these files
tokenization   texts to token ids
loading        the encoder as a model of transformers, for training

Names are imported when they are first used: serving never imports transformers.
"""

from typing import TYPE_CHECKING

from models.lazy_names import lazy_names

if TYPE_CHECKING:
    from models.encoder.loading import Encoder, build_bert, load_encoder
    from models.encoder.pretrained import read_pretrained, trunk_digest, trunk_tensors
    from models.encoder.tokenization import TokenBatch, TweetTokenizer
    from models.encoder.tokenizer_files import remove_presets
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "loading": ("Encoder", "build_bert", "load_encoder"),
            "pretrained": ("read_pretrained", "trunk_digest", "trunk_tensors"),
            "tokenization": ("TokenBatch", "TweetTokenizer"),
            "tokenizer_files": ("remove_presets",),
        },
    )

__all__ = [
    "Encoder",
    "TokenBatch",
    "TweetTokenizer",
    "build_bert",
    "load_encoder",
    "read_pretrained",
    "remove_presets",
    "trunk_digest",
    "trunk_tensors",
]
