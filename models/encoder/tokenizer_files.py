"""The tokenizer of a checkpoint, read from its files, and prepared so that all families behave alike.

A prepared tokenizer has three properties, whatever its files preset:

- It returns the special tokens of its family around a text, and type ids of 0 for the first text of a pair
  and 1 for the second. RoBERTa's own tokenizers set no types, since the encoder has only one.
- Offsets count code points, and leave out the space before a word, which byte-level BPE has in the token.
- It neither pads nor truncates, and a special token that somebody writes in a text is text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tokenizers import Tokenizer, pre_tokenizers, processors

from models.encoder.architectures import EncoderFamily, SpecialTokens
from models.encoder.architectures.family import TokenizerFiles
from models.errors import TrunkError

TOKENIZER_JSON: Final = "tokenizer.json"
SETTINGS: Final = "tokenizer_config.json"
# Files of tokenizers that cannot be read, and what somebody who has them can do.
_CONVERT: Final = (
    "convert it once: transformers.AutoTokenizer.from_pretrained(NAME).save_pretrained(FOLDER) writes a "
    "tokenizer.json"
)
UNREADABLE: Final = {
    "sentencepiece.bpe.model": f"is SentencePiece's own format: {_CONVERT}",
    "spiece.model": f"is SentencePiece's own format: {_CONVERT}",
    "bpe.codes": "is fastBPE's format, which has no character offsets: put a tokenizer.json of this encoder "
    "next to it, or choose one that has it, such as vinai/bertweet-large",
}
TOKENIZER_FILES: Final = (
    TOKENIZER_JSON,
    SETTINGS,
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    *UNREADABLE,
)
"""All names that `read_tokenizer` looks at."""


def read_tokenizer(files: TokenizerFiles, family: EncoderFamily, place: str) -> Tokenizer:
    """Read and prepare the tokenizer of a checkpoint.

    Args:
        files: those of `TOKENIZER_FILES` that exist.
        family: of the encoder.
        place: where the files are, for messages.

    Raises:
        TrunkError: a file is missing, cannot be read, or lacks a special token.
    """
    path = _first_file(files, family, place)
    try:
        if path.name == TOKENIZER_JSON:
            tokenizer = Tokenizer.from_file(str(path))
        else:
            assert family.build_tokenizer is not None  # noqa: S101 - `_first_file` checks this
            tokenizer = family.build_tokenizer(files)
    except Exception as error:  # tokenizers raises bare Exceptions
        raise TrunkError(
            f"the tokenizer {path} cannot be read ({error}): download the encoder again"
        ) from None
    special = family.special
    for token in (special.padding, special.unknown, special.start, special.end):
        if tokenizer.token_to_id(token) is None:
            raise TrunkError(
                f"the tokenizer {path} lacks the token {token}: it does not belong to a {family.title}"
            )
    return prepare_tokenizer(tokenizer, special)


def prepare_tokenizer(tokenizer: Tokenizer, special: SpecialTokens) -> Tokenizer:
    """Change a tokenizer so that it has the properties above; one that has them stays as it is."""
    remove_presets(tokenizer)
    document = json.loads(tokenizer.to_str())
    kind = document["model"].get("type")
    if kind == "Unigram":
        # SentencePiece joins white space. If it is removed first, it cannot be in an offset.
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
        )
    byte_level = [part for part in _parts(document["pre_tokenizer"]) if part.get("type") == "ByteLevel"]
    if byte_level or not _marks_both_texts(tokenizer, special):
        template = _template(tokenizer, special)
        if byte_level:
            prefix = bool(byte_level[0].get("add_prefix_space"))
            trim = processors.ByteLevel(add_prefix_space=prefix, trim_offsets=True)
            tokenizer.post_processor = processors.Sequence([trim, template])
        else:
            tokenizer.post_processor = template
    return tokenizer


def remove_presets(tokenizer: Tokenizer) -> Tokenizer:
    """Turn off what checkpoints preset: padding, truncation, special tokens read from the text."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.encode_special_tokens = True
    return tokenizer


def _first_file(files: TokenizerFiles, family: EncoderFamily, place: str) -> Path:
    """Return the file that the tokenizer is read from, or the first of several.

    Raises:
        TrunkError: there is none.
    """
    if TOKENIZER_JSON in files:
        return files[TOKENIZER_JSON]
    needed = family.vocabulary_files
    if family.build_tokenizer is not None and all(name in files for name in needed):
        return files[needed[0]]
    for name, advice in UNREADABLE.items():
        if name in files:
            raise TrunkError(f"{files[name]} {advice}")
    choices = " or ".join([TOKENIZER_JSON, *([" and ".join(needed)] if needed else [])])
    raise TrunkError(f"the encoder in {place} lacks {choices}: copy all of its files there")


def _parts(component: Any) -> Iterator[dict[str, Any]]:
    """Yield a component of a tokenizer, and those that it consists of."""
    if isinstance(component, dict):
        yield component
        for part in component.get("pretokenizers", ()):
            yield from _parts(part)


def _marks_both_texts(tokenizer: Tokenizer, special: SpecialTokens) -> bool:
    """Return True if a pair has the special tokens of the family, and the types 0 and 1."""
    start, end = tokenizer.token_to_id(special.start), tokenizer.token_to_id(special.end)
    first = tokenizer.encode("a", add_special_tokens=False).ids
    pair = tokenizer.encode("a", "a")
    ids = [start, *first, *[end] * special.between, *first, end]
    types = [0] * (len(first) + 2) + [1] * (len(ids) - len(first) - 2)
    return (pair.ids, pair.type_ids, tokenizer.encode("a").ids) == (ids, types, [start, *first, end])


def _template(tokenizer: Tokenizer, special: SpecialTokens) -> processors.TemplateProcessing:
    between = " ".join(f"{special.end}:{int(number > 0)}" for number in range(special.between))
    return processors.TemplateProcessing(
        single=f"{special.start} $A {special.end}",
        pair=f"{special.start}:0 $A:0 {between} $B:1 {special.end}:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in (special.start, special.end)],
    )
