"""The Normalizer that a bundle's config asks for, put together from its parts."""

from __future__ import annotations

import torch

from models.bundle.config import BundleConfig
from models.bundle.dictionary import Dictionary
from models.bundle.load import Bundle
from models.bundle.parts import Retrieval
from models.encoder.tokenization import TweetTokenizer
from models.normalizer.candidates import CandidateFinder
from models.normalizer.classes import lifted
from models.normalizer.labels import Labels
from models.normalizer.ranking import (
    ClassifierNormalizer,
    HybridNormalizer,
    Normalizer,
    RetrievalNormalizer,
    class_concepts,
)
from models.normalizer.reading import SpanReader
from models.runtime import Engine, precision_of


def span_reader(bundle: Bundle, device: torch.device) -> SpanReader:
    """Make what lets a bundle's network read spans and names, with an engine of its own.

    Matrices are multiplied in bfloat16 where the device gains by it: on such a processor that takes less than
    half of the time, and moves a cosine by less than 0.001.
    """
    return reader_over(bundle, Engine(bundle.weights, device=device, precision=precision_of("auto", device)))


def reader_over(bundle: Bundle, engine: Engine) -> SpanReader:
    """Make a reader that shares the engine of the bundle's network."""
    config = bundle.config
    return SpanReader(
        engine,
        TweetTokenizer(bundle.tokenizer, config.max_tokens),
        context=config.options.context,
        retrieval_context=config.retrieval.context if config.retrieval else False,
    )


def normalizer_of(bundle: Bundle, device: torch.device, config: BundleConfig | None = None) -> Normalizer:
    """Make the Normalizer of a bundle.

    Args:
        bundle: its network is used, and copied in part.
        device: where it runs.
        config: by default the bundle's; another one may choose another Normalizer.
    """
    config = config or bundle.config
    return assembled(span_reader(bundle, device), bundle.labels, bundle.dictionary, config.retrieval)


def assembled(
    reader: SpanReader, labels: Labels, dictionary: Dictionary | None, retrieval: Retrieval | None
) -> Normalizer:
    """Put a Normalizer together.

    Args:
        reader: the network.
        labels: classes of its classifier.
        dictionary: the names that are searched; without one, the classifier codes.
        retrieval: which Normalizer is chosen, and its fusions; without one, the classifier codes.
    """
    classes = lifted(labels, dictionary.terminology if dictionary else None)
    if retrieval is None or dictionary is None or retrieval.choice == "classifier":
        return ClassifierNormalizer(reader, classes)
    index, fusion = dictionary.index, retrieval.fusions[retrieval.choice]
    if retrieval.choice == "retrieval":
        return RetrievalNormalizer(reader, CandidateFinder(index, reader.engine.device), fusion)
    concepts = class_concepts(classes, index.names.concepts)
    return HybridNormalizer(reader, CandidateFinder(index, reader.engine.device, concepts), fusion)
