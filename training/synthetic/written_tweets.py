"""Whole tweets that a language model composed for this project: `data/written` and `data/blind`.

There is one tweet per line. `{zoloft}` is the name of a medicine, `[can't sleep|Insomnia]` an adverse effect
with the name of its PT, and `[slept in the bath|]` one without a PT. An effect whose PT is not in the
terminology has no code either. A tweet with an effect is positive. A line may start with the context of the
tweet, such as the title of a thread: `<{zoloft}, week 2> can't sleep`. A context reports nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from random import Random

from models.terminology import Terminology
from training.errors import CorpusError
from training.examples import Example
from training.synthetic.medicines import Medicine, MedicineIndex, fit_name, match_style
from training.synthetic.pieces import Piece, join_pieces
from training.wordlists import NumberedLine, data_folder, read_numbered_lines

_MARK = re.compile(r"\[([^\[\]{}|]+)\|([^\[\]{}|]*)\]|\{([^\[\]{}|]+)\}")
_STRAY = re.compile(r"[\[\]{}|]")
_CONTEXT = re.compile(r"<([^<>]*)>\s*(.*)")


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text in pieces.

    Attributes:
        pieces: its parts; effects have their code.
        medicines: indices of the pieces that are names of medicines.
    """

    pieces: tuple[Piece, ...] = ()
    medicines: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class WrittenTweet:
    """A whole tweet as it was composed; it counts as one template.

    Attributes:
        content: its text.
        document: "written", its file and its line.
        context: what it answers or belongs to; no pieces if there is nothing.
    """

    content: MarkedText
    document: str
    context: MarkedText = MarkedText()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The parts of its text."""
        return self.content.pieces

    @property
    def label(self) -> int:
        """1 if it reports an adverse effect, else 0."""
        return int(bool(self.effects))

    @property
    def effects(self) -> list[str]:
        """The words of its adverse effects."""
        return [piece.text for piece in self.pieces if piece.ptid is not None]

    @property
    def text(self) -> str:
        """The whole text, without markup."""
        return "".join(piece.text for piece in self.pieces)


def read_written(terminology: Terminology, folder: Traversable | None = None) -> list[WrittenTweet]:
    """Read the tweets of a folder, by default `data/written`; none if there is no folder.

    Raises:
        CorpusError: the markup of a tweet is wrong; the message names its file and line.
    """
    codes = terminology.codes_by_name()
    lines = read_numbered_lines(folder or data_folder(__package__, "written"))
    return [_parse_tweet(line, codes) for line in lines]


def evaluation_posts(terminology: Terminology, *folders: str) -> list[Example]:
    """Read posts that were composed for evaluation only, without noise.

    They were composed separately, without sight of the templates and tweets that bundles are trained on.

    `blind` has tweets of which a quarter report an adverse effect, more than in reality; nearly all of its
    negatives are hard. `stream` imitates what a search for names of medicines finds, with 7% positives, and
    has a file for each kind of post. `stream_positives` has more positives of the same kinds.

    Args:
        terminology: the source of the codes.
        folders: of `data`; one that does not exist has no posts.

    Returns:
        The posts; `document` is the folder and the file, such as "stream:benefit".

    Raises:
        CorpusError: the markup of a post is wrong; the message names its file and line.
    """
    examples = []
    for folder in folders:
        for post in read_written(terminology, data_folder(__package__, folder)):
            text, spans = join_pieces(post.content.pieces)
            context, _ = join_pieces(post.context.pieces)
            _, file, line = post.document.split(":")
            document = f"{folder}:{file}"
            examples.append(Example(f"{document}:{line}", text, post.label, spans, document, context))
    return examples


def swap_medicines(tweet: WrittenTweet, medicines: MedicineIndex, rng: Random) -> WrittenTweet:
    """Return the tweet with other medicines of the same kinds; unknown ones stay."""
    others: dict[str, Medicine] = {}

    def swap(marked: MarkedText) -> MarkedText:
        pieces = list(marked.pieces)
        for index in sorted(marked.medicines):
            medicine = medicines.find(pieces[index].text)
            if medicine is None:
                continue
            other = others.setdefault(medicine.name, medicines.draw_same_kind(medicine, rng))
            before = pieces[index - 1] if index else Piece("")
            start, name = fit_name(before.text, match_style(other.name, pieces[index].text))
            if index and before.ptid is None:
                pieces[index - 1] = Piece(start)
            pieces[index] = Piece(name)
        return replace(marked, pieces=tuple(pieces))

    return replace(tweet, content=swap(tweet.content), context=swap(tweet.context))


def _parse_tweet(line: NumberedLine, codes: dict[str, str]) -> WrittenTweet:
    has_context = _CONTEXT.fullmatch(line.text)
    context, text = has_context.groups() if has_context else ("", line.text)
    tweet = WrittenTweet(
        _parse_marks(line, text, codes),
        f"written:{line.file}:{line.number}",
        _parse_marks(line, context, codes),
    )
    if any(piece.ptid is not None for piece in tweet.context.pieces):
        raise CorpusError(
            f"{line.file}.txt, line {line.number}: the context has an effect: mark effects in the text only, "
            f"in {line.text[:60]!r}"
        )
    return tweet


def _parse_marks(line: NumberedLine, text: str, codes: dict[str, str]) -> MarkedText:
    pieces: list[Piece] = []
    medicines: set[int] = set()
    for between, effect, pt_name, medicine in _parse_parts(line, text):
        if medicine:
            medicines.add(len(pieces))
            pieces.append(Piece(medicine))
        elif effect:
            pieces.append(Piece(effect, codes.get(pt_name.strip().lower(), "")))
        elif between:
            pieces.append(Piece(between))
    return MarkedText(tuple(pieces), frozenset(medicines))


def _parse_parts(line: NumberedLine, text: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield (text, "", "", "") for text between marks, and ("", effect, PT, medicine) for marks."""
    at = 0
    for mark in (*_MARK.finditer(text), None):
        between = text[at : mark.start() if mark else None]
        if stray := _STRAY.search(between):
            raise CorpusError(
                f"{line.file}.txt, line {line.number}: {stray[0]!r} is outside of any mark: write "
                f"{{medicine}} and [words|PT name], in {line.text[:60]!r}"
            )
        yield between, "", "", ""
        if mark:
            at = mark.end()
            if not (mark[1] or mark[3]).strip():
                raise CorpusError(
                    f"{line.file}.txt, line {line.number}: {mark[0]!r} marks nothing: write words in it"
                )
            yield "", mark[1] or "", mark[2] or "", mark[3] or ""
