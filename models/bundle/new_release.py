"""Set the MedDRA release that a bundle searches.

No training is needed: the bundle's own network computes the vectors of the names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models.bundle.bundle_config import CARD_FILE, BundleConfig
from models.bundle.card_and_metrics import read_card, with_licence_note
from models.bundle.checked_files import read_config
from models.bundle.dictionary import Dictionary, dictionary_files, searched_names
from models.bundle.load import Bundle
from models.bundle.revise import require_place, write_changed_bundle
from models.errors import BundleError, Problem
from models.normalizer import Label, NameIndex, SpanReader, lift_labels
from models.terminology import Terminology


@dataclass(frozen=True)
class TerminologyChange:
    """The result of `set_terminology`.

    Attributes:
        before: the bundle's version before the change.
        after: its version after the change.
        missing: labels that the release does not have: their classes are never returned.
        moved: labels whose PT has become an LLT, each with the PT that it stands for now.
    """

    before: str
    after: str
    missing: tuple[Label, ...]
    moved: tuple[tuple[Label, Label], ...]


def require_retriever(folder: Path) -> BundleConfig:
    """Return the config of a bundle that can search names, without loading any weights.

    Raises:
        BundleError: there is no bundle, or it has no retriever.
    """
    config = read_config(folder)
    if config.retrieval is None:
        raise BundleError(
            f"the bundle {folder} has no retriever, which searches the names of a dictionary",
            problem=Problem.TERMINOLOGY_NEEDS_RETRIEVER,
        )
    return config


def set_terminology(
    bundle: Bundle,
    terminology: Terminology,
    reader: SpanReader,
    *,
    out: Path | None = None,
    advance: Callable[[int], None] = lambda names: None,
) -> TerminologyChange:
    """Compute the vectors of all names of a release, and write a bundle with them and the release.

    Args:
        bundle: with a retriever.
        terminology: the release.
        reader: of the bundle's network, see `make_span_reader`.
        out: folder for the changed bundle; by default it replaces the bundle.
        advance: called after each batch with its number of names.

    Raises:
        BundleError: there is no retriever, something is at `out`, the bundle was changed since it was
            loaded, or the result cannot be written.
    """
    config = require_retriever(bundle.path)
    require_place(bundle.path, out)
    names = searched_names(bundle.labels, terminology)
    index = NameIndex(names, reader.name_vectors(names.names, advance))
    dictionary = Dictionary(index, terminology)
    hashed = dictionary_files(dictionary, bundle.labels)
    retrieval = config.retrieval and config.retrieval.model_copy(update={"release": dictionary.release})
    changed = config.changed(hashed, retrieval=retrieval)
    card = with_licence_note(read_card(bundle.path), dictionary.release)
    write_changed_bundle(bundle, {**hashed, CARD_FILE: card.encode()}, changed, out)
    pairs = list(zip(bundle.labels.classes, lift_labels(bundle.labels, terminology), strict=True))
    return TerminologyChange(
        config.version,
        changed.version,
        tuple(label for label, pt in pairs if pt is None),
        tuple((label, pt) for label, pt in pairs if pt is not None and pt.ptid != label.ptid),
    )
