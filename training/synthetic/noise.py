"""Noise: what people and programs do to a tweet before it gets into a file.

It is added before offsets are counted. Positive and negative tweets get the same noise, so that none gives
the class away.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from training.synthetic import lettering, spelling
from training.synthetic.pieces import Piece

TextChange = Callable[[str, Random], str]

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


def add_noise(pieces: Sequence[Piece], rng: Random, *, amount: float = 1.0) -> list[Piece]:
    """Change text as people and programs do; the marks on the pieces stay where they are.

    Args:
        pieces: of one tweet.
        rng: the random number generator.
        amount: share of the usual noise of people, in [0, 1]; less for text that has some already.
    """
    spelling_changes = [change for chance, change in _SPELLING if rng.random() < chance * amount]
    noisy = _change_pieces(pieces, spelling_changes, rng)
    if rng.random() < amount and (capitals := _draw_change(_CAPITALS, rng)):
        noisy = _change_whole(noisy, capitals, rng)
    later = [change for chance, change in (*_LETTERS, *_DEBRIS) if rng.random() < chance]
    noisy = _change_pieces(noisy, [replace_masks, *later], rng)
    if rng.random() < _WRAPPED:
        before, after = _draw_wrapping(rng)
        return [Piece(before), *noisy, Piece(after)]
    return noisy


def replace_masks(text: str, rng: Random) -> str:
    """Replace `@USER` and `HTTPURL` by user names and addresses, or by other masks."""
    text = re.sub("@USER", lambda _: rng.choice(_HANDLES).format(n=rng.randrange(100)), text)
    return re.sub("HTTPURL", lambda _: rng.choice(_LINKS).format(n=rng.randrange(100)), text)


def use_html_entities(text: str, rng: Random) -> str:
    """Write `&`, `<`, `>` and quotes as HTML entities."""
    return html.escape(text).replace("&#x27;", rng.choice(("&#39;", "&#x27;", "'")))


def escape_line_ends(text: str, rng: Random) -> str:
    r"""Write line ends as the two characters `\n`."""
    return re.sub(r"\n|(?<=[.!?]) ", lambda _: rng.choice(("\\n", "\\n", " ", "\\r\\n")), text)


def escape_as_json(text: str, rng: Random) -> str:
    """Write characters beyond ASCII, and apostrophes, as escapes of JSON."""
    text = text.replace("'", "’")
    units = (c if ord(c) < 128 else c.encode("utf-16-be").hex() for c in text)
    return "".join(
        u if len(u) < 4 else "".join(f"\\u{u[i : i + 4]}" for i in range(0, len(u), 4)) for u in units
    )


def garble_encoding(text: str, rng: Random) -> str:
    """Read UTF-8 as if it were Windows-1252: `donâ€™t`."""
    return "".join(c if ord(c) < 128 else _garble_character(c) for c in text.replace("'", "’"))


def _garble_character(character: str) -> str:
    return "".join(
        bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in character.encode("utf-8", "replace")
    )


# Each change with the share of tweets that it applies to. The tables are in the order in which things happen
# to a tweet: people misspell it, then letters change, then files damage it.
_SPELLING: tuple[tuple[float, TextChange], ...] = (
    (0.4, spelling.drop_apostrophes),
    (0.22, spelling.abbreviate_words),
    (0.2, spelling.mistype_words),
    (0.06, spelling.stretch_words),
)
# At most one of these applies to a tweet.
_CAPITALS: tuple[tuple[float, TextChange], ...] = (
    (0.05, lettering.capitalize_all),
    (0.17, lettering.capitalize_i),
    (0.2, lettering.capitalize_sentences),
    (0.06, lettering.capitalize_some_words),
    (0.01, lettering.capitalize_initials),
    (0.005, lettering.capitalize_at_random),
)
_LETTERS: tuple[tuple[float, TextChange], ...] = (
    (0.12, lettering.curl_quotes),
    (0.1, lettering.add_skin_tones),
    (0.008, lettering.use_full_width),
    (0.01, lettering.use_math_letters),
    (0.012, lettering.insert_joiners),
    (0.012, lettering.add_accents),
    (0.006, lettering.use_lookalikes),
    (0.012, lettering.use_odd_blanks),
    (0.006, lettering.decompose),
)
_DEBRIS: tuple[tuple[float, TextChange], ...] = (
    (0.05, use_html_entities),
    (0.012, escape_line_ends),
    (0.012, escape_as_json),
    (0.012, garble_encoding),
)
_WRAPPED = 0.02


def _draw_wrapping(rng: Random) -> tuple[str, str]:
    """Draw what is left before and after a tweet that was cut out of a file."""
    before, after = rng.choice(_WRAPPINGS)
    number = rng.randrange(10, 100)
    return before.format(n=number), after.format(n=number)


def _change_pieces(pieces: Sequence[Piece], changes: Sequence[TextChange], rng: Random) -> list[Piece]:
    for change in changes:
        pieces = [replace(piece, text=change(piece.text, rng)) for piece in pieces]
    return list(pieces)


def _change_whole(pieces: Sequence[Piece], change: TextChange, rng: Random) -> list[Piece]:
    """Change the text as a whole, so that a piece within a sentence does not begin like a sentence."""
    whole = "".join(piece.text for piece in pieces)
    changed = change(whole, rng)
    if len(changed) != len(whole):  # the capital of "ß" has two letters
        return _change_pieces(pieces, [change], rng)
    result = []
    at = 0
    for piece in pieces:
        result.append(replace(piece, text=changed[at : at + len(piece.text)]))
        at += len(piece.text)
    return result


def _draw_change(choices: Sequence[tuple[float, TextChange]], rng: Random) -> TextChange | None:
    at = rng.random()
    for chance, change in choices:
        if at < chance:
            return change
        at -= chance
    return None
