"""A tiny bundle with a retriever, which searches the names of its labels or of a release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.bundle import Dictionary, Retrieval, searched_names
from models.encoder import TweetTokenizer
from models.normalizer import Fusion, NameIndex, SpanReader
from models.runtime import Engine
from models.terminology import Terminology
from tests.tiny import LABELS, MAX_TOKENS, Trained, save_tiny, train_tiny, trained_once, write_checkpoint

FUSION = Fusion(
    weights={"dense": 4.0, "lexical": 6.0, "fuzzy": 4.0, "exact": 4.0, "log_class": 4.0}, nothing=5.0
)
RETRIEVAL = Retrieval(layers=1, choice="hybrid", fusions={"retrieval": FUSION, "hybrid": FUSION})


def train_tiny_retriever(checkpoint: Path) -> Trained:
    """Train as `train_tiny` does; the retriever is an untrained copy of the encoder."""
    return train_tiny(checkpoint, retriever_layers=1)


def trained_retriever_once(checkpoint: Path) -> Trained:
    """Return what `train_tiny_retriever` makes of a plain encoder, as `trained_once` does."""
    return trained_once(checkpoint, retriever_layers=1)


def reader_of(trained: Trained, *, context: bool = False) -> SpanReader:
    """Return a reader of the network, on the CPU."""
    tokenizer = TweetTokenizer(trained.encoder.tokenizer, MAX_TOKENS)
    return SpanReader(Engine(trained.network), tokenizer, retrieval_context=context)


def dictionary_of(trained: Trained, terminology: Terminology | None = None) -> Dictionary:
    """Return the names of a release, or of the labels, with their vectors."""
    names = searched_names(LABELS, terminology)
    return Dictionary(NameIndex(names, reader_of(trained).name_vectors(names.names)), terminology)


def save_tiny_hybrid(
    folder: Path, trained: Trained, terminology: Terminology | None = None, **changes: Any
) -> Path:
    """Save a hybrid bundle; `changes` are arguments of `save_bundle`."""
    arguments = {"retrieval": RETRIEVAL, "dictionary": dictionary_of(trained, terminology)}
    return save_tiny(folder, trained, **{**arguments, **changes})


def make_tiny_hybrid(folder: Path, terminology: Terminology | None = None) -> Path:
    """Save a trained hybrid bundle with its own trunk at `folder`, and its encoder next to it."""
    checkpoint = write_checkpoint(folder.with_name(f"{folder.name}-encoder"))
    return save_tiny_hybrid(folder, trained_retriever_once(checkpoint), terminology)
