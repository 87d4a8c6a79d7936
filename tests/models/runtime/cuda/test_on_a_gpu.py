"""What only a GPU can show: the varlen kernel, captured graphs, streams, and their memory.

`make test-gpu` runs this, with `test_agreement_on_gpu.py`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path

import pytest
import torch

from models import Pipeline
from models.encoder import TweetTokenizer, load_encoder
from models.encoder.architectures.bert import BERT
from models.network import EncoderModel, MultiTaskNetwork
from models.runtime import Engine
from models.runtime.cuda import PaddedAttention, VarlenAttention, has_varlen_kernel
from models.runtime.cuda.buckets import make_buckets
from models.runtime.cuda.graphs import BucketGraph
from models.runtime.cuda.stream_lane import estimate_lane_bytes
from models.runtime.placement import GPU_LANES, GPU_TOKEN_BUDGET
from tests.engine_agreement import SHAPES, SHORT, Subject
from tests.models.runtime.cuda.test_stream_lane import network_of
from tests.models.runtime.packed_batches import batch_of, random_states
from tests.random_networks import Shape, random_network, text_of
from tests.tiny import NEGATIVE, POSITIVE, write_checkpoint

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here"),
]

CUDA = torch.device("cuda")
LENGTHS = sorted(random.Random(1).choices(range(2, 129), k=60))


@pytest.fixture
def has_kernel() -> None:
    if not has_varlen_kernel(CUDA, 32):
        pytest.skip("this GPU has no varlen kernel")


@pytest.fixture
def replays(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A list with one entry for each micro-batch that a graph computed."""
    runs: list[int] = []
    run = BucketGraph.__call__
    monkeypatch.setattr(BucketGraph, "__call__", lambda graph, batch: (runs.append(1), run(graph, batch))[1])
    yield runs


def test_gpus_since_ampere_have_the_kernel() -> None:
    assert has_varlen_kernel(CUDA, 64) == (torch.cuda.get_device_capability() >= (8, 0))


@pytest.mark.parametrize("head", [8, 32, 64])
@pytest.mark.usefixtures("has_kernel")
def test_the_kernel_and_rectangles_agree(head: int) -> None:
    batch = batch_of(LENGTHS).to(CUDA)
    joined = random_states(sum(LENGTHS), 3 * 4 * head).to(CUDA, torch.bfloat16)
    exact = PaddedAttention().self_attention(joined.float(), batch, 4)
    for attention in (VarlenAttention(), PaddedAttention()):
        context = attention.self_attention(joined, batch, 4).float()
        torch.testing.assert_close(context, exact, atol=0.03, rtol=0.03)


@pytest.mark.parametrize("shape", [SHAPES[0], SHAPES[3]], ids=str)  # five classifiers, and one
@pytest.mark.usefixtures("has_kernel")
def test_graphs_do_not_change_the_scores(shape: Shape, tmp_path: Path, replays: list[int]) -> None:
    subject = Subject(random_network(tmp_path / "encoder", shape))
    engines = [
        Engine(deepcopy(subject.network), device=CUDA, precision="bf16", token_budget=2_048, graphs=graphs)
        for graphs in (False, True)
    ]
    mixtures = [random.Random(seed).choices(SHORT, k=size) for seed, size in enumerate((1, 7, 50, 400, 3))]
    for texts in mixtures:
        plain, graphed = (subject.drift(engine, texts) for engine in engines)
        graphed.stays_within(0.3, mean=0.06)
        # Sizes differ, and so does the order of sums.
        assert (graphed.probabilities - plain.probabilities).abs().mean() < 0.03
    assert replays


@pytest.mark.usefixtures("has_kernel")
def test_lanes_with_graphs_do_not_share_states(tmp_path: Path, replays: list[int]) -> None:
    subject = Subject(random_network(tmp_path / "encoder", SHAPES[3]))
    engine = Engine(deepcopy(subject.network), device=CUDA, precision="bf16", token_budget=512, graphs=True)
    batches = [random.Random(seed).choices(SHORT, k=200) for seed in range(12)]
    with ThreadPoolExecutor(4) as callers:
        for drift in callers.map(lambda texts: subject.drift(engine, texts), batches):
            drift.stays_within(0.3)
    assert replays


@pytest.mark.parametrize("classifiers", [1, 5])
@pytest.mark.usefixtures("has_kernel")
def test_the_memory_stays_within_the_estimate(classifiers: int, tmp_path: Path) -> None:
    shape = network_of(384, classifiers, 3).shape
    tokenizer = TweetTokenizer(load_encoder(str(write_checkpoint(tmp_path / "words"))).tokenizer, 128)
    texts = [text_of(*text) for text in random.Random(2).choices(SHORT, k=20_000)]
    architecture = BERT.architecture(
        {
            "vocab_size": 1_000,
            "hidden_size": 384,
            "num_hidden_layers": 4,
            "num_attention_heads": 12,
            "intermediate_size": 1_536,
        },
        Path("config.json"),
    )
    encoder = EncoderModel(architecture)
    network = MultiTaskNetwork(encoder, frozen_layers=3, ptids=3, classifiers=classifiers).eval().to(CUDA)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_reserved()
    engine = Engine(network, device=CUDA, precision="bf16", graphs=True)
    engine.score(tokenizer.encode(texts), threshold=0.0)
    weights = sum(parameter.nbytes for parameter in network.parameters())
    estimate = GPU_LANES * estimate_lane_bytes(shape, make_buckets(GPU_TOKEN_BUDGET))
    # Half as much again for the allocator's gaps, and 32 MiB of workspace for each thread and stream.
    assert torch.cuda.max_memory_reserved() - before < weights + 1.5 * estimate + 2**28


def test_a_bundle_makes_the_predictions_of_the_cpu(tiny_bundle: Path) -> None:
    texts = POSITIVE + NEGATIVE
    expected = Pipeline.from_bundle(tiny_bundle, device="cpu", precision="fp32").score(texts)
    predictions = Pipeline.from_bundle(tiny_bundle, device="cuda").score(texts)
    assert [prediction.label for prediction in predictions] == [prediction.label for prediction in expected]
    for left, right in zip(predictions, expected, strict=True):
        assert left.probability == pytest.approx(right.probability, abs=0.05)
