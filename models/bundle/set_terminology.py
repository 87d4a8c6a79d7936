"""Give a bundle another MedDRA release to search: no training, its names are embedded by its own network."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models.bundle.config import CARD_FILE, BundleConfig
from models.bundle.dictionary import Dictionary, dictionary_files, searched_names
from models.bundle.files import read_config
from models.bundle.load import Bundle
from models.bundle.save import with_licence_note
from models.bundle.writing import read_card, require_place, rewrite
from models.errors import BundleError
from models.normalizer.classes import lifted
from models.normalizer.labels import Label
from models.normalizer.names import NameIndex
from models.normalizer.reading import SpanReader
from models.terminology import Terminology


@dataclass(frozen=True)
class NewRelease:
    """What came of it.

    Attributes:
        before: the bundle's version until now.
        after: its version from now on.
        missing: labels that the release does not have: their classes are never given.
        moved: labels whose PT has become an LLT, with the PT that they stand for now.
    """

    before: str
    after: str
    missing: tuple[Label, ...]
    moved: tuple[tuple[Label, Label], ...]


def require_retriever(folder: Path) -> BundleConfig:
    """Check, without loading any weights, that a bundle can search names.

    Raises:
        BundleError: there is no bundle, or it has no retriever.
    """
    config = read_config(folder)
    if config.retrieval is None:
        raise BundleError(
            f"the bundle {folder} has no retriever, which searches the names of a dictionary: "
            "train one with `ade-train train --set normalizer=hybrid`"
        )
    return config


def set_terminology(
    bundle: Bundle,
    terminology: Terminology,
    reader: SpanReader,
    *,
    out: Path | None = None,
    advance: Callable[[int], None] = lambda done: None,
) -> NewRelease:
    """Embed all names of a release, and put them and the release into the bundle, whole or not at all.

    Args:
        bundle: with a retriever.
        terminology: the release.
        reader: of the bundle's network, see `span_reader`.
        out: where the changed bundle goes; by default in place of the old one.
        advance: told of each batch, how many names it had.

    Raises:
        BundleError: there is no retriever, something else is at `out`, the bundle was changed meanwhile, or
            it cannot be written.
    """
    config = require_retriever(bundle.path)
    require_place(bundle.path, out)
    names = searched_names(bundle.labels, terminology)
    index = NameIndex(names, reader.name_vectors(names.names, advance))
    dictionary = Dictionary(index, terminology)
    changed = dictionary_files(dictionary, bundle.labels)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in changed.items()}
    document = config.model_dump()
    document["retrieval"]["release"] = dictionary.release
    document["files"] = {**config.files, **hashes}
    after = BundleConfig.model_validate(document)
    card = read_card(bundle.path)
    changed[CARD_FILE] = with_licence_note(card, dictionary.release).encode()
    rewrite(bundle, changed, after, out)
    pairs = list(zip(bundle.labels.classes, lifted(bundle.labels, terminology), strict=True))
    return NewRelease(
        config.version,
        after.version,
        tuple(label for label, now in pairs if now is None),
        tuple((label, now) for label, now in pairs if now is not None and now.ptid != label.ptid),
    )
