"""The retriever's vectors, and its place in the network."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.encoder.loading import load_encoder
from models.encoder.tokenization import TweetTokenizer
from models.network.multitask import MultiTaskNetwork
from models.normalizer import SpanInText
from models.runtime import Engine
from tests.reference_network import ReferenceNetwork
from tests.tiny import MAX_TOKENS, Layout, Trained, train_tiny
from tests.tiny_retrieval import reader_of, train_tiny_retriever

PHRASES = ["nausea", "a headache that will not go away", "dizzy", "x", ""]


@pytest.fixture(scope="module")
def with_retriever(checkpoints: dict[Layout, Path]) -> Trained:
    return train_tiny_retriever(checkpoints["safetensors"])


def test_before_any_training_a_vector_is_the_mean_state_of_the_encoder(
    checkpoints: dict[Layout, Path],
) -> None:
    encoder = load_encoder(str(checkpoints["safetensors"]))
    network = MultiTaskNetwork(encoder.model, frozen_layers=1, ptids=4, retriever_layers=2).eval()
    encodings = TweetTokenizer(encoder.tokenizer, MAX_TOKENS).encode(PHRASES)
    vectors = Engine(network).vectors(encodings)
    for encoding, vector in zip(encodings, vectors, strict=True):
        with torch.inference_mode():
            states = encoder.model(torch.tensor([encoding.ids])).last_hidden_state
        expected = states[0].mean(0)
        torch.testing.assert_close(vector, expected / expected.norm(), atol=1e-5, rtol=0)


def test_the_text_is_seen_but_only_the_span_is_read(with_retriever: Trained) -> None:
    reader = reader_of(with_retriever, context=True)
    spans = [SpanInText("dizzy", "so dizzy"), SpanInText("dizzy", "this pill and a headache, dizzy")]
    first, second = reader.vectors(spans)
    assert not torch.equal(first, second)
    [encoding] = reader.tokenizer.encode_pairs([spans[1].span], [spans[1].text])
    own = ReferenceNetwork(with_retriever.network).vector(encoding)
    assert float(second @ own) == pytest.approx(1, abs=0.01)


def test_training_the_heads_leaves_the_retriever_as_the_encoder_was(
    checkpoints: dict[Layout, Path], with_retriever: Trained
) -> None:
    top = load_encoder(str(checkpoints["safetensors"])).model.encoder.layer[-1].state_dict()
    assert with_retriever.network.retriever is not None
    own = with_retriever.network.retriever.layers[-1].state_dict()
    assert all(torch.equal(own[name], top[name]) for name in top)
    assert not all(
        torch.equal(value, top[name])
        for name, value in with_retriever.network.shared[-1].state_dict().items()
    )


def test_a_retriever_changes_no_head(checkpoints: dict[Layout, Path], with_retriever: Trained) -> None:
    plain = train_tiny(checkpoints["safetensors"]).network.trained_state()
    own = with_retriever.network.trained_state()
    assert {name for name in own if not name.startswith("retriever.")} == plain.keys()
    assert own.keys() != plain.keys()
    assert all(torch.equal(own[name], value) for name, value in plain.items())


@pytest.mark.parametrize("layers", [-1, 3])
def test_a_retriever_of_more_layers_than_are_shared_is_refused(
    checkpoints: dict[Layout, Path], layers: int
) -> None:
    encoder = load_encoder(str(checkpoints["safetensors"])).model
    with pytest.raises(ValueError, match=rf"retriever_layers is {layers}.* 2 layers"):
        MultiTaskNetwork(encoder, frozen_layers=1, ptids=4, retriever_layers=layers)


def test_without_a_retriever_nothing_can_be_embedded(trained: Trained) -> None:
    assert trained.network.retriever_layers == 0
    with pytest.raises(ValueError, match="no retriever"):
        reader_of(trained).name_vectors(["nausea"])
