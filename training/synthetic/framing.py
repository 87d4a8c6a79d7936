"""The frame around the content of a tweet: other sentences, threads, greetings, hashtags, emoji, links.

Both classes get the same frames with the same chances, so that no frame gives the class away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random

from training.synthetic.lexicon import Lexicon
from training.synthetic.pieces import Piece
from training.synthetic.sentences import Core
from training.synthetic.template_filling import EffectChoice, fill_template
from training.synthetic.templates import expand_rules
from training.wordlists import data_folder, read_numbered_lines

# Chances of 0, 1, 2, ... further sentences.
_ASIDES = (0.64, 0.22, 0.08, 0.03, 0.015, 0.01, 0.005)
_STOPS = (". ", ". ", ". ", "! ", "... ", ", ", " ", " - ", "\n", "\n\n", ".. ", "; ", " // ", ". \n")
# Chance of everyday talk around a tweet, as in threads and longer posts, and its number of sentences.
_TALK, _SENTENCES = 0.14, (2, 6)
_OPENER, _CLOSER, _HASHTAG, _EMOJI, _LINK, _RETWEET = 0.2, 0.28, 0.12, 0.2, 0.07, 0.03


def add_frame(core: Core, lexicon: Lexicon, rng: Random) -> list[Piece]:
    """Put a frame around a filled template."""
    sentences = [core.pieces]
    others = [core.companion] if core.companion else []
    count = rng.choices(range(len(_ASIDES)), _ASIDES)[0]
    others += [_draw_aside(core, lexicon, rng) for _ in range(count)]
    others += _draw_talk(lexicon, rng)
    for sentence in others:
        sentences.insert(rng.randint(0, len(sentences)), sentence)
    pieces = _join_sentences(sentences, rng)
    if len(sentences) > 2 and rng.random() < 0.5:
        pieces = _number_as_thread(pieces, rng)
    return [*_draw_start(rng), *pieces, *_draw_end(rng)]


def add_light_frame(core: Core, lexicon: Lexicon, rng: Random) -> list[Piece]:
    """Put little or nothing around a whole written tweet, or everyday talk."""
    sentences = _draw_talk(lexicon, rng)
    sentences.insert(rng.randint(0, len(sentences)), core.pieces)
    pieces = _join_sentences(sentences, rng)
    if rng.random() < 0.1:
        pieces = [Piece(_draw("openers", rng) + " "), *pieces]
    if rng.random() < 0.1:
        pieces += [Piece(" " + rng.choice((_draw("emoji", rng), _draw("hashtags", rng), "HTTPURL", "@USER")))]
    return pieces


def _draw_talk(lexicon: Lexicon, rng: Random) -> list[list[Piece]]:
    """Draw sentences about neither medicines nor complaints; usually none."""
    plain = lexicon.asides.get("plain", ())
    if rng.random() >= _TALK or not plain:
        return []
    count = min(len(plain), rng.randint(*_SENTENCES))
    return [[Piece(expand_rules(template.text, rng))] for template in rng.sample(plain, count)]


def _join_sentences(sentences: Sequence[list[Piece]], rng: Random) -> list[Piece]:
    """Put sentences one after the other; one that has a full stop gets no second one."""
    usual = rng.choice(_STOPS)
    pieces: list[Piece] = []
    for number, sentence in enumerate(sentences):
        if number:
            stop = usual if rng.random() < 0.7 else rng.choice(_STOPS)
            is_ended = pieces and pieces[-1].text.rstrip().endswith((".", "!", "?", "…"))
            pieces.append(Piece(rng.choice((" ", " ", "\n")) if is_ended else stop))
        pieces += sentence
    return pieces


def _draw_aside(core: Core, lexicon: Lexicon, rng: Random) -> list[Piece]:
    sections = [name for name in ("life", "medicine") if lexicon.asides.get(name)]
    if core.scene is None or not sections:
        return []
    template = rng.choice(lexicon.asides[rng.choice(sections)])
    return fill_template(template, core.scene, lexicon, rng, EffectChoice(), set())


def _number_as_thread(pieces: list[Piece], rng: Random) -> list[Piece]:
    """Mark as a part of a thread: "1/3"."""
    last = rng.randint(2, 9)
    number = rng.randint(1, last)
    mark = rng.choice(
        (f"{number}/{last}", f"({number}/{last})", f"{number}/", f"{number}/n", "🧵", "Thread:", "[thread]")
    )
    if rng.random() < 0.5 or mark.startswith(("T", "[")):
        return [Piece(mark + " "), *pieces]
    return [*pieces, Piece(" " + mark)]


def _draw_start(rng: Random) -> list[Piece]:
    pieces = [Piece("RT @USER: ")] if rng.random() < _RETWEET else []
    if rng.random() < _OPENER:
        pieces.append(Piece(_draw("openers", rng) + " "))
    if rng.random() < _EMOJI / 8:
        pieces.append(Piece(_draw("emoji", rng) + " "))
    return pieces


def _draw_end(rng: Random) -> list[Piece]:
    ends = []
    if rng.random() < _CLOSER:
        ends.append(_draw("closers", rng))
    if rng.random() < _EMOJI:
        ends.append(
            rng.choice(("", " ")).join(_draw("emoji", rng) for _ in range(rng.choice((1, 1, 1, 2, 3))))
        )
    if rng.random() < _HASHTAG:
        ends.append(" ".join(_draw("hashtags", rng) for _ in range(rng.choice((1, 1, 2, 3)))))
    if rng.random() < _LINK:
        ends.append("HTTPURL")
    rng.shuffle(ends)
    return [Piece(("" if rng.random() < 0.2 and end[:1] in "!.?…" else " ") + end) for end in ends]


def _draw(name: str, rng: Random) -> str:
    return expand_rules(rng.choice(_frames()[name]), rng)


@cache
def _frames() -> Mapping[str, Sequence[str]]:
    """Read `data/frames`: openers, closers, emoji and hashtags, one file each."""
    frames: dict[str, list[str]] = {}
    for line in read_numbered_lines(data_folder(__package__, "frames")):
        frames.setdefault(line.file, []).append(line.text)
    return frames
