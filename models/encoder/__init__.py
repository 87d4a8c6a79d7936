"""The pretrained encoder: where its files are, how they are read, and its tokenizer.

architectures    the families that can be read: BERT, RoBERTa, XLM-R, MPNet
split_packages   encoders in several packages, joined into the user's cache
checkpoint       the files of an encoder: in a package, a folder, or on the Hugging Face hub
pretrained       its architecture, tensors and tokenizer, as read from these files
tokenizer_files  the tokenizer, read from these files
tokenization     texts to token ids
windows          long texts as several inputs
loading          the encoder as modules, for training

Names are imported when they are first used.
"""

from typing import TYPE_CHECKING

from models.lazy_names import lazy_names

if TYPE_CHECKING:
    from models.encoder.loading import Encoder, load_encoder
    from models.encoder.pretrained import read_pretrained, trunk_digest, trunk_tensors
    from models.encoder.tokenization import TokenBatch, TweetTokenizer
    from models.encoder.tokenizer_files import remove_presets
    from models.encoder.windows import MOST_WINDOWS, LongText, TextWindow, TokenizedInput, WindowedTexts
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "loading": ("Encoder", "load_encoder"),
            "pretrained": ("read_pretrained", "trunk_digest", "trunk_tensors"),
            "tokenization": ("TokenBatch", "TweetTokenizer"),
            "tokenizer_files": ("remove_presets",),
            "windows": ("MOST_WINDOWS", "LongText", "TextWindow", "TokenizedInput", "WindowedTexts"),
        },
    )

__all__ = [
    "MOST_WINDOWS",
    "Encoder",
    "LongText",
    "TextWindow",
    "TokenBatch",
    "TokenizedInput",
    "TweetTokenizer",
    "WindowedTexts",
    "load_encoder",
    "read_pretrained",
    "remove_presets",
    "trunk_digest",
    "trunk_tensors",
]
