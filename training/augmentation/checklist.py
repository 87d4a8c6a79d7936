"""Changes that leave the report as it is (CheckList, Ribeiro et al. 2020): places, numbers, contractions."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Final

from training.augmentation.contractions import CONTRACTION, other_form
from training.augmentation.edits import Edit
from training.augmentation.numbers import NUMBER, NUMBER_WORD, other_number, other_number_word
from training.augmentation.places import KIND_OF, other_place
from training.augmentation.words import is_within, opaque_places

# Longer names first, or "New York City" would be taken for New York.
_PLACE = re.compile(
    rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(KIND_OF, key=len, reverse=True)))})(?![\w-])",
    re.IGNORECASE,
)
_CHANGES: Final[tuple[tuple[re.Pattern[str], Callable[[str, Random], str]], ...]] = (
    (_PLACE, other_place),
    (NUMBER, other_number),
    (NUMBER_WORD, other_number_word),
    (CONTRACTION, lambda form, _: other_form(form)),
)


def checklist_changes(text: str, random: Random) -> list[Edit]:
    """Propose another place, another number, and the long or short form, wherever a text has one."""
    opaque = opaque_places(text)
    return [
        Edit(match.start(), match.end(), other(match.group(), random))
        for pattern, other in _CHANGES
        for match in pattern.finditer(text)
        if not is_within(match.start(), match.end(), opaque)
    ]
