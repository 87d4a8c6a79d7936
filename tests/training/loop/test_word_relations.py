"""Relations of words: stored in a byte, the same for any width and tokenizer, and learned by a student."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.encoder import TextWindow
from models.network import Task
from tests.training.loop.tiny_training import STEADY, tiny_network, tiny_tasks
from training.errors import RunError
from training.loop.algorithm1 import train_epoch
from training.loop.callbacks import NullCallback
from training.loop.config import TrainingConfig
from training.loop.joined_tasks import join_task_data
from training.loop.objective import backward
from training.loop.optimization import network_optimizer
from training.loop.processes import Processes
from training.loop.states import KeptStates
from training.loop.task_data import TaskData
from training.loop.training_state import fingerprint
from training.loop.word_relations import (
    UNKNOWN,
    InputRelations,
    WordRelations,
    mean_relations,
    relation_loss,
    relations_of,
    tokens_of_words,
)

LEARNED = replace(STEADY, frozen_layers=0, distill_states=1.0, learning_rate=3e-3)


def tokens_at(*offsets: tuple[int, int] | None) -> TextWindow:
    """Return tokens with these offsets; None stands for a special token."""
    count = len(offsets)
    places = [place or (0, 0) for place in offsets]
    words = [None if place is None else number for number, place in enumerate(offsets)]
    return TextWindow([0] * count, [0] * count, places, words)


def states_of(words: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(words, width, generator=torch.Generator().manual_seed(seed))


def one_by_one(words: int) -> list[tuple[int, int]]:
    return [(number, number + 1) for number in range(words)]


def related(data: TaskData, seed: int = 0) -> TaskData:
    """Return a data set whose tokens, all but the special ones, are words with random relations."""
    lengths = data.inputs.lengths.tolist()
    rows = [
        InputRelations(words, relations_of(states_of(length, 5, seed + row), words))
        for row, length in enumerate(lengths)
        if (words := [(number, number + 1) for number in range(1, length - 1)])
    ]
    return replace(data, relations=WordRelations.of(rows))


@pytest.fixture(scope="module")
def tasks(tiny_encoder: Path) -> dict[Task, TaskData]:
    built = tiny_tasks(tiny_encoder)
    return {**built, "1b": related(built["1b"])}


def test_relations_are_cosines_of_centred_states() -> None:
    states = states_of(4, 6)
    centred = torch.nn.functional.normalize(states - states.mean(0), dim=-1)
    expected = (centred @ centred.T)[np.triu_indices(4, 1)]
    np.testing.assert_allclose(relations_of(states, one_by_one(4)) / 127, expected, atol=0.005)


@given(words=st.integers(3, 12), width=st.integers(2, 20), scale=st.floats(0.1, 100))
def test_a_student_with_the_states_of_its_teacher_has_no_loss(words: int, width: int, scale: float) -> None:
    """The states may be turned, scaled, shifted, and of another width."""
    states = states_of(words, width)
    turned, _ = torch.linalg.qr(states_of(width + 4, width, seed=1))
    packed = WordRelations.of([InputRelations(one_by_one(words), relations_of(states, one_by_one(words)))])
    student = (scale * states @ turned.T + states_of(1, width + 4, seed=2))[None]
    assert relation_loss(student, packed.batch([0])).item() == pytest.approx(0, abs=1e-4)


def test_a_word_has_the_mean_state_of_its_tokens() -> None:
    states = states_of(7, 5)
    words = [(1, 3), (3, 4), (4, 6)]
    means = torch.stack([states[first:end].mean(0) for first, end in words])
    assert relations_of(states, words).tolist() == relations_of(means, one_by_one(3)).tolist()


def test_words_and_tokens_are_matched_by_their_characters() -> None:
    tokens = tokens_at(None, (0, 2), (2, 7), (8, 12), (12, 12), (13, 14), None)
    assert tokens_of_words(tokens, [(0, 7), (8, 10), (10, 12), (13, 14), (15, 20)]) == [
        (1, 3),
        (3, 4),
        (3, 4),
        (5, 6),
        (0, 0),
    ]
    assert tokens_of_words(tokens_at(None, None), [(0, 3)]) == [(0, 0)]
    assert tokens_of_words(tokens, []) == []


def test_words_without_tokens_are_unknown_to_the_teacher_and_left_out_by_the_student() -> None:
    relations = relations_of(states_of(5, 4), [(0, 1), (1, 2), (0, 0), (2, 3), (3, 5)])
    unknown = [
        pair
        for pair, value in zip(np.argwhere(np.triu(np.ones((5, 5)), 1)), relations, strict=True)
        if value == UNKNOWN
    ]
    assert [list(pair) for pair in unknown] == [[0, 2], [1, 2], [2, 3], [2, 4]]
    places = [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9)]
    student = InputRelations.of(tokens_at(None, *places[1:], None), places, relations)
    assert student.tokens == [(1, 2), (2, 3), (3, 4), (4, 5)]
    assert student.relations.tolist() == [UNKNOWN, relations[5], relations[6], UNKNOWN, UNKNOWN, relations[9]]
    few = InputRelations.of(tokens_at(None, (0, 1), (2, 3), None), places, relations)
    assert (len(few.tokens), len(few.relations)) == (0, 0)


def test_teachers_are_averaged_where_they_know_something() -> None:
    first, second = (np.array(values, np.int8) for values in ([10, UNKNOWN, UNKNOWN], [20, -7, UNKNOWN]))
    assert mean_relations([first, second]).tolist() == [15, -7, UNKNOWN]
    assert mean_relations([first]) is first


def test_padding_and_texts_without_relations_change_nothing() -> None:
    words = one_by_one(4)
    rows = [
        InputRelations(words, relations_of(states_of(4, 5), words)),
        InputRelations(),
        InputRelations(words[:3], relations_of(states_of(3, 5, seed=3), words[:3])),
    ]
    packed = WordRelations.of(rows)
    assert packed.count([0, 1, 2]) == 2
    states = torch.full((3, 6, 8), torch.nan)
    for row, length in enumerate((4, 6, 3)):
        states[row, :length] = states_of(length, 8, seed=10 + row)
    alone = [relation_loss(states[row : row + 1], packed.batch([row])) for row in range(3)]
    torch.testing.assert_close(relation_loss(states, packed.batch([0, 1, 2])), sum(alone))
    assert alone[1].item() == 0
    states = states.nan_to_num().requires_grad_()
    relation_loss(states, packed.batch([0, 1, 2])).backward()
    assert states.grad is not None
    assert states.grad.isfinite().all()
    assert not states.grad[1].any()


def test_relations_come_back_by_row_and_join(tasks: dict[Task, TaskData]) -> None:
    data = tasks["1b"]
    joined = join_task_data([replace(data, relations=None), data])
    assert data.relations is not None
    assert joined.relations is not None
    for row in range(len(data)):
        expected = data.relations.row(row)
        actual = joined.relations.row(len(data) + row)
        assert actual.tokens == expected.tokens
        assert actual.relations.tolist() == expected.relations.tolist()
        assert not joined.relations.row(row).tokens
    assert join_task_data([tasks["1a"], tasks["1a"]]).relations is None


@pytest.mark.parametrize("count", [2, 12])
def test_the_shares_of_processes_sum_to_the_whole_mini_batch(
    count: int, tiny_encoder: Path, tasks: dict[Task, TaskData]
) -> None:
    network, rows = tiny_network(tiny_encoder, LEARNED).eval(), list(range(7))

    def loss(processes: int, config: TrainingConfig = LEARNED) -> float:
        shares = [Processes(torch.device("cpu"), rank, processes) for rank in range(processes)]
        states = KeptStates("none")
        return sum(
            backward(network, tasks["1b"], rows, None, states, config, share).item() for share in shares
        )

    assert loss(count) == pytest.approx(loss(1), abs=1e-5)
    assert loss(1) > loss(1, replace(LEARNED, distill_states=0.0)) + 0.01


def relation_loss_of(network: torch.nn.Module, data: TaskData) -> float:
    """Return how much the loss of 1b is due to the relations."""
    rows = list(range(len(data)))
    alone, both = (
        backward(
            network,  # type: ignore[arg-type]
            data,
            rows,
            None,
            KeptStates("none"),
            replace(LEARNED, distill_states=weight),
            Processes(torch.device("cpu")),
        )
        for weight in (0.0, 1.0)
    )
    network.zero_grad()
    return float(both - alone)


def test_a_student_learns_the_relations(tiny_encoder: Path, tasks: dict[Task, TaskData]) -> None:
    network = tiny_network(tiny_encoder, LEARNED).eval()
    before, optimizer = relation_loss_of(network, tasks["1b"]), network_optimizer(network, LEARNED)
    for epoch in range(3):
        train_epoch(
            network,
            {"1b": tasks["1b"]},
            optimizer,
            LEARNED,
            epoch=epoch,
            states=KeptStates("none"),
            callback=NullCallback(),
        )
    assert relation_loss_of(network, tasks["1b"]) < 0.7 * before


def test_relations_are_a_part_of_a_training_s_identity(tasks: dict[Task, TaskData]) -> None:
    data = tasks["1b"]
    others = [data, replace(data, relations=None), related(data, seed=100)]
    assert len({fingerprint(LEARNED, [other]) for other in others}) == 3
    assert fingerprint(LEARNED, [data]) != fingerprint(replace(LEARNED, distill_states=0.5), [data])


@pytest.mark.parametrize("weight", [-1.0, float("nan")])
def test_weights_out_of_range_are_refused(weight: float) -> None:
    with pytest.raises(RunError, match="distill-states"):
        replace(STEADY, distill_states=weight)
