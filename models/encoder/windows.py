"""Windows: a text that is longer than an encoder reads at once is read in overlapping parts.

Each part becomes an input of its own, `[CLS] part [SEP]` or `[CLS] context [SEP] part [SEP]`. A part is as
long as fits. A quarter of it, or a little more, has been in the part before, so that each word has others on
both of its sides in at least one of them. No part starts within a word, unless the word alone is longer than
an input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Final, Protocol

from tokenizers import Encoding

MOST_WINDOWS: Final = 32
"""The most windows that a text is read in: with 128 tokens each about 3,000 tokens, or 12,000 characters of
English. What follows is not read, so that one monstrous post cannot hold up the others."""

_OVERLAP: Final = 4  # the share of a part that the part before has, too: one in four


class TokenizedInput(Protocol):
    """The tokens of one input: an `Encoding` of tokenizers, or a window of a long text."""

    @property
    def ids(self) -> Sequence[int]:
        """The token ids."""

    @property
    def type_ids(self) -> Sequence[int]:
        """0 for the tokens of the first text of a pair, 1 for those of the second."""

    @property
    def offsets(self) -> Sequence[tuple[int, int]]:
        """Start and end of each token in the text that was tokenized, in code points."""

    @property
    def word_ids(self) -> Sequence[int | None]:
        """The number of each token's word; None for special tokens, and for those of a context."""

    def __len__(self) -> int:
        """Return the number of tokens, special ones included."""


@dataclass(frozen=True, slots=True)
class TextWindow:
    """A part of a text, or a text after its context, as an input; a `TokenizedInput`."""

    ids: Sequence[int]
    type_ids: Sequence[int]
    offsets: Sequence[tuple[int, int]]
    word_ids: Sequence[int | None]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class LongText:
    """A text that is read in several windows.

    Attributes:
        offsets: start and end of each of its tokens, without special ones and those of a context.
        word_ids: the number of each token's word.
        parts: for each window the range of its tokens among those of the text, in order.
        head: number of tokens before the part in each window: `[CLS]`, or `[CLS] context [SEP]`.
        rows: for each window its index among all inputs.
        read_to: one past the last character that is in a window, where more follows; None if all is read.
    """

    offsets: Sequence[tuple[int, int]]
    word_ids: Sequence[int | None]
    parts: Sequence[range]
    head: int
    rows: Sequence[int]
    read_to: int | None = None


@dataclass(frozen=True)
class WindowedTexts:
    """Many texts as inputs of an encoder.

    Attributes:
        inputs: the first window of each text, in the order of the texts, then the further windows of the long
            ones.
        long: the texts that have several windows or are cut, by their index.
    """

    inputs: Sequence[TokenizedInput]
    long: dict[int, LongText] = field(default_factory=dict)

    def rows(self, text: int) -> Sequence[int]:
        """Return the indices of a text's windows among the inputs, in the order of the text."""
        return self.long[text].rows if text in self.long else (text,)


def after_context(pair: Encoding) -> TextWindow:
    """Return the second text of a pair as a window; the first, its context, has no words."""
    words = (
        word if sequence == 1 else None
        for word, sequence in zip(pair.word_ids, pair.sequence_ids, strict=True)
    )
    return TextWindow(pair.ids, pair.type_ids, pair.offsets, list(words))


def split_long_text(first: Encoding, first_row: int, next_row: int) -> tuple[LongText, list[TextWindow]]:
    """Divide a text that was cut into windows.

    Args:
        first: the text, alone or as the second of a pair, cut at the longest input; what was cut off is in
            `first.overflowing`.
        first_row: index of `first` among all inputs.
        next_row: index that the first further window will have.

    Returns:
        The text, and its windows after `first`.
    """
    sequence = max((number for number in first.sequence_ids if number is not None), default=0)
    body = _own_tokens(first, sequence)
    head, room = body.start, body.stop - body.start
    # A context that was cut, too, has further parts of its own.
    further = (more for more in first.overflowing if more.ids[:head] == first.ids[:head])
    text = _TokensOfText()
    for piece in (first, *islice(further, MOST_WINDOWS)):
        text.add(piece, _own_tokens(piece, sequence))
    parts = list(islice(window_parts(text.offsets, text.word_ids, room), MOST_WINDOWS))
    windows = [text.window(part, first, body) for part in parts[1:]]
    stop = parts[-1].stop
    long = LongText(
        offsets=text.offsets[:stop],
        word_ids=text.word_ids[:stop],
        parts=parts,
        head=head,
        rows=(first_row, *range(next_row, next_row + len(windows))),
        read_to=text.offsets[stop - 1][1] if stop < len(text.ids) else None,
    )
    return long, windows


@dataclass(frozen=True)
class _TokensOfText:
    """The tokens of a whole text, without special ones and those of a context."""

    ids: list[int] = field(default_factory=list)
    offsets: list[tuple[int, int]] = field(default_factory=list)
    word_ids: list[int | None] = field(default_factory=list)

    def add(self, piece: Encoding, body: slice) -> None:
        self.ids.extend(piece.ids[body])
        self.offsets.extend(piece.offsets[body])
        self.word_ids.extend(piece.word_ids[body])

    def window(self, part: range, first: Encoding, body: slice) -> TextWindow:
        """Return a part of the text, with the tokens that `first` has around its part."""
        here = slice(part.start, part.stop)
        before, after = body.start, len(first) - body.stop
        return TextWindow(
            [*first.ids[: body.start], *self.ids[here], *first.ids[body.stop :]],
            [
                *first.type_ids[: body.start],
                *[first.type_ids[body.start]] * len(part),
                *first.type_ids[body.stop :],
            ],
            [*[(0, 0)] * before, *self.offsets[here], *[(0, 0)] * after],
            [*[None] * before, *self.word_ids[here], *[None] * after],
        )


def _own_tokens(encoding: Encoding, sequence: int) -> slice:
    """Return which tokens are of the text itself: neither special, nor of its context."""
    sequences = encoding.sequence_ids
    start = sequences.index(sequence) if sequence in sequences else 0
    return slice(start, start + sequences.count(sequence))


def window_parts(
    offsets: Sequence[tuple[int, int]], word_ids: Sequence[int | None], room: int
) -> Iterator[range]:
    """Yield the ranges of tokens that the windows of a text have; each token is in one or more.

    Args:
        offsets: start and end of each token in the text.
        word_ids: the number of each token's word.
        room: the most tokens of a window, without special tokens and context; at least 1 where there are
            tokens.
    """
    start, tokens = 0, len(offsets)
    while True:
        end = min(start + room, tokens)
        yield range(start, end)
        if end == tokens:
            return
        start = _next_start(offsets, word_ids, start, end)


def _next_start(
    offsets: Sequence[tuple[int, int]], word_ids: Sequence[int | None], start: int, end: int
) -> int:
    """Return the token that the window after `range(start, end)` starts with, where another word starts."""
    overlap = (end - start) // _OVERLAP
    latest = end - overlap
    earliest = max(start + 1, latest - overlap)
    near = range(latest, earliest - 1, -1)

    def is_after_space(at: int) -> bool:
        return offsets[at][0] > offsets[at - 1][1]

    def is_new_word(at: int) -> bool:
        return word_ids[at] != word_ids[at - 1]

    # A word such as "can't" is several for some tokenizers, so a space is the better place.
    choices = chain(
        filter(is_after_space, near),
        filter(is_new_word, near),
        filter(is_new_word, range(latest + 1, end + 1)),
        filter(is_new_word, range(earliest - 1, start, -1)),
    )
    return next(choices, latest)
