"""A tiny network with a retriever, names of four invented PTs, and phrases that mean them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.encoder import TweetTokenizer, load_encoder
from models.network import MultiTaskNetwork
from models.normalizer import Labels, Names
from models.terminology import Llt, Terminology
from tests.tiny import EFFECTS, MAX_TOKENS
from training.examples import CodedPhrase

NAMED = dict(EFFECTS.values())
LLTS = {"90000001": ["Nauseous", "Feeling sick"], "90000003": ["Can't sleep"], "90000004": ["Dizzy"]}


@pytest.fixture(scope="session")
def release() -> Terminology:
    """Four PTs, three of which have LLTs in addition to their own name."""
    codes = iter(range(91_000_001, 92_000_000))
    llts = [Llt(ptid, name, ptid) for ptid, name in NAMED.items()]
    llts += [Llt(str(next(codes)), name, ptid) for ptid, names in LLTS.items() for name in names]
    return Terminology(NAMED, tuple(llts))


@pytest.fixture(scope="session")
def names(release: Terminology) -> Names:
    """All names of the release."""
    return Names.of_terminology(release)


@pytest.fixture(scope="session")
def labels() -> Labels:
    """Two of the PTs, as a classifier's classes."""
    return Labels.of(list(NAMED.items())[:2])


@pytest.fixture
def network(tiny_encoder: Path) -> MultiTaskNetwork:
    """Three layers: one frozen, two shared, the last of them copied by the retriever."""
    torch.manual_seed(1)
    encoder = load_encoder(str(tiny_encoder))
    return MultiTaskNetwork(encoder.model, frozen_layers=1, ptids=2, retriever_layers=1).eval()


@pytest.fixture(scope="session")
def tokenizer(tiny_encoder: Path) -> TweetTokenizer:
    """The tiny encoder's."""
    return TweetTokenizer(load_encoder(str(tiny_encoder)).tokenizer, MAX_TOKENS)


@pytest.fixture(scope="session")
def phrases() -> list[CodedPhrase]:
    """Phrases that people use for the four PTs."""
    texts_of = {
        "90000001": ["nausea", "so nauseous", "sick"],
        "90000002": ["a headache", "my head"],
        "90000003": ["can't sleep", "no sleep", "up all day"],
        "90000004": ["dizzy", "so dizzy", "it spins"],
    }
    return [CodedPhrase(text, ptid) for ptid, texts in texts_of.items() for text in texts]
