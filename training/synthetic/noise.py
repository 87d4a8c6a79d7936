"""What happens to a tweet between a head and a file. It comes before there are offsets.

Positive and negative tweets go through the same, so that no noise tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from training.synthetic import debris, lettering, spelling
from training.synthetic.pieces import Piece

Change = Callable[[str, Random], str]

# Each with the share of tweets that it happens to, in the order of time: spelling, letters, files.
_SPELLING: tuple[tuple[float, Change], ...] = (
    (0.4, spelling.without_apostrophes),
    (0.22, spelling.shortened),
    (0.2, spelling.mistyped),
    (0.06, spelling.drawn_out),
)
# Of these at most one.
_CAPITALS: tuple[tuple[float, Change], ...] = (
    (0.05, lettering.shouted),
    (0.17, lettering.with_capital_i),
    (0.2, lettering.with_sentence_capitals),
    (0.06, lettering.stressed),
    (0.01, lettering.titled),
    (0.005, lettering.mocking),
)
_LETTERS: tuple[tuple[float, Change], ...] = (
    (0.12, lettering.with_curly_quotes),
    (0.1, lettering.with_skin_tones),
    (0.008, lettering.full_width),
    (0.01, lettering.in_mathematics),
    (0.012, lettering.with_joiners),
    (0.012, lettering.with_accents),
    (0.006, lettering.with_lookalikes),
    (0.012, lettering.with_odd_blanks),
    (0.006, lettering.decomposed),
)
_DEBRIS: tuple[tuple[float, Change], ...] = (
    (0.05, debris.escaped),
    (0.012, debris.with_line_ends),
    (0.012, debris.with_codes),
    (0.012, debris.garbled),
)
_WRAPPED = 0.02


def roughen(pieces: Sequence[Piece], rng: Random, *, amount: float = 1.0) -> list[Piece]:
    """Change words as people and programs do; the marks on the pieces stay where they are.

    Args:
        pieces: of one tweet.
        rng: the source of chance.
        amount: of the usual noise of people, in [0, 1]: less where somebody wrote some already.
    """
    spelling_changes = [change for chance, change in _SPELLING if rng.random() < chance * amount]
    rough = _changed(pieces, spelling_changes, rng)
    if rng.random() < amount and (capitals := _one_of(_CAPITALS, rng)):
        rough = _changed_whole(rough, capitals, rng)
    later = [change for chance, change in (*_LETTERS, *_DEBRIS) if rng.random() < chance]
    rough = _changed(rough, [debris.unmasked, *later], rng)
    if rng.random() < _WRAPPED:
        before, after = debris.wrapping(rng)
        return [Piece(before), *rough, Piece(after)]
    return rough


def _changed(pieces: Sequence[Piece], changes: Sequence[Change], rng: Random) -> list[Piece]:
    for change in changes:
        pieces = [replace(piece, text=change(piece.text, rng)) for piece in pieces]
    return list(pieces)


def _changed_whole(pieces: Sequence[Piece], change: Change, rng: Random) -> list[Piece]:
    """Change the text as a whole, so that a piece's first letter is a sentence's only where it is one."""
    whole = "".join(piece.text for piece in pieces)
    changed = change(whole, rng)
    if len(changed) != len(whole):  # an "ß" has two capitals
        return _changed(pieces, [change], rng)
    result = []
    at = 0
    for piece in pieces:
        result.append(replace(piece, text=changed[at : at + len(piece.text)]))
        at += len(piece.text)
    return result


def _one_of(choices: Sequence[tuple[float, Change]], rng: Random) -> Change | None:
    at = rng.random()
    for chance, change in choices:
        if at < chance:
            return change
        at -= chance
    return None
