"""Whole tweets that people wrote for this project: `data/written`, one a line.

`{zoloft}` is the name of a medicine, `[can't sleep|Insomnia]` an adverse effect with the name of its PT, and
`[slept in the bath|]` one that has none. An effect whose PT the terminology lacks has no code either. A tweet
with an effect is positive.

Tweets to judge by, of somebody who has seen neither the templates nor the tweets that are trained on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from random import Random

from models.terminology import Terminology
from training.errors import CorpusError
from training.examples import Example
from training.synthetic.medicines import Medicine, Pharmacy, fitted, written_like
from training.synthetic.pieces import Piece, join
from training.synthetic.wordlists import Line, data_folder, read_lines

_MARK = re.compile(r"\[([^\[\]{}|]+)\|([^\[\]{}|]*)\]|\{([^\[\]{}|]+)\}")
_STRAY = re.compile(r"[\[\]{}|]")


@dataclass(frozen=True, slots=True)
class WrittenTweet:
    """A tweet as it was written; it counts as one template.

    Attributes:
        pieces: its text; effects have their code.
        medicines: indices of the pieces that are names of medicines.
        document: "written", its file and its line.
    """

    pieces: tuple[Piece, ...]
    medicines: frozenset[int]
    document: str

    @property
    def label(self) -> int:
        """1 where it reports an adverse effect, else 0."""
        return int(bool(self.effects))

    @property
    def effects(self) -> list[str]:
        """The words of its adverse effects."""
        return [piece.text for piece in self.pieces if piece.ptid is not None]

    @property
    def text(self) -> str:
        """The whole, without markup."""
        return "".join(piece.text for piece in self.pieces)


def read_written(terminology: Terminology, folder: Traversable | None = None) -> list[WrittenTweet]:
    """Read the tweets of a folder, by default those of this package; none where there is no folder.

    Raises:
        CorpusError: a tweet's markup is wrong; its file and line are named.
    """
    codes = terminology.codes_by_name()
    lines = read_lines(folder or data_folder("written"))
    return [_tweet(line, codes) for line in lines]


def retold(tweet: WrittenTweet, pharmacy: Pharmacy, rng: Random) -> list[Piece]:
    """Give the tweet about other medicines of the same kinds; those that we do not know stay."""
    others: dict[str, Medicine] = {}
    pieces = list(tweet.pieces)
    for index in sorted(tweet.medicines):
        known = pharmacy.named(pieces[index].text)
        if known is None:
            continue
        other = others.setdefault(known.name, pharmacy.another(known, rng))
        before = pieces[index - 1] if index else Piece("")
        start, name = fitted(before.text, written_like(other.name, pieces[index].text))
        if index and before.ptid is None:
            pieces[index - 1] = Piece(start)
        pieces[index] = Piece(name)
    return pieces


def _tweet(line: Line, codes: dict[str, str]) -> WrittenTweet:
    pieces: list[Piece] = []
    medicines: set[int] = set()
    for text, effect, pt_name, medicine in _parts(line):
        if medicine:
            medicines.add(len(pieces))
            pieces.append(Piece(medicine))
        elif effect:
            pieces.append(Piece(effect, codes.get(pt_name.strip().lower(), "")))
        elif text:
            pieces.append(Piece(text))
    return WrittenTweet(tuple(pieces), frozenset(medicines), f"written:{line.file}:{line.number}")


def _parts(line: Line) -> Iterator[tuple[str, str, str, str]]:
    """Give (text, "", "", "") for what is between marks, and ("", effect, PT, medicine) for marks."""
    at = 0
    for mark in (*_MARK.finditer(line.text), None):
        between = line.text[at : mark.start() if mark else None]
        if stray := _STRAY.search(between):
            raise CorpusError(
                f"{line.file}.txt, line {line.number}: {stray[0]!r} belongs to no mark: write "
                f"{{medicine}} and [words|PT name], in {line.text[:60]!r}"
            )
        yield between, "", "", ""
        if mark:
            at = mark.end()
            if not (mark[1] or mark[3]).strip():
                raise CorpusError(
                    f"{line.file}.txt, line {line.number}: {mark[0]!r} marks nothing: write words"
                )
            yield "", mark[1] or "", mark[2] or "", mark[3] or ""


def blind_tweets(terminology: Terminology) -> list[Example]:
    """Read `data/blind`, as it was written, without noise; its format is that of `data/written`.

    About a quarter of them report an adverse effect, which is more than in life; the others are as a search
    for names of medicines would bring them.

    Raises:
        CorpusError: a tweet's markup is wrong; its file and line are named.
    """
    examples = []
    for tweet in read_written(terminology, data_folder("blind")):
        text, spans = join(tweet.pieces)
        name = tweet.document.removeprefix("written:")
        examples.append(Example(f"blind:{name}", text, tweet.label, spans))
    return examples
