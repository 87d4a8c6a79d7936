"""Vectors from kept states are those of the whole network, in the order that was asked for."""

import numpy as np
import torch

from models.encoder import TweetTokenizer
from models.network import MultiTaskNetwork
from models.normalizer import Names
from tests.reference_network import ReferenceNetwork
from training.loop.inputs import Inputs
from training.retrieval.vectors import BelowRetriever, VectorSource


def test_vectors_are_those_of_the_network_kept_or_not(
    network: MultiTaskNetwork, tokenizer: TweetTokenizer, names: Names
) -> None:
    encodings = tokenizer.encode([*names.names, "a much longer phrase about a headache", ""])
    reference = ReferenceNetwork(network)
    expected = torch.stack([reference.vector(encoding) for encoding in encodings])
    inputs = Inputs.of(encodings)
    for limit in (0, 10**9):
        source = VectorSource(network, bfloat16=False, limit=limit)
        source.keep([inputs])
        assert torch.allclose(source.all_vectors(inputs), expected, atol=1e-5)
        rows = np.array([5, 0, 3, 5])
        assert torch.allclose(source.vectors(inputs, rows), expected[rows], atol=1e-5)


def test_gradients_reach_the_retriever_and_nothing_below(
    network: MultiTaskNetwork, tokenizer: TweetTokenizer, names: Names
) -> None:
    source = VectorSource(network, bfloat16=False, limit=10**9)
    inputs = Inputs.of(tokenizer.encode(names.names))
    source.vectors(inputs, np.arange(3)).sum().backward()
    assert all(parameter.grad is not None for parameter in source.retriever.parameters())
    assert not any(
        parameter.grad is not None
        for name, parameter in network.named_parameters()
        if not name.startswith("retriever.")
    )


def test_all_layers_but_the_retrievers_lie_below_it(network: MultiTaskNetwork) -> None:
    below = BelowRetriever(network)
    assert len(below.trunk) == below.frozen_layers == 2
    assert network.frozen_layers == 1


def test_no_inputs_have_no_vectors(network: MultiTaskNetwork, tokenizer: TweetTokenizer) -> None:
    source = VectorSource(network, bfloat16=False, limit=0)
    assert source.all_vectors(Inputs.of(tokenizer.encode([]))).shape == (0, network.hidden_size)
