"""Which predicted spans match which annotated ones (rule 2 of the official scorer)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from training.scorer.official_files import OfficialSpan

Match = Callable[[OfficialSpan, OfficialSpan], bool]
"""Returns True if two spans match."""


def match_relaxed(a: OfficialSpan, b: OfficialSpan) -> bool:
    """Return True if two spans overlap, ends inclusive: spans that touch match."""
    return a.start <= b.end and b.start <= a.end


def match_strict(a: OfficialSpan, b: OfficialSpan) -> bool:
    """Return True if two spans have the same offsets."""
    return (a.start, a.end) == (b.start, b.end)


def with_equal_codes(match: Match) -> Match:
    """Return the match of subtask 1c: `match`, and both spans have the same code (rule 3)."""
    return lambda a, b: a.code is not None and a.code == b.code and match(a, b)


def matching_pairs(
    gold: Sequence[OfficialSpan], predicted: Sequence[OfficialSpan], match: Match
) -> list[tuple[int, int]]:
    """Return all pairs that match, as indices into `gold` and `predicted`."""
    return [
        (gold_index, predicted_index)
        for gold_index, gold_span in enumerate(gold)
        for predicted_index, predicted_span in enumerate(predicted)
        if match(gold_span, predicted_span)
    ]


def count_one_to_one(pairs: Sequence[tuple[int, int]]) -> int:
    """Return how many of the pairs can be kept if each span is in one pair at most.

    This is the size of a maximum matching of a bipartite graph, found by augmenting paths (Berge 1957),
    breadth first.

    Args:
        pairs: as `matching_pairs` returns them.
    """
    candidates: dict[int, list[int]] = {}  # predicted spans that each annotated span matches
    for gold, predicted in pairs:
        candidates.setdefault(gold, []).append(predicted)
    partner: dict[int, int] = {}  # of each predicted span that has one, the annotated span
    for gold in candidates:
        _augment(gold, candidates, partner)
    return len(partner)


def _augment(start: int, candidates: dict[int, list[int]], partner: dict[int, int]) -> None:
    """Find an augmenting path from an annotated span, and add one pair to `partner` if there is one."""
    came_from: dict[int, int] = {}
    queue = [start]
    for gold in queue:  # grows during the loop
        for predicted in candidates[gold]:
            if predicted in came_from:
                continue
            came_from[predicted] = gold
            if predicted in partner:
                queue.append(partner[predicted])
                continue
            _flip(predicted, came_from, partner)
            return


def _flip(predicted: int, came_from: dict[int, int], partner: dict[int, int]) -> None:
    """Follow the path back to its start, and pair each annotated span on it with another predicted span."""
    current: int | None = predicted
    while current is not None:
        gold = came_from[current]
        previous = next((index for index, other in partner.items() if other == gold), None)
        partner[current] = gold
        current = previous  # None at the start of the path, which had no partner
