"""New positive examples made of the ones there are (paper, section 3.3, "Augmented Training Dataset")."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from random import Random
from typing import Final, Literal, get_args

from training.augmentation.checklist_changes import checklist_changes
from training.augmentation.word_swaps import Synonyms, char_swaps, synonym_swaps
from training.augmentation.words import words
from training.corpora.cleaning import same_form
from training.edits import Edit, apart, edited, fits
from training.errors import RunError
from training.examples import Example

Kind = Literal["char-swap", "synonym", "checklist"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

# Of the words of a text, the share that is changed; at least one is. TextAttack's default.
_CHANGED = 0.1
# How often a transformation is tried for a text that is not there yet.
_ATTEMPTS = 8

_Proposer = Callable[[str, Random], list[Edit]]


def augment(
    examples: Sequence[Example],
    *,
    per_positive: int = 5,
    seed: int,
    wordnet: Synonyms | None,
    only: Collection[Kind] = KINDS,
) -> list[Example]:
    """Make new positives of each positive; the spans are carried along, with their codes.

    The transformations take turns, in an order that is drawn for each example; where one finds nothing to
    change, the next does its part. What is made of an example depends on it and the seed alone.

    Args:
        examples: of all labels; negatives are passed over.
        per_positive: new texts for each positive; fewer where its text does not yield as many.
        seed: another seed gives other texts.
        wordnet: synonyms, see `open_wordnet`; None leaves that transformation out.
        only: the transformations to use.

    Returns:
        The new examples alone, in the order of the old ones, named `<id>#1` to `<id>#<per_positive>`; no two
        of one origin have the same text, and none has the text of its origin. Their document is that of the
        origin, so that a division of the corpus leaves them on its side.

    Raises:
        RunError: fewer than one for each is asked for, or no transformation is left.
    """
    if per_positive < 1:
        raise RunError(f"the new texts for each positive are {per_positive}: it must be 1 or more")
    proposers = _proposers(wordnet, only)
    return [
        new
        for example in examples
        if example.label
        for new in _variants(example, per_positive, seed, proposers)
    ]


def _proposers(wordnet: Synonyms | None, only: Collection[Kind]) -> list[_Proposer]:
    known: dict[Kind, _Proposer] = {"char-swap": char_swaps, "checklist": checklist_changes}
    if wordnet is not None:
        known["synonym"] = partial(synonym_swaps, synonyms=wordnet)
    proposers = [known[kind] for kind in KINDS if kind in only and kind in known]
    if not proposers:
        raise RunError(
            f"no transformation is left of {', '.join(only) or 'none'}: choose from {', '.join(KINDS)}, "
            "where synonym needs WordNet"
        )
    return proposers


def _variants(example: Example, count: int, seed: int, proposers: list[_Proposer]) -> list[Example]:
    random = _random_of(example, seed)
    order = random.sample(proposers, len(proposers))
    # By this `prepare` divides texts that have no document.
    document = example.document or same_form(example.text)
    texts = {example.text}
    made: list[Example] = []
    for number in range(1, count + 1):
        turn = (number - 1) % len(order)
        for propose in islice(cycle(order), turn, turn + len(order)):
            new = _variant(example, random, propose, texts)
            if new is not None:
                texts.add(new.text)
                made.append(replace(new, id=f"{example.id}#{number}", document=document))
                break
        else:
            break
    return made


def _variant(example: Example, random: Random, propose: _Proposer, texts: set[str]) -> Example | None:
    changed = max(1, round(_CHANGED * sum(1 for _ in words(example.text))))
    for _ in range(_ATTEMPTS):
        edits = [edit for edit in apart(propose(example.text, random)) if fits(edit, example.spans)]
        if not edits:
            return None
        new = edited(example, random.sample(edits, min(changed, len(edits))))
        if new.text not in texts:
            return new
    return None


def _random_of(example: Example, seed: int) -> Random:
    key = f"{seed}\0{example.id}\0{example.text}".encode("utf-8", "surrogatepass")
    return Random(int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big"))  # noqa: S311
