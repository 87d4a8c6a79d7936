"""Code spans again by another release of MedDRA, with the network of a bundle and without training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from models.bundle import Bundle, BundleConfig, Dictionary, load_bundle, searched_names
from models.device import resolve_device
from models.normalizer import NameIndex, Names, Normalizer, SpanInText
from models.options import ServingOptions
from models.predictions import Candidate
from models.runtime import Engine
from models.scoring.assembly import assemble_coder, make_engines, span_reader_on
from models.scoring.catalog import bundle_folder
from models.terminology import Terminology

NameProgress = Callable[[int], None]
"""Called with the number of further names whose vectors are computed."""


@dataclass(frozen=True)
class ReleaseCoder:
    """Codes spans with the terms of one release.

    Attributes:
        version: of the bundle.
        release: version of the release.
        normalizer: finds the candidates of a span.
        threshold: least score of a code.
        reads_text: True if the text around a span matters for its code.
    """

    version: str
    release: str
    normalizer: Normalizer
    threshold: float
    reads_text: bool

    def code(self, spans: Sequence[SpanInText]) -> list[Candidate | None]:
        """Return the code of each span, in order; None for a span without a sure one."""
        return [
            ranking[0] if ranking and ranking[0].score >= self.threshold else None
            for ranking in self.normalizer.rank(spans)
        ]


def load_release_coder(
    name: str,
    terminology: Terminology,
    options: ServingOptions,
    *,
    begin: Callable[[int], None] = lambda names: None,
    advance: NameProgress = lambda names: None,
) -> ReleaseCoder:
    """Load a bundle, and let its Normalizer search the names of a release.

    A bundle whose own release is the same one is used as it is. Otherwise the vectors of all names are
    computed, in memory alone. Bundles without a retriever use their classes, lifted to the release.

    Args:
        name: of a bundle, or its folder.
        terminology: the release.
        options: where it runs, and the choice of the Normalizer.
        begin: called with the number of names before their vectors are computed, for each reader.
        advance: called while they are computed.

    Raises:
        ModelError: there is no such bundle or no such device, or the bundle is damaged or lacks the
            Normalizer.
    """
    torch.set_num_threads(1)
    device = resolve_device(options.device)
    bundle = load_bundle(bundle_folder(name), trunk=options.trunk)
    config = bundle.config.with_normalizer(options.normalizer, bundle.path)
    lanes = options.threads if device.type == "cpu" else None
    engines = make_engines(bundle, device=device, lanes=lanes)

    def of_release(part: Bundle, engine: Engine, settings: BundleConfig) -> Bundle:
        if not searches_names(settings):
            return replace(part, dictionary=_without_names(part, terminology))
        names = searched_names(part.labels, terminology)
        if part.dictionary is not None and part.dictionary.index.names.names == names.names:
            return replace(part, dictionary=Dictionary(part.dictionary.index, terminology))
        begin(len(names))
        vectors = span_reader_on(part, engine).name_vectors(names.names, advance)
        # In half precision, as a bundle stores them, so that such a bundle has the same codes.
        return replace(part, dictionary=Dictionary(NameIndex(names, vectors.to(torch.float16)), terminology))

    changed = of_release(bundle, engines.first, config)
    codes_with_both = bundle.config.second_reader is not None and bundle.config.second_reader.codes != "first"
    if bundle.second is not None and engines.second is not None and codes_with_both:
        second = of_release(bundle.second, engines.second, bundle.second.config)
        changed = replace(changed, second=second)
    configs = [config, *([changed.second.config] if codes_with_both and changed.second else [])]
    return ReleaseCoder(
        config.version,
        terminology.version,
        assemble_coder(changed, engines, config),
        config.effective_thresholds.normalizer,
        any(part.options.context or (part.retrieval and part.retrieval.context) for part in configs),
    )


def searches_names(config: BundleConfig) -> bool:
    """Return True if the chosen Normalizer of a bundle searches names."""
    return config.retrieval is not None and config.retrieval.choice != "classifier"


def _without_names(bundle: Bundle, terminology: Terminology) -> Dictionary:
    """Return a release without vectors, to which the classes are lifted."""
    names = Names((), (), np.zeros(0, dtype=np.int64))
    return Dictionary(NameIndex(names, torch.zeros(0, bundle.config.architecture.hidden_size)), terminology)
