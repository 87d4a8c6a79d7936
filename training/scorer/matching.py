"""Which predicted spans match which annotated ones, by the rules of the official scorer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from training.scorer.annotations import Mark

Match = Callable[[Mark, Mark], bool]


def touch(one: Mark, other: Mark) -> bool:
    """Relaxed match: the spans overlap, ends inclusive, so that spans which touch match."""
    return one.start <= other.end and other.start <= one.end


def coincide(one: Mark, other: Mark) -> bool:
    """Strict match: equal offsets."""
    return (one.start, one.end) == (other.start, other.end)


def agree(match: Match) -> Match:
    """Give the match of subtask 1c: `match`, and both have the same code."""
    return lambda one, other: one.code is not None and one.code == other.code and match(one, other)


def pairs(gold: Sequence[Mark], predicted: Sequence[Mark], match: Match) -> list[tuple[int, int]]:
    """Give all pairs that match, as indices into the two lists."""
    return [
        (position, number)
        for position, mark in enumerate(gold)
        for number, other in enumerate(predicted)
        if match(mark, other)
    ]


def most_partners(matching: Sequence[tuple[int, int]]) -> int:
    """Give how many pairs there can be at most if each span is in one pair only.

    A maximum matching of a bipartite graph, by augmenting paths (Berge 1957), found breadth first.
    """
    reachable: dict[int, list[int]] = {}
    for position, number in matching:
        reachable.setdefault(position, []).append(number)
    partner: dict[int, int] = {}  # of each predicted span that has one, the annotated one
    for position in reachable:
        _augment(position, reachable, partner)
    return len(partner)


def _augment(start: int, reachable: dict[int, list[int]], partner: dict[int, int]) -> None:
    came_from: dict[int, int] = {}
    queue = [start]
    for position in queue:  # grows while it is walked through
        for number in reachable[position]:
            if number in came_from:
                continue
            came_from[number] = position
            if number in partner:
                queue.append(partner[number])
                continue
            _flip(number, start, came_from, partner)
            return


def _flip(number: int, start: int, came_from: dict[int, int], partner: dict[int, int]) -> None:
    while True:
        position = came_from[number]
        before = next((own for own, other in partner.items() if other == position), None)
        partner[number] = position
        if position == start or before is None:
            return
        number = before
