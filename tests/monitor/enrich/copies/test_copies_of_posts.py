"""Precision and recall of the recognition of copies, on generated pairs of written posts.

Run it with `-s` to see the figures of each kind.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterable

import pytest

from monitor.enrich.copies import copy_keys, is_part_key, similarity
from tests.monitor.enrich.copies.generated_copies import Pair, copies, different_posts, templates


@pytest.fixture(scope="module")
def different() -> list[Pair]:
    """Different posts about the same drug and the same effect."""
    return list(different_posts(random.Random(7), number=2_000))


def test_copies_are_recognized_and_templates_are_not(different: list[Pair]) -> None:
    random_ = random.Random(16)
    pairs = [*copies(random_, of_each=3), *templates(random_, of_each=3), *different]
    merged = [pair for pair in pairs if is_merged(pair)]
    _print_kinds(pairs, merged)
    right = sum(pair.is_copy for pair in merged)
    assert right / len(merged) >= 0.95
    assert right / sum(pair.is_copy for pair in pairs) >= 0.9


def test_different_posts_in_similar_words_are_not_copies_even_if_all_are_compared(
    different: list[Pair],
) -> None:
    merged = [pair for pair in different if similarity(pair.first_account, pair.later_account) is not None]
    assert len(different) == 2_000
    assert [(pair.first, pair.later) for pair in merged] == []


def is_merged(pair: Pair) -> bool:
    """Return True if the later post is recognized as a copy, as the database does it."""
    shared = set(copy_keys(pair.first)).intersection(copy_keys(pair.later))
    if not all(map(is_part_key, shared)):
        return True
    return bool(shared) and similarity(pair.first_account, pair.later_account) is not None


def _print_kinds(pairs: Iterable[Pair], merged: Iterable[Pair]) -> None:
    totals, recognized = Counter(pair.kind for pair in pairs), Counter(pair.kind for pair in merged)
    lines = ["| pairs | number | recognized as copies |\n|---|---|---|"]
    lines += [f"| {kind} | {total} | {recognized[kind] / total:.1%} |" for kind, total in totals.items()]
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
