"""InfoNCE against its definition. Other names of the same PT are neither positives nor negatives."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import normalize

from training.retrieval.contrastive_epoch import info_nce


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 7))
def test_the_loss_is_the_cross_entropy_of_the_positive(seed: int, batch: int, count: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    queries = normalize(torch.randn(batch, 4, generator=generator), dim=-1)
    names = normalize(torch.randn(count, 4, generator=generator), dim=-1)
    answers = torch.randint(count, (batch,), generator=generator)
    excused = torch.rand(batch, count, generator=generator) < 0.3
    loss = info_nce(queries, names, answers, excused, temperature=0.1)
    expected = 0.0
    for row in range(batch):
        scores = [float(queries[row] @ names[name]) / 0.1 for name in range(count)]
        right = int(answers[row])
        rivals = [scores[name] for name in range(count) if name == right or not excused[row, name]]
        expected += math.log(sum(math.exp(score) for score in rivals)) - scores[right]
    assert float(loss) == pytest.approx(expected / batch, abs=1e-4)


def test_a_gradient_step_moves_a_phrase_towards_its_name() -> None:
    queries = normalize(torch.tensor([[1.0, 1.0], [1.0, -1.0]]), dim=-1).requires_grad_()
    names = torch.eye(2)
    excused = torch.zeros(2, 2, dtype=torch.bool)
    info_nce(queries, names, torch.tensor([0, 1]), excused, temperature=0.5).backward()
    assert queries.grad is not None
    assert queries.grad[0, 0] < 0 < queries.grad[0, 1]
