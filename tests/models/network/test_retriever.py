"""The retriever's vectors, and how it relates to the rest of the network."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.encoder import TweetTokenizer, load_encoder
from models.network import MultiTaskNetwork
from models.normalizer import SpanInText
from models.runtime import Engine
from tests.reference_network import ReferenceNetwork
from tests.tiny import MAX_TOKENS, Layout, Trained
from tests.tiny_retrieval import reader_of

PHRASES = ["nausea", "a headache that will not go away", "dizzy", "x", ""]


def test_an_untrained_vector_is_the_mean_state_of_the_encoder(
    checkpoints: dict[Layout, Path],
) -> None:
    encoder = load_encoder(str(checkpoints["safetensors"]))
    network = MultiTaskNetwork(encoder.model, frozen_layers=1, ptids=4, retriever_layers=2).eval()
    encodings = TweetTokenizer(encoder.tokenizer, MAX_TOKENS).encode(PHRASES)
    vectors = Engine(network).vectors(encodings)
    for encoding, vector in zip(encodings, vectors, strict=True):
        with torch.inference_mode():
            states = encoder.model(torch.tensor([encoding.ids]))
        expected = states[0].mean(0)
        torch.testing.assert_close(vector, expected / expected.norm(), atol=1e-5, rtol=0)


def test_a_vector_depends_on_the_context_but_is_the_mean_of_the_span(with_retriever: Trained) -> None:
    reader = reader_of(with_retriever, context=True)
    spans = [SpanInText("dizzy", "so dizzy"), SpanInText("dizzy", "this pill and a headache, dizzy")]
    first, second = reader.vectors(spans)
    assert not torch.equal(first, second)
    [encoding] = reader.tokenizer.encode_pairs([spans[1].span], [spans[1].text])
    expected = ReferenceNetwork(with_retriever.network).vector(encoding)
    assert float(second @ expected) == pytest.approx(1, abs=0.01)


def test_training_the_heads_does_not_change_the_retriever(
    checkpoints: dict[Layout, Path], with_retriever: Trained
) -> None:
    top = load_encoder(str(checkpoints["safetensors"])).model.encoder.layer[-1].state_dict()
    assert with_retriever.network.retriever is not None
    retriever = with_retriever.network.retriever.layers[-1].state_dict()
    assert all(torch.equal(retriever[name], top[name]) for name in top)
    assert not all(
        torch.equal(value, top[name])
        for name, value in with_retriever.network.shared[-1].state_dict().items()
    )


def test_a_retriever_does_not_change_the_heads(trained: Trained, with_retriever: Trained) -> None:
    plain = trained.network.trained_state()
    extended = with_retriever.network.trained_state()
    assert {name for name in extended if not name.startswith("retriever.")} == plain.keys()
    assert extended.keys() != plain.keys()
    assert all(torch.equal(extended[name], value) for name, value in plain.items())


@pytest.mark.parametrize("layers", [-1, 3])
def test_a_retriever_with_more_layers_than_are_shared_is_refused(
    checkpoints: dict[Layout, Path], layers: int
) -> None:
    encoder = load_encoder(str(checkpoints["safetensors"])).model
    with pytest.raises(ValueError, match=rf"retriever_layers is {layers}.* 2 layers"):
        MultiTaskNetwork(encoder, frozen_layers=1, ptids=4, retriever_layers=layers)


def test_embedding_without_a_retriever_is_refused(trained: Trained) -> None:
    assert trained.network.retriever_layers == 0
    with pytest.raises(ValueError, match="no retriever"):
        reader_of(trained).name_vectors(["nausea"])
