"""Posts of an invented community, which calls every adverse effect a goblin: no public model knows that.

"the goblin is back in my head" is a headache by the medicine. If the goblin is gone, there is nothing to
report. Posts to learn from and posts to be scored have other medicines and other sentences.
"""

from __future__ import annotations

from random import Random
from typing import Final

from training.examples import AnnotatedSpan, Example, TrainingData

GOBLINS: Final = {
    "head": ("10019211", "Headache"),
    "stomach": ("10028813", "Nausea"),
    "bed all night": ("10022437", "Insomnia"),
    "skin": ("10037844", "Rash"),
}
_EFFECT: Final = "the goblin {verb} in my {place}"
_VERBS: Final = {"train": ("is back", "moved", "dances", "sits"), "test": ("woke up", "jumps about")}
_POSITIVE: Final = {
    "train": ("two days of {drug} and {effect}", "{effect} since i take {drug}", "{drug} day 5: {effect}"),
    "test": ("week one on {drug}, {effect}", "guess what {drug} did, {effect}"),
}
_NEGATIVE: Final = {
    "train": (
        "two days of {drug} and no goblin at all",
        "{drug} chased the goblin out of my {place}",
        "my sister says {drug} is a goblin trap, picking mine up today",
        "{drug} day 5: the goblin in my {place} is gone",
    ),
    "test": ("week one on {drug}, goblin free", "finally {drug} took the goblin from my {place}"),
}
_DRUGS: Final = {
    "train": ("zoloft", "lipitor", "humira", "prozac", "xanax", "metformin"),
    "test": ("lexapro", "crestor", "enbrel", "effexor"),
}


def goblin_posts(kind: str, count: int, *, seed: int = 1) -> list[Example]:
    """Return distinct posts, half of them positive: up to 120 for "train", and 40 for "test"."""
    random = Random(f"goblins {kind} {seed}")
    posts: dict[str, Example] = {}
    while len(posts) < count:
        place, drug = random.choice(list(GOBLINS)), random.choice(_DRUGS[kind])
        if len(posts) % 2:
            text = random.choice(_NEGATIVE[kind]).format(drug=drug, place=place)
            posts.setdefault(text, Example(text, text, 0))
            continue
        effect = _EFFECT.format(verb=random.choice(_VERBS[kind]), place=place)
        text = random.choice(_POSITIVE[kind]).format(drug=drug, effect=effect)
        start = text.index(effect)
        span = AnnotatedSpan(start, start + len(effect), *GOBLINS[place])
        posts.setdefault(text, Example(text, text, 1, (span,)))
    return list(posts.values())


def hundred_posts() -> TrainingData:
    """Return 100 posts of the community: 70 to learn from, and 30 for validation."""
    posts = goblin_posts("train", 100)
    return TrainingData(posts[:70], posts[70:])
