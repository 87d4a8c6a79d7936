"""The tokens of unlabelled texts in files, so that millions of texts need little memory.

tokens.bin   all tokens one after the other, 4 bytes each: an id and two marks
ends.bin     for each window, where its tokens end
texts.bin    for each text, its hash and the number of its windows
about.json   what the index was made of; written last, so an index without it is not complete

A text that is longer than the encoder reads is cut into windows, which do not overlap. In memory, a training
keeps about 50 bytes for each window, and twice that while the index is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from models.disk import writing
from models.encoder import remove_presets
from models.encoder.tokenization import plain_letters
from training.errors import RunError
from training.files import read_json, write_json

ABOUT: Final = "about.json"
SPECIAL: Final = np.uint32(1 << 31)
"""Marks a token around a text, such as [CLS]."""
CONTINUES: Final = np.uint32(1 << 30)
"""Marks a token that is not the first of its word."""
_ID: Final = np.uint32((1 << 30) - 1)
_TEXTS: Final = 1_000  # that are tokenized at once
_CHUNKS_PER_MESSAGE: Final = 500


@dataclass(frozen=True)
class TokenIndex:
    """The windows of distinct texts.

    Attributes:
        tokens: `[tokens]`, uint32, in a file: ids with the marks `SPECIAL` and `CONTINUES`.
        starts: `[windows]`, int64, the place of each window's first token.
        ends: `[windows]`, int64, one past its last token.
        positions: `[windows]`, uint64, a position that depends on the window's text only, evenly spread.
        texts: number of distinct texts.
        duplicates: number of texts that were left out, since the same text came before.
    """

    tokens: NDArray[np.uint32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    positions: NDArray[np.uint64]
    texts: int
    duplicates: int

    def window(self, number: int) -> NDArray[np.uint32]:
        """Return the tokens of a window."""
        return self.tokens[self.starts[number] : self.ends[number]]

    def split(self, valid_share: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Divide the windows into (training, held out), so that those of a text stay on one side.

        Args:
            valid_share: share of the texts that are held out, in [0, 1).
        """
        is_held_out = self.positions < np.uint64(valid_share * 2**64)
        return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)


def open_index(
    folder: Path,
    texts: Iterable[str],
    tokenizer: Tokenizer,
    *,
    max_tokens: int,
    identity: str,
    message: Callable[[str], None] = lambda text: None,
) -> TokenIndex:
    """Open the index in `folder`; build it first if it is missing, incomplete, or of other texts.

    Args:
        folder: of the index.
        texts: read once, one by one, if the index is built.
        tokenizer: of an encoder, see `models.encoder.tokenizer_files`.
        max_tokens: of a window, special tokens included.
        identity: of the texts and the tokenizer.
        message: receives how far the building is.

    Raises:
        RunError: the files cannot be written.
        CorpusError: a text cannot be read.
    """
    about = {"identity": identity, "max_tokens": max_tokens}
    with writing(folder, RunError):
        if _read_about(folder) != about:
            (folder / ABOUT).unlink(missing_ok=True)
            folder.mkdir(parents=True, exist_ok=True)
            message("tokenizing the texts, once for all runs …")
            _build(folder, texts, tokenizer, max_tokens, message)
            write_json(folder / ABOUT, about)
        return _open(folder)


def token_ids(tokens: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return the ids of tokens, without marks."""
    return (tokens & _ID).astype(np.int64)


def _read_about(folder: Path) -> Any:
    try:
        return read_json(folder / ABOUT)
    except RunError:
        return None


def _build(
    folder: Path,
    texts: Iterable[str],
    tokenizer: Tokenizer,
    max_tokens: int,
    message: Callable[[str], None],
) -> None:
    tokenizer = remove_presets(Tokenizer.from_str(tokenizer.to_str()))
    tokenizer.enable_truncation(max_tokens)
    end = 0
    paths = [folder / f"{name}.bin" for name in ("tokens", "ends", "texts")]
    with paths[0].open("wb") as token_file, paths[1].open("wb") as end_file, paths[2].open("wb") as text_file:
        for number, chunk in enumerate(_chunks(texts)):
            if number and number % _CHUNKS_PER_MESSAGE == 0:
                message(f"tokenized {number * _TEXTS:,} texts")
            for text, encoding in zip(chunk, tokenizer.encode_batch(chunk), strict=True):
                windows = [
                    window
                    for window in map(_marked_tokens, (encoding, *encoding.overflowing))
                    if not (window & SPECIAL).all()
                ]
                for window in windows:
                    token_file.write(window.tobytes())
                    end += len(window)
                    end_file.write(np.int64(end).tobytes())
                text_file.write(np.array([_position(text), len(windows)], dtype=np.uint64).tobytes())


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(texts)
    while chunk := [plain_letters(text) for text in islice(iterator, _TEXTS)]:
        yield chunk


def _marked_tokens(encoding: Encoding) -> NDArray[np.uint32]:
    words = encoding.word_ids
    tokens = np.array(encoding.ids, dtype=np.uint32)
    for place, word in enumerate(words):
        if word is None:
            tokens[place] |= SPECIAL
        elif place and words[place - 1] == word:
            tokens[place] |= CONTINUES
    return tokens


def _position(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def _open(folder: Path) -> TokenIndex:
    ends = np.fromfile(folder / "ends.bin", dtype=np.int64)
    texts = np.fromfile(folder / "texts.bin", dtype=np.uint64).reshape(-1, 2)
    positions, windows = texts[:, 0], texts[:, 1].astype(np.int64)
    is_first = np.zeros(len(texts), dtype=bool)
    is_first[np.unique(positions, return_index=True)[1]] = True
    is_kept = np.repeat(is_first, windows)
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]]) if len(ends) else ends
    # An empty file cannot be mapped into memory.
    tokens = (
        np.memmap(folder / "tokens.bin", dtype=np.uint32, mode="r")
        if len(ends)
        else np.zeros(0, dtype=np.uint32)
    )
    return TokenIndex(
        tokens,
        starts[is_kept],
        ends[is_kept],
        np.repeat(positions, windows)[is_kept],
        texts=int(is_first.sum()),
        duplicates=int((~is_first).sum()),
    )
