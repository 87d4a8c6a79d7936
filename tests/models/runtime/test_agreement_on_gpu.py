"""The engine on a GPU agrees with the reference on the CPU."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from models.device import prefers_bfloat16
from models.runtime import Engine, Precision
from tests.engine_agreement import LONG, SHAPES, SHORT, TOLERANCE, Subject, Text
from tests.random_networks import Shape, random_network

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here"),
]

CUDA = torch.device("cuda")
MIXTURES: dict[str, list[Text]] = {
    "all empty": [(0, 0)] * 500,
    "one": [(9, 0)],
    "one of a length": [(9, 0)] * 500,
    "many lengths": SHORT * 3,
    "a long one among short ones": [*SHORT, (510, 0), *SHORT],
    "all kinds": [*random.Random(3).choices(SHORT, k=400), *LONG * 4],
}


FAMILIES = [Shape(2, 3, "mean", 1, "mpnet"), Shape(1, 1, "cls", 1, "roberta")]


@pytest.fixture(scope="module", params=[*SHAPES, *FAMILIES], ids=str)
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return Subject(random_network(tmp_path_factory.mktemp("random") / "encoder", request.param))


def engine_of(subject: Subject, precision: Precision, token_budget: int, *, graphs: bool = False) -> Engine:
    if precision == "bf16" and not prefers_bfloat16(CUDA):
        pytest.skip("this GPU does not multiply in bfloat16")
    return subject.engine(device=CUDA, precision=precision, token_budget=token_budget, graphs=graphs)


@pytest.mark.parametrize("token_budget", [64, 1_024, 16_384])
@pytest.mark.parametrize("mixture", MIXTURES)
def test_in_fp32_any_mixture_gets_the_scores_of_each_text_alone(
    subject: Subject, mixture: str, token_budget: int
) -> None:
    drift = subject.drift(engine_of(subject, "fp32", token_budget), MIXTURES[mixture])
    drift.stays_within(TOLERANCE)


@pytest.mark.parametrize("graphs", [False, True])
@pytest.mark.parametrize("token_budget", [1_024, 16_384])
def test_in_bf16_scores_stay_near_the_reference(subject: Subject, token_budget: int, graphs: bool) -> None:
    engine = engine_of(subject, "bf16", token_budget, graphs=graphs)
    # Buffers of captured graphs are reused, and must keep nothing of earlier texts.
    for mixture in [*MIXTURES.values(), *reversed(MIXTURES.values())]:
        subject.drift(engine, mixture).stays_within(0.3, mean=0.06)


@pytest.mark.parametrize(("precision", "most"), [("fp32", TOLERANCE), ("bf16", 0.3)])
def test_concurrent_callers_get_the_scores_of_their_own_texts(
    subject: Subject, precision: Precision, most: float
) -> None:
    engine = engine_of(subject, precision, 512, graphs=True)
    batches = [random.Random(seed).choices(SHORT, k=200) for seed in range(12)]
    with ThreadPoolExecutor(4) as callers:
        for drift in callers.map(lambda texts: subject.drift(engine, texts), batches):
            drift.stays_within(most)
