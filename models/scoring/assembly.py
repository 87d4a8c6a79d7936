"""Assemble what a bundle's config chooses: its engines, its reader or readers, and its Normalizer."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import torch

from models.bundle import Bundle, BundleConfig, Dictionary, Retrieval
from models.network import ExitHead
from models.normalizer import (
    BEST,
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
from models.runtime import Engine, Precision, resolve_precision
from models.scoring.reader import Reader
from models.scoring.two_normalizers import SHORTLIST, TwoNormalizers
from models.scoring.two_readers import TwoReaders


@dataclass(frozen=True)
class BundleEngines:
    """The engines of a bundle: of its first reader, and of its second one if it has two.

    Both run on the same threads, so that two readers use no more of a processor than one.
    """

    first: Engine
    second: Engine | None = None


def make_engines(
    bundle: Bundle,
    *,
    device: torch.device | None = None,
    precision: Precision = "fp32",
    lanes: int | None = None,
    graphs: bool = False,
    early_exit: bool = True,
) -> BundleEngines:
    """Return the engines of a bundle.

    Args:
        bundle: whose networks they use, and copy in part.
        device: where both run; the CPU by default.
        precision: of matrix products.
        lanes: micro-batches that both together compute at a time, see `Engine`.
        graphs: capture CUDA graphs on a GPU, see `Engine`.
        early_exit: let clear negatives leave early where the bundle has an exit for them.
    """
    first = Engine(
        bundle.weights,
        device=device,
        precision=precision,
        lanes=lanes,
        graphs=graphs,
        body=bundle.body,
        early_exit=usable_exit(bundle) if early_exit else None,
    )
    if bundle.second is None:
        return BundleEngines(first)
    second = Engine(
        bundle.second.weights,
        device=device,
        precision=precision,
        lanes=lanes,
        graphs=graphs,
        body=bundle.second.body,
        threads_of=first,
    )
    return BundleEngines(first, second)


def usable_exit(bundle: Bundle) -> ExitHead | None:
    """Return the early exit of a bundle; None if it was only shown for a higher threshold than it has."""
    config, exit_head = bundle.config, bundle.early_exit
    if exit_head is None or not exit_head.serves(config.settling_threshold, config.decision):
        return None
    return exit_head


def assemble_reader(bundle: Bundle, engines: BundleEngines) -> Reader | TwoReaders:
    """Return the reader of a bundle, or its two readers together."""
    first = reader_on(bundle, engines.first)
    section = bundle.config.second_reader
    if section is None or bundle.second is None or engines.second is None:
        return first
    return TwoReaders(first, reader_on(bundle.second, engines.second), section)


def assemble_coder(bundle: Bundle, engines: BundleEngines, config: BundleConfig | None = None) -> Normalizer:
    """Return what codes the spans of a bundle: its Normalizer, or those of both readers together.

    Args:
        bundle: with one reader or two.
        engines: of the bundle.
        config: the bundle's config with another choice of its first Normalizer; by default the bundle's.
    """
    retrieval = (config or bundle.config).retrieval
    section = bundle.config.second_reader
    if section is None or section.codes == "first" or bundle.second is None or engines.second is None:
        return normalizer_on(bundle, engines.first, retrieval)
    second = bundle.second
    return TwoNormalizers(
        normalizer_on(bundle, engines.first, retrieval, best=SHORTLIST),
        normalizer_on(second, engines.second, second.config.retrieval, best=SHORTLIST),
        known_to_first=known_ptids(bundle, retrieval),
        known_to_second=known_ptids(second, second.config.retrieval),
    )


def reader_on(bundle: Bundle, engine: Engine) -> Reader:
    """Return the first reader of a bundle, which shares an engine of its network."""
    config = bundle.config
    return Reader(
        engine,
        bundle.tweet_tokenizer,
        config.decision,
        reads_context=config.options.reads_context,
    )


def normalizer_on(
    bundle: Bundle, engine: Engine, retrieval: Retrieval | None, *, best: int = BEST
) -> Normalizer:
    """Return the Normalizer of a bundle, which shares an engine of its network.

    Args:
        bundle: the second reader of a bundle counts as a bundle of its own here.
        engine: of its network.
        retrieval: the choice and the fusions; without it, the classifier codes.
        best: the number of candidates to return.
    """
    reader = span_reader_on(bundle, engine)
    return assemble_normalizer(reader, bundle.labels, bundle.dictionary, retrieval, best=best)


def known_ptids(bundle: Bundle, retrieval: Retrieval | None) -> Set[str]:
    """Return the codes that a bundle's Normalizer can return."""
    dictionary = bundle.dictionary
    if retrieval is not None and dictionary is not None and retrieval.choice != "classifier":
        return {concept.ptid for concept in dictionary.index.names.concepts}
    classes = lift_labels(bundle.labels, dictionary.terminology if dictionary else None)
    return {label.ptid for label in classes if label is not None}


def make_span_reader(bundle: Bundle, device: torch.device) -> SpanReader:
    """Return a reader with an engine of its own.

    It multiplies matrices in bfloat16 where the instructions of the device suggest it; unlike serving, it
    does not measure. On such a processor that takes less than half of the time, and changes a cosine by less
    than 0.001.
    """
    precision = resolve_precision("auto", device)
    return span_reader_on(bundle, Engine(bundle.weights, device=device, precision=precision))


def span_reader_on(bundle: Bundle, engine: Engine) -> SpanReader:
    """Return a reader that shares an engine of the bundle's network."""
    config = bundle.config
    return SpanReader(
        engine,
        bundle.tweet_tokenizer,
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
    reader: SpanReader,
    labels: Labels,
    dictionary: Dictionary | None,
    retrieval: Retrieval | None,
    *,
    best: int = BEST,
) -> Normalizer:
    """Return the Normalizer that `retrieval` chooses.

    Args:
        reader: runs the network.
        labels: classes of its classifier.
        dictionary: the names that are searched; without one, the classifier codes.
        retrieval: the choice and the fusions; without it, the classifier codes.
        best: the number of candidates to return.
    """
    classes = lift_labels(labels, dictionary.terminology if dictionary else None)
    if retrieval is None or dictionary is None or retrieval.choice == "classifier":
        return ClassifierNormalizer(reader, classes, best=best)
    index, fusion = dictionary.index, retrieval.fusions[retrieval.choice]
    if retrieval.choice == "retrieval":
        return RetrievalNormalizer(reader, CandidateFinder(index, reader.engine.device), fusion, best=best)
    concepts = concepts_of_classes(classes, index.names.concepts)
    return HybridNormalizer(reader, CandidateFinder(index, reader.engine.device, concepts), fusion, best=best)
