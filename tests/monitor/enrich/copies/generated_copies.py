"""Pairs of posts: copies of several kinds, and different posts that look like copies."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from monitor.enrich.copies import Account, normalize
from tests.monitor.enrich.copies.written_posts import DRUGS, EFFECTS, POSTS

SYNONYMS: Final = {
    "really": "truly",
    "worse": "more awful",
    "started": "began",
    "doctor": "doc",
    "because": "since",
    "anyone": "anybody",
    "now": "currently",
    "gave": "brought",
    "night": "evening",
    "after": "following",
    "quit": "stop",
    "weeks": "long weeks",
    "told": "informed",
    "makes": "renders",
    "about": "of",
    "people": "folks",
    "work": "function",
    "only": "just",
    "should": "ought to",
    "completely": "entirely",
    "take": "use",
    "taking": "using",
    "gone": "over",
    "today": "this day",
    "bad": "nasty",
    "still": "even now",
    "always": "constantly",
    "whole": "entire",
}
_KEPT: Final = (
    "not no never nobody nothing cannot without mum dad son daughter grandmother husband wife friend patient "
    "sister old"
)
KEPT_WORDS: Final = frozenset(_KEPT.split())
EMOJI: Final = ("😭", "🤯", "💊", "🙃", "😵‍💫", "☠️", "🫠", "👩🏽‍⚕️")
NAMES: Final = ("@maria_77", "@dr.jones", "@news@mastodon.social", "@BigPharmaWatch", "@x_y_z")
OTHER_PERSONS: Final = {
    "mum": "uncle",
    "dad": "brother",
    "son": "wife",
    "daughter": "cousin",
    "husband": "father",
    "wife": "sister",
    "friend": "aunt",
}


@dataclass(frozen=True)
class Pair:
    """Two posts.

    Attributes:
        kind: what was done to the first.
        first: the text that comes first.
        later: the other.
        is_copy: True if the later one is a copy.
        first_account: what the first tells.
        later_account: what the later tells.
    """

    kind: str
    first: str
    later: str
    is_copy: bool
    first_account: Account
    later_account: Account


def account(text: str) -> Account:
    """Return what a text tells, by the drugs and effects of `written_posts` alone."""
    lowered = text.casefold()
    drugs = frozenset(drug for name, drug in DRUGS if name in lowered)
    return Account(
        normalize(text), drugs, frozenset(f"pt:{code}" for name, code in EFFECTS if name in lowered)
    )


def pair(kind: str, first: str, later: str, *, is_copy: bool) -> Pair:
    """Return a pair of two texts."""
    return Pair(kind, first, later, is_copy, account(first), account(later))


def fill(post: str, drug: str, effect: str) -> str:
    """Return a written post with its drug and its effect."""
    return post.format(drug=drug, effect=effect)


def paraphrased(text: str, random_: random.Random) -> str:
    """Swap, drop, add or replace one to three words. Those that change what is told stay."""
    names = {word for name, _ in (*DRUGS, *EFFECTS) for word in name.split()}
    words = text.split()
    for _ in range(random_.choice((1, 2, 2, 3))):
        free = [n for n, word in enumerate(words) if not _is_telling(word, names)]
        with_synonyms = [n for n in free if _bare(words[n]) in SYNONYMS]
        place = random_.choice(free)
        match random_.choice(("swap", "drop", "synonym", "synonym")):
            case "swap" if place + 1 in free:
                words[place], words[place + 1] = words[place + 1], words[place]
            case "drop":
                words.pop(place)
            case _ if with_synonyms:
                place = random_.choice(with_synonyms)
                words[place] = SYNONYMS[_bare(words[place])]
            case _:
                words.insert(place, random_.choice(("just", "so", "honestly", "actually")))
    return " ".join(words)


def _bare(word: str) -> str:
    return word.strip(".,?!:;").casefold()


def _is_telling(word: str, names: set[str]) -> bool:
    bare = _bare(word)
    return bare in names or bare in KEPT_WORDS or any(character.isdigit() for character in word)


def _link(random_: random.Random) -> str:
    return f"https://{random_.choice(('t.co', 'example.org', 'bit.ly'))}/{random_.getrandbits(40):x}"


def _linked(text: str, random_: random.Random) -> tuple[str, str]:
    return f"{text} {_link(random_)}", random_.choice(
        (f"{text} {_link(random_)}", f"{_link(random_)} {text}")
    )


def _with_emoji(text: str, random_: random.Random) -> tuple[str, str]:
    words = text.split()
    words.insert(random_.randrange(len(words)), random_.choice(EMOJI))
    return f"{text} {random_.choice(EMOJI)}", " ".join(words) + random_.choice(EMOJI) * 3


def _with_names(text: str, random_: random.Random) -> tuple[str, str]:
    name, other = random_.sample(NAMES, 2)
    later = random_.choice((f"RT {other}: {text}", f"{other} {name} {text}", f"{text} {other}"))
    return random_.choice((text, f"{name} {text}")), later


def _in_other_writing(text: str, random_: random.Random) -> tuple[str, str]:
    hashtag = " ".join(f"#{word}" if random_.random() < 0.2 else word for word in text.split())
    return text, random_.choice((text.upper(), hashtag, text.replace(" ", "\u200b ").replace(".", "!!!")))


def _quoted(text: str, random_: random.Random) -> tuple[str, str]:
    return text, random_.choice(("“{}”", '"{}" 👀', "» {} «", '"{}" - this', "So true: “{}”")).format(text)


def _cut(text: str, random_: random.Random) -> tuple[str, str]:
    words = text.split()
    kept = " ".join(words[: random_.randrange(max(10, len(words) // 2), len(words))])
    return text, kept[: len(kept) - random_.randrange(4)] + random_.choice(("…", "...", "… https://t.co/x1"))


COPYING: Final[dict[str, Callable[[str, random.Random], tuple[str, str]]]] = {
    "paraphrase": lambda text, random_: (text, paraphrased(text, random_)),
    "link": _linked,
    "emoji": _with_emoji,
    "mention": _with_names,
    "case and marks": _in_other_writing,
    "quotation marks": _quoted,
    "cut": _cut,
}


def copies(random_: random.Random, *, of_each: int) -> Iterator[Pair]:
    """Return copies of every written post, `of_each` of each kind."""
    for post in POSTS:
        for kind, change in COPYING.items():
            for _ in range(of_each):
                text = fill(post, random_.choice(DRUGS)[0], random_.choice(EFFECTS)[0])
                if kind == "cut" and len(text.split()) < 12:
                    continue
                first, later = change(text, random_)
                yield pair(kind, first, later, is_copy=True)


def templates(random_: random.Random, *, of_each: int) -> Iterator[Pair]:
    """Return the same written post twice, with another drug, another effect, number or person."""
    for post in POSTS:
        for _ in range(of_each):
            (drug, _), (other_drug, _) = random_.sample(DRUGS, 2)
            (effect, _), (other_effect, _) = random_.sample(EFFECTS, 2)
            first = fill(post, drug, effect)
            yield pair("other drug", first, fill(post, other_drug, effect), is_copy=False)
            yield pair("other effect", first, fill(post, drug, other_effect), is_copy=False)
            dose = random_.choice((25, 50, 100))
            yield pair("other number", f"{dose} mg. {first}", f"{dose * 2} mg. {first}", is_copy=False)
            for person, other in OTHER_PERSONS.items():
                if f" {person} " in first:
                    later = first.replace(f" {person} ", f" {other} ")
                    yield pair("other person", first, later, is_copy=False)


def different_posts(random_: random.Random, *, number: int) -> Iterator[Pair]:
    """Return different written posts about the same drug and the same effect, neighbours first.

    Neighbours are written in similar words.
    """
    numbers = range(len(POSTS))
    places = sorted(((i, j) for j in numbers for i in range(j)), key=lambda place: place[1] - place[0])
    for i, j in places[:number]:
        drug, effect = random_.choice(DRUGS)[0], random_.choice(EFFECTS)[0]
        yield pair("different", fill(POSTS[i], drug, effect), fill(POSTS[j], drug, effect), is_copy=False)
