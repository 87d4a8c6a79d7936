"""New positive examples from annotated ones (paper, section 3.3, "Augmented Training Dataset")."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from random import Random
from typing import Final, Literal, get_args

from training.augmentation.checklist_changes import checklist_changes
from training.augmentation.words import Synonyms, changeable_words, char_swaps, synonym_swaps
from training.corpora import comparison_form
from training.edits import Edit, edit_example, fits_spans, without_overlaps
from training.errors import RunError
from training.examples import Example

Kind = Literal["char-swap", "synonym", "checklist"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

# Share of the words of a text that are changed; at least one is. TextAttack's default.
_CHANGED_SHARE = 0.1
# Attempts of a transformation at a text that is new; after that the next one takes its turn.
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
    """Return new positives made from each positive; spans move along and keep their codes.

    The transformations take turns, in an order that is drawn for each example. Where one finds nothing to
    change, the next takes its turn. The result depends only on the example and the seed.

    Args:
        examples: of both labels; negatives are skipped.
        per_positive: new texts per positive; fewer where a text does not yield as many.
        seed: another seed gives other texts.
        wordnet: synonyms, see `open_wordnet`; None leaves that transformation out.
        only: the transformations to use.

    Returns:
        Only the new examples, in the order of their originals, with the ids `<id>#1` to
        `<id>#<per_positive>`. Their texts differ from the original and from each other. They have the
        document of the original, so that a split keeps them on its side.

    Raises:
        RunError: `per_positive` is less than 1, or no transformation is left.
    """
    if per_positive < 1:
        raise RunError(f"the number of new texts per positive is {per_positive}: it must be 1 or more")
    proposers = _proposers(wordnet, only)
    return [
        variant
        for example in examples
        if example.label
        for variant in _variants(example, per_positive, seed, proposers)
    ]


def _proposers(wordnet: Synonyms | None, only: Collection[Kind]) -> list[_Proposer]:
    available: dict[Kind, _Proposer] = {"char-swap": char_swaps, "checklist": checklist_changes}
    if wordnet is not None:
        available["synonym"] = partial(synonym_swaps, synonyms=wordnet)
    proposers = [available[kind] for kind in KINDS if kind in only and kind in available]
    if not proposers:
        raise RunError(
            f"no transformation is left of {', '.join(only) or 'none'}: choose from {', '.join(KINDS)}, "
            "where synonym needs WordNet"
        )
    return proposers


def _variants(example: Example, count: int, seed: int, proposers: list[_Proposer]) -> list[Example]:
    random = _random_of(example, seed)
    order = random.sample(proposers, len(proposers))
    # `prepare` splits texts without a document by this form.
    document = example.document or comparison_form(example.text)
    texts = {example.text}
    variants: list[Example] = []
    for number in range(1, count + 1):
        turn = (number - 1) % len(order)
        for propose in islice(cycle(order), turn, turn + len(order)):
            variant = _variant(example, random, propose, texts)
            if variant is not None:
                texts.add(variant.text)
                variants.append(replace(variant, id=f"{example.id}#{number}", document=document))
                break
        else:
            break
    return variants


def _variant(example: Example, random: Random, propose: _Proposer, texts: set[str]) -> Example | None:
    count = max(1, round(_CHANGED_SHARE * sum(1 for _ in changeable_words(example.text))))
    for _ in range(_ATTEMPTS):
        proposed = without_overlaps(propose(example.text, random))
        edits = [edit for edit in proposed if fits_spans(edit, example.spans)]
        if not edits:
            return None
        variant = edit_example(example, random.sample(edits, min(count, len(edits))))
        if variant.text not in texts:
            return variant
    return None


def _random_of(example: Example, seed: int) -> Random:
    key = f"{seed}\0{example.id}\0{example.text}".encode("utf-8", "surrogatepass")
    return Random(int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big"))  # noqa: S311
