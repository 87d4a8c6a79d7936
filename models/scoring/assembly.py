"""Assemble the Normalizer that a bundle's config chooses."""

from __future__ import annotations

import torch

from models.bundle import Bundle, BundleConfig, Dictionary, Retrieval
from models.encoder import TweetTokenizer
from models.normalizer import (
    CandidateFinder,
    ClassifierNormalizer,
    HybridNormalizer,
    Labels,
    Normalizer,
    RetrievalNormalizer,
    SpanReader,
    concepts_of_classes,
    lift_labels,
)
from models.runtime import Engine, resolve_precision


def make_span_reader(bundle: Bundle, device: torch.device) -> SpanReader:
    """Return a reader with an engine of its own.

    It multiplies matrices in bfloat16 where the device is faster with it. On such a processor that takes
    less than half of the time, and changes a cosine by less than 0.001.
    """
    precision = resolve_precision("auto", device)
    return span_reader_on(bundle, Engine(bundle.weights, device=device, precision=precision))


def span_reader_on(bundle: Bundle, engine: Engine) -> SpanReader:
    """Return a reader that shares an engine of the bundle's network."""
    config = bundle.config
    return SpanReader(
        engine,
        TweetTokenizer(bundle.tokenizer, config.max_tokens),
        context=config.options.context,
        retrieval_context=config.retrieval.context if config.retrieval else False,
    )


def make_normalizer(bundle: Bundle, device: torch.device, config: BundleConfig | None = None) -> Normalizer:
    """Return the Normalizer of a bundle, with an engine of its own.

    Args:
        bundle: whose network it uses, and copies in part.
        device: where it runs.
        config: the bundle's config with another choice; by default the bundle's config.
    """
    config = config or bundle.config
    reader = make_span_reader(bundle, device)
    return assemble_normalizer(reader, bundle.labels, bundle.dictionary, config.retrieval)


def assemble_normalizer(
    reader: SpanReader, labels: Labels, dictionary: Dictionary | None, retrieval: Retrieval | None
) -> Normalizer:
    """Return the Normalizer that `retrieval` chooses.

    Args:
        reader: runs the network.
        labels: classes of its classifier.
        dictionary: the names that are searched; without one, the classifier codes.
        retrieval: the choice and the fusions; without it, the classifier codes.
    """
    classes = lift_labels(labels, dictionary.terminology if dictionary else None)
    if retrieval is None or dictionary is None or retrieval.choice == "classifier":
        return ClassifierNormalizer(reader, classes)
    index, fusion = dictionary.index, retrieval.fusions[retrieval.choice]
    if retrieval.choice == "retrieval":
        return RetrievalNormalizer(reader, CandidateFinder(index, reader.engine.device), fusion)
    concepts = concepts_of_classes(classes, index.names.concepts)
    return HybridNormalizer(reader, CandidateFinder(index, reader.engine.device, concepts), fusion)
