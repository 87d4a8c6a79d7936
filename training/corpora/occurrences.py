"""Finding a phrase in a sentence, for corpora that give the words of an effect and no usable offset."""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+(?:['’]\w+)*")


def occurrences(phrase: str, sentence: str) -> list[tuple[int, int]]:
    """Find where a phrase stands in a sentence: case and the kind of white space do not matter.

    Places inside of longer words ("ache" in "headaches") are given only where there are no others.

    Returns:
        (start, end) in characters, in order; empty where it is nowhere.
    """
    words = [re.escape(word) for word in phrase.split()]
    if not words:
        return []
    pattern = r"\s+".join(words)
    for bounded in (rf"(?<!\w){pattern}(?!\w)", pattern):
        found = [match.span() for match in re.finditer(bounded, sentence, re.IGNORECASE)]
        if found:
            return found
    return []


def scattered(phrase: str, sentence: str, *, gap: int = 4) -> tuple[int, int] | None:
    """Find the words of a phrase in their order, with others in between ("felt dizzy" in "felt very dizzy").

    Args:
        phrase: the words.
        sentence: where to look for them; case does not matter.
        gap: how many other words there may be between two of them.

    Returns:
        (start, end) in characters of the smallest range that holds them all, or None.
    """
    wanted = [word.lower() for word in _WORD.findall(phrase)]
    words = list(_WORD.finditer(sentence))
    best: tuple[int, int] | None = None
    for first in range(len(words)) if wanted else ():
        at = first
        for word in wanted:
            reach = range(at, min(at + gap + 1, len(words))) if at > first else range(first, first + 1)
            found = next((place for place in reach if words[place].group().lower() == word), None)
            if found is None:
                break
            at = found + 1
        else:
            place = words[first].start(), words[at - 1].end()
            if best is None or place[1] - place[0] < best[1] - best[0]:
                best = place
    return best
