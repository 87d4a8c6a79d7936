"""What stands around what a tweet says: other sentences, threads, greetings, hashtags, emoji, links.

Both classes get the same frames with the same chances, so that no frame tells them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random

from training.synthetic.lexicon import Lexicon
from training.synthetic.pieces import Piece
from training.synthetic.sentences import Core
from training.synthetic.template_filling import Choosing, fill
from training.synthetic.templates import expand
from training.synthetic.wordlists import data_folder, read_lines

# How many sentences beside what is said, and how often.
_ASIDES = (0.64, 0.22, 0.08, 0.03, 0.015, 0.01, 0.005)
_STOPS = (". ", ". ", ". ", "! ", "... ", ", ", " ", " - ", "\n", "\n\n", ".. ", "; ", " // ", ". \n")
# How often a tweet stands amid sentences of everyday talk, as in threads and longer posts, and amid how many.
_TALK, _SENTENCES = 0.14, (2, 6)
_OPENER, _CLOSER, _HASHTAG, _EMOJI, _LINK, _RETWEET = 0.2, 0.28, 0.12, 0.2, 0.07, 0.03


def framed(core: Core, lexicon: Lexicon, rng: Random) -> list[Piece]:
    """Put a frame around a filled template."""
    sentences = [core.pieces]
    beside = [core.companion] if core.companion else []
    count = rng.choices(range(len(_ASIDES)), _ASIDES)[0]
    beside += [_aside(core, lexicon, rng) for _ in range(count)]
    beside += _talk(lexicon, rng)
    for sentence in beside:
        sentences.insert(rng.randint(0, len(sentences)), sentence)
    pieces = _together(sentences, rng)
    if len(sentences) > 2 and rng.random() < 0.5:
        pieces = _numbered(pieces, rng)
    return [*_before(rng), *pieces, *_after(rng)]


def lightly_framed(core: Core, lexicon: Lexicon, rng: Random) -> list[Piece]:
    """Put next to nothing around a tweet that somebody wrote whole, or everyday talk."""
    sentences = _talk(lexicon, rng)
    sentences.insert(rng.randint(0, len(sentences)), core.pieces)
    pieces = _together(sentences, rng)
    if rng.random() < 0.1:
        pieces = [Piece(_drawn("openers", rng) + " "), *pieces]
    if rng.random() < 0.1:
        pieces += [
            Piece(" " + rng.choice((_drawn("emoji", rng), _drawn("hashtags", rng), "HTTPURL", "@USER")))
        ]
    return pieces


def _talk(lexicon: Lexicon, rng: Random) -> list[list[Piece]]:
    """Draw sentences that have to do with neither medicines nor complaints; mostly none."""
    plain = lexicon.asides.get("plain", ())
    if rng.random() >= _TALK or not plain:
        return []
    count = min(len(plain), rng.randint(*_SENTENCES))
    return [[Piece(expand(template.text, rng))] for template in rng.sample(plain, count)]


def _together(sentences: Sequence[list[Piece]], rng: Random) -> list[Piece]:
    """Put sentences one after the other; one that has its full stop gets no second one."""
    usual = rng.choice(_STOPS)
    pieces: list[Piece] = []
    for number, sentence in enumerate(sentences):
        if number:
            stop = usual if rng.random() < 0.7 else rng.choice(_STOPS)
            ended = pieces and pieces[-1].text.rstrip().endswith((".", "!", "?", "…"))
            pieces.append(Piece(rng.choice((" ", " ", "\n")) if ended else stop))
        pieces += sentence
    return pieces


def _aside(core: Core, lexicon: Lexicon, rng: Random) -> list[Piece]:
    sections = [name for name in ("life", "medicine") if lexicon.asides.get(name)]
    if core.scene is None or not sections:
        return []
    template = rng.choice(lexicon.asides[rng.choice(sections)])
    return fill(template, core.scene, lexicon, rng, Choosing(), set())


def _numbered(pieces: list[Piece], rng: Random) -> list[Piece]:
    """Write as one of a thread: "1/3"."""
    last = rng.randint(2, 9)
    number = rng.randint(1, last)
    mark = rng.choice(
        (f"{number}/{last}", f"({number}/{last})", f"{number}/", f"{number}/n", "🧵", "Thread:", "[thread]")
    )
    if rng.random() < 0.5 or mark.startswith(("T", "[")):
        return [Piece(mark + " "), *pieces]
    return [*pieces, Piece(" " + mark)]


def _before(rng: Random) -> list[Piece]:
    pieces = [Piece("RT @USER: ")] if rng.random() < _RETWEET else []
    if rng.random() < _OPENER:
        pieces.append(Piece(_drawn("openers", rng) + " "))
    if rng.random() < _EMOJI / 8:
        pieces.append(Piece(_drawn("emoji", rng) + " "))
    return pieces


def _after(rng: Random) -> list[Piece]:
    ends = []
    if rng.random() < _CLOSER:
        ends.append(_drawn("closers", rng))
    if rng.random() < _EMOJI:
        ends.append(
            rng.choice(("", " ")).join(_drawn("emoji", rng) for _ in range(rng.choice((1, 1, 1, 2, 3))))
        )
    if rng.random() < _HASHTAG:
        ends.append(" ".join(_drawn("hashtags", rng) for _ in range(rng.choice((1, 1, 2, 3)))))
    if rng.random() < _LINK:
        ends.append("HTTPURL")
    rng.shuffle(ends)
    return [Piece(("" if rng.random() < 0.2 and end[:1] in "!.?…" else " ") + end) for end in ends]


def _drawn(name: str, rng: Random) -> str:
    return expand(rng.choice(_frames()[name]), rng)


@cache
def _frames() -> Mapping[str, Sequence[str]]:
    """Read `data/frames`: openers, closers, emoji and hashtags, a file for each."""
    frames: dict[str, list[str]] = {}
    for line in read_lines(data_folder("frames")):
        frames.setdefault(line.file, []).append(line.text)
    return frames
