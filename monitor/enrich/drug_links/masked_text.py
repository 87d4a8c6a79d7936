"""A post as a row of words in which each drug and each effect is a single character.

In this form a rule is a short regular expression: "zoloft gave me night sweats" becomes "D Vgave me E". Drugs
and effects have characters of their own from Unicode's private area, so a match says which ones it means.
Words of three kinds begin with a capital letter, so that a rule needs no long list of words: V for what
causes, N for a negation, F for words between a lead and its drug that change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from monitor.findings import DrugMention, Span

FIRST_DRUG: Final = 0xE000
FIRST_EFFECT: Final = 0xF000
_CAUSING = (
    "gave gives give giving cause caused causes causing make makes made making leave leaves leaving got "
    "gets getting has had have having turned turns turning trigger triggered triggers sent sends put puts "
    "keep keeps kept keeping bring brings brought wreck wrecked wrecks wrecking ruined ruins ruining "
    "destroyed destroys killed kills killing messed messes fucked fucks tore tears knocked knocks wiped "
    "wipes upset upsets tanked rotted induce induced induces inducing produced produces drives drove set "
    "sets did hit hits fries fried blew raised led burns burned hurt hurts = ->"
)
_NEGATIONS = (
    "not never no didn't didnt doesn't doesnt don't dont isn't isnt wasn't wasnt won't wont aren't "
    "arent weren't hasn't hasnt haven't without nothing"
)
_FILLERS = (
    "the my this that these those his her our your a an some damn stupid fucking freaking more two one three "
    "another extra high low daily old first second third last dose doses mg pill pills half # up just only "
    "actual generic finally all any"
)
CAUSING: Final = frozenset(_CAUSING.split())
NEGATIONS: Final = frozenset(_NEGATIONS.split())
FILLERS: Final = frozenset(_FILLERS.split())
"""The words of the three kinds."""

_TAGGED: Final = {
    **{word: f"F{word}" for word in FILLERS},
    **{word: f"V{word}" for word in CAUSING},
    **{word: f"N{word}" for word in NEGATIONS},
}

MOST: Final = 60
"""Drugs and effects that are read in one text: a longer list than anyone writes."""

DRUG: Final = "[\ue000-\uefff]"
EFFECT: Final = "[\uf000-\uf8ff]"

_PRIVATE: Final = re.compile("[\ue000-\uf8ff]")
_TOKEN: Final = re.compile(
    r"(?P<mark>[\ue000-\uf8ff])|https?://[^\s\ue000-\uf8ff]+|@\w+|(?P<pause>\.\.+|…|—|–)|(?P<arrow>[-=]{1,8}>|→)"
    r"|(?P<word>\w[\w'-]*)|(?P<sign>[.!?\n,;:()/&+=#-])"
)
_BREAK: Final = re.compile("[\ue000-\uf8ff.] ")
_LONGEST_LEAD: Final = 80
"""Characters before a drug in which its lead is looked for."""

_MARKS: Final = {"!": ".", "?": ".", "\n": "."}
"""All ends of sentences become a full stop."""

_COSTS: Final = {
    **dict.fromkeys((".",), 7.0),
    **dict.fromkeys((";", "but", "though", "although", "while", "whereas", "however", "instead"), 5.0),
    **dict.fromkeys((",", "so", "then", "->"), 3.0),
    **dict.fromkeys(("and", "(", "/"), 1.5),
    **dict.fromkeys((":", "=", "-", "#", ")", "+", "&"), 0.5),
}
"""How far apart a word puts what stands before and after it; any other word counts 1."""


@dataclass(frozen=True, slots=True)
class MaskedText:
    """A post for the rules.

    Attributes:
        text: words, signs, drugs and effects, in lower case, with one space after each and one in front.
        drugs: the drugs, in the order of the text; the first one's character is `FIRST_DRUG`.
        effects: the spans of the effects, in the order of the text.
        places: where in `text` a drug or an effect stands, by its character.
        distances: how far from the beginning it stands, in words; commas and clauses count more.
    """

    text: str
    drugs: tuple[DrugMention, ...]
    effects: tuple[Span, ...]
    places: dict[str, int]
    distances: dict[str, float]

    def words_before(self, place: int) -> list[str]:
        """Return the words before a place in the text, without capitals, up to a drug, effect or stop."""
        before = _BREAK.split(self.text[max(0, place - _LONGEST_LEAD) : place])[-1]
        return [word.lstrip("FNV") for word in before.split()]


def mask_text(text: str, drugs: Sequence[DrugMention], effects: Sequence[Span]) -> MaskedText:
    """Return the text with its drugs and effects as single characters.

    Args:
        text: the post.
        drugs: its drugs; those with a span outside the text are left out.
        effects: spans of its effects; those outside the text are left out.
    """
    kept_drugs = sorted(
        {drug for drug in drugs if 0 <= drug.start < drug.end <= len(text)},
        key=lambda drug: (drug.start, drug.end, drug.drug, drug.naming, drug.atc or "", drug.text),
    )[:MOST]
    kept_effects = sorted({span for span in effects if 0 <= span[0] < span[1] <= len(text)})[:MOST]
    marks = [(drug.start, drug.end, chr(FIRST_DRUG + index)) for index, drug in enumerate(kept_drugs)]
    marks += [(*span, chr(FIRST_EFFECT + index)) for index, span in enumerate(kept_effects)]
    joined, places, distances = _joined(_replaced(text, sorted(marks)))
    return MaskedText(joined, tuple(kept_drugs), tuple(kept_effects), places, distances)


def _replaced(text: str, marks: Sequence[tuple[int, int, str]]) -> str:
    """Return the text with characters in place of spans; of spans that overlap, all have their character."""
    pieces: list[str] = []
    position = 0
    for start, end, mark in marks:
        if start > position:
            pieces.append(_PRIVATE.sub(" ", text[position:start]))
        pieces.append(mark)
        position = max(position, end)
    pieces.append(_PRIVATE.sub(" ", text[position:]))
    return "".join(pieces).lower().replace("’", "'")


def _joined(masked: str) -> tuple[str, dict[str, int], dict[str, float]]:
    words: list[str] = [""]
    places: dict[str, int] = {}
    distances: dict[str, float] = {}
    place, distance = 1, 0.0
    for match in _TOKEN.finditer(masked):
        kind, word = match.lastgroup, match.group()
        if kind is None:
            continue
        if kind == "mark":
            places[word], distances[word] = place, distance
        elif kind == "pause":
            word = ";"
        elif kind == "arrow":
            word = "->"
        elif kind == "sign":
            word = _MARKS.get(word, word)
        distance += _COSTS.get(word, 1.0)
        word = _TAGGED.get(word, word)
        words.append(word)
        place += len(word) + 1
    return " ".join([*words, ""]), places, distances
