"""What aiokafka knows of the partitions that the group has given to this worker.

Its consumer has no public way to read the end of a log, or the time of the last answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiokafka import TopicPartition


def assigned_states(consumer: Any) -> Iterator[tuple[TopicPartition, Any]]:
    """Yield each assigned partition with aiokafka's state of it.

    Args:
        consumer: aiokafka's.
    """
    subscription = consumer._subscription.subscription
    assignment = subscription.assignment if subscription else None
    if assignment and assignment.active:
        for place in assignment.tps:
            yield place, assignment.state_value(place)


def reading_state(consumer: Any, place: TopicPartition) -> Any:
    """Return the state of a partition that is read; None if the group has taken it, or it has no position.

    After each wait, the group may have rebalanced. Then the partition has another state, or none.

    Args:
        consumer: aiokafka's.
        place: the partition.
    """
    state = dict(assigned_states(consumer)).get(place)
    return state if state is not None and state.has_valid_position else None
