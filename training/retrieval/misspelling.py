"""Phrases as people type them: with a typing error, or in other capitals."""

from __future__ import annotations

from random import Random

from training.augmentation.char_swap import char_swaps

_CAPITALS = (str.lower, str.upper, str.capitalize)


def as_typed(text: str, random: Random) -> str:
    """Change one word by a typing error, or where no word can have one, or by half a chance, the capitals.

    Args:
        text: a phrase.
        random: of the change.
    """
    edits = char_swaps(text, random)
    if not edits or random.random() < 0.5:
        return random.choice(_CAPITALS)(text)
    edit = random.choice(edits)
    return text[: edit.start] + edit.replacement + text[edit.end :]
