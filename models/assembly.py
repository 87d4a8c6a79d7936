"""The Normalizer that a bundle's config asks for, put together from its parts."""

from __future__ import annotations

import torch

from models.bundle.config import BundleConfig
from models.bundle.load import Bundle
from models.normalizer.candidates import CandidateFinder
from models.normalizer.lifting import lifted
from models.normalizer.ranking import (
    ClassifierNormalizer,
    HybridNormalizer,
    Normalizer,
    RetrievalNormalizer,
    class_concepts,
)
from models.normalizer.reading import SpanReader
from models.tokenization import TweetTokenizer


def span_reader(bundle: Bundle, device: torch.device) -> SpanReader:
    """Make what runs the bundle's network on spans and names; the network is moved to the device."""
    config = bundle.config
    return SpanReader(
        bundle.network.to(device).eval(),
        TweetTokenizer(bundle.tokenizer, config.max_tokens),
        device,
        context=config.options.context,
        retrieval_context=config.retrieval.context if config.retrieval else False,
    )


def normalizer_of(bundle: Bundle, device: torch.device, config: BundleConfig | None = None) -> Normalizer:
    """Make the Normalizer of a bundle.

    Args:
        bundle: its network is used, not copied.
        device: where it runs.
        config: by default the bundle's; another one may choose another Normalizer.
    """
    config = config or bundle.config
    reader = span_reader(bundle, device)
    terminology = bundle.dictionary.terminology if bundle.dictionary else None
    classes = lifted(bundle.labels, terminology)
    if config.retrieval is None or bundle.dictionary is None or config.choice == "classifier":
        return ClassifierNormalizer(reader, classes)
    index, fusion = bundle.dictionary.index, config.retrieval.fusions[config.choice]
    if config.choice == "retrieval":
        return RetrievalNormalizer(reader, CandidateFinder(index, device), fusion)
    concepts = class_concepts(classes, index.names.concepts)
    return HybridNormalizer(reader, CandidateFinder(index, device, concepts), fusion)
