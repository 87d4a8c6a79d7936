"""The positives and negatives of a mini-batch, and hard negatives."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.normalizer import Names
from training.examples import CodedPhrase
from training.retrieval.negatives import NameSampler, hard_names
from training.retrieval.retriever_data import phrase_queries


@pytest.mark.parametrize("own_name", [0.0, 0.5])
def test_each_phrase_has_a_positive_and_names_of_its_pt_are_not_negatives(
    names: Names, phrases: list[CodedPhrase], own_name: float
) -> None:
    queries = phrase_queries(phrases, names)
    rows = np.arange(len(queries))
    hard = np.random.default_rng(1).integers(-1, len(names), (len(queries), 4))
    draw = NameSampler(names, own_name=own_name, hard_negatives=2)
    for seed in range(20):
        drawn = draw.draw(queries, rows, hard, np.random.default_rng(seed))
        assert len(set(drawn.names.tolist())) == len(drawn.names)
        owners = names.owners[drawn.names]
        assert (owners[drawn.positives.numpy()] == queries.concepts).all()
        expected = owners[None, :] == queries.concepts[:, None]
        assert drawn.same_concept.tolist() == expected.tolist()


def test_a_name_is_its_own_positive_only_if_it_is_the_only_one(names: Names) -> None:
    queries = phrase_queries([CodedPhrase("nausea", "90000001"), CodedPhrase("Headache", "90000002")], names)
    draw, hard = NameSampler(names, own_name=0.9, hard_negatives=0), np.zeros((2, 0), dtype=np.int64)
    positives = set()
    for seed in range(30):
        drawn = draw.draw(queries, np.arange(2), hard, np.random.default_rng(seed))
        positives |= {names.names[drawn.names[position]] for position in drawn.positives.tolist()}
    assert positives == {"Nauseous", "Feeling sick", "Headache"}


@given(st.integers(0, 1_000), st.integers(1, 6), st.integers(1, 5))
def test_hard_names_are_the_nearest_ones_of_other_concepts(seed: int, count: int, queries: int) -> None:
    generator = np.random.default_rng(seed)
    owners = np.sort(generator.integers(0, 4, 12))
    concepts = generator.integers(0, 4, queries)
    vectors, queries_vectors = generator.normal(size=(12, 3)), generator.normal(size=(queries, 3))
    hard = hard_names(torch.tensor(queries_vectors), torch.tensor(vectors), concepts, owners, count)
    for row in range(queries):
        order = np.argsort(-(vectors @ queries_vectors[row]))[: 4 * count]
        wrong = [name for name in order if owners[name] != concepts[row]][:count]
        assert hard[row].tolist() == wrong + [-1] * (count - len(wrong))


def test_without_names_there_are_no_hard_negatives() -> None:
    none = hard_names(torch.zeros(2, 3), torch.zeros(0, 3), np.zeros(2), np.zeros(0), 4)
    assert none.tolist() == [[-1] * 4] * 2
