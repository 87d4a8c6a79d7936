"""Data sets of Algorithm 1 put together: annotated texts, texts with soft labels, and corpora mixed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np

from models.network import CLASSIFIER, TASKS, Task
from training.loop.inputs import Inputs
from training.loop.sampling_rates import SamplingRates
from training.loop.soft_targets import join_soft_targets
from training.loop.task_data import TaskData
from training.loop.word_relations import join_relations


def join_task_data(parts: Sequence[TaskData]) -> TaskData:
    """Put the inputs of one or more data sets of the same task one after another."""
    first, *others = parts
    if not others:
        return first
    has_rates = any(part.rates is not None for part in parts)
    rates = [np.ones(len(part)) if part.rates is None else part.rates.by_row for part in parts]
    return TaskData(
        first.task,
        _join_inputs([part.inputs for part in parts]),
        [target for part in parts for target in part.targets],
        join_soft_targets([(part.soft, [len(target) for target in part.targets]) for part in parts]),
        SamplingRates(np.concatenate(rates)) if has_rates else None,
        join_relations([(part.relations, len(part)) for part in parts]),
    )


def join_tasks(parts: Sequence[Mapping[Task, TaskData]]) -> dict[Task, TaskData]:
    """Join the data sets of each task; a task without examples is left out."""
    joined: dict[Task, TaskData] = {}
    for task in TASKS:
        known = [part[task] for part in parts if task in part and len(part[task])]
        if known:
            joined[task] = join_task_data(known)
    return joined


def mix_tasks(
    tasks: Mapping[Task, TaskData], mixed: Sequence[tuple[Mapping[Task, TaskData], float]]
) -> dict[Task, TaskData]:
    """Mix other corpora into a training corpus by their share of the texts of an epoch.

    `training.loop.sampling_rates` explains how an epoch draws them, and why Equation 1 prefers no task then.

    Args:
        tasks: D_1 to D_3 of the training corpus, of which an epoch takes all.
        mixed: D_1 to D_3 of each other corpus, with its share. The shares add up to less than 1, and each
            corpus has texts.
    """
    own_share = 1 - sum(share for _, share in mixed)
    texts = tasks[CLASSIFIER.task].epoch_size
    parts: list[Mapping[Task, TaskData]] = [tasks]
    for other, share in mixed:
        rate = texts * share / own_share / len(other[CLASSIFIER.task])
        parts.append(
            {
                task: replace(data, rates=SamplingRates(np.full(len(data), rate)))
                for task, data in other.items()
            }
        )
    return join_tasks(parts)


def _join_inputs(parts: Sequence[Inputs]) -> Inputs:
    lengths = np.concatenate([part.lengths for part in parts])
    return Inputs(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.types for part in parts]),
        np.fromiter(accumulate(lengths.tolist(), initial=0), np.int64, len(lengths) + 1),
    )
