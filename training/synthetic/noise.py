"""What programs leave in tweets: entities, escapes, mojibake, masks, bits of JSON and of markup.

What happens to a tweet between a head and a file. It comes before there are offsets.

Positive and negative tweets go through the same, so that no noise tells them apart.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from training.synthetic import lettering, spelling
from training.synthetic.pieces import Piece

_HANDLES = (
    *("@USER", "@USER", "@USER", "@user", "<user>", "@mike_{n}", "@sarah{n}", "@theReal{n}", "@jenn_x{n}"),
    *("@drsmith{n}", "@nurse_{n}", "@_lil{n}_", "@Pharma{n}", "@xx{n}xx", "@momof{n}"),
)
_LINKS = (
    *("HTTPURL", "HTTPURL", "HTTPURL", "<url>", "[link]", "http://t.co/{n}xYz", "https://t.co/q{n}Ab"),
    *("bit.ly/{n}k", "https://youtu.be/{n}Qd-a", "pic.twitter.com/w{n}eR", "http://fb.me/{n}aZ"),
    "www.blog{n}.com/?p={n}&utm=tw",
)
_WRAPPINGS = (
    ('{{"text":"', '"}}'),
    ('{{"id":{n}77,"text":"', '","lang":"en"}}'),
    ('"', '",{n},en'),
    ("<p>", "</p>"),
    ("", "<br />"),
    ("", "&nbsp;"),
    ("{n}\t", ""),
    ("b'", "'"),
    ("", "\\n"),
    ("\ufeff", ""),
    ("[{n}:{n}] ", ""),
    ("&gt;&gt; ", ""),
    ("```", "```"),
    ("", " // {n}"),
)


def unmasked(text: str, rng: Random) -> str:
    """Put names of users and addresses, or other masks, in place of `@USER` and `HTTPURL`."""
    text = re.sub("@USER", lambda _: rng.choice(_HANDLES).format(n=rng.randrange(100)), text)
    return re.sub("HTTPURL", lambda _: rng.choice(_LINKS).format(n=rng.randrange(100)), text)


def escaped(text: str, rng: Random) -> str:
    """Write `&`, `<`, `>` and quotes as HTML entities."""
    return html.escape(text).replace("&#x27;", rng.choice(("&#39;", "&#x27;", "'")))


def with_line_ends(text: str, rng: Random) -> str:
    r"""Write line ends as the two characters `\n`."""
    return re.sub(r"\n|(?<=[.!?]) ", lambda _: rng.choice(("\\n", "\\n", " ", "\\r\\n")), text)


def with_codes(text: str, rng: Random) -> str:
    """Write what is not ASCII as escapes of JSON, apostrophes too."""
    text = text.replace("'", "’")
    units = (c if ord(c) < 128 else c.encode("utf-16-be").hex() for c in text)
    return "".join(
        u if len(u) < 4 else "".join(f"\\u{u[i : i + 4]}" for i in range(0, len(u), 4)) for u in units
    )


def garbled(text: str, rng: Random) -> str:
    """Read UTF-8 as if it were Windows-1252: `donâ€™t`."""
    return "".join(c if ord(c) < 128 else _garbled(c) for c in text.replace("'", "’"))


def wrapping(rng: Random) -> tuple[str, str]:
    """Draw what stands around a tweet that was cut out of a file."""
    before, after = rng.choice(_WRAPPINGS)
    number = rng.randrange(10, 100)
    return before.format(n=number), after.format(n=number)


def _garbled(character: str) -> str:
    return "".join(
        bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in character.encode("utf-8", "replace")
    )


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
    (0.05, escaped),
    (0.012, with_line_ends),
    (0.012, with_codes),
    (0.012, garbled),
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
    rough = _changed(rough, [unmasked, *later], rng)
    if rng.random() < _WRAPPED:
        before, after = wrapping(rng)
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
