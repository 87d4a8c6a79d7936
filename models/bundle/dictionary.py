"""What a bundle with retrieval searches: the names' vectors, and the release where it carries one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from models.bundle.config import LABELS_FILE, NAMES_FILE, TERMINOLOGY_FILE, BundleConfig
from models.bundle.files import MEND, read_checked, read_tensors
from models.errors import BundleError, TerminologyError
from models.normalizer.labels import Labels
from models.normalizer.names import NameIndex, Names
from models.terminology import Terminology

_VECTORS = "vectors"


@dataclass(frozen=True, eq=False)
class Dictionary:
    """The names that a bundle searches.

    Attributes:
        index: names and their vectors.
        terminology: the release that they are from; None where they are those of the labels.
    """

    index: NameIndex
    terminology: Terminology | None = None

    @property
    def release(self) -> str | None:
        """What `Retrieval.release` says of it."""
        return None if self.terminology is None else self.terminology.version


def searched_names(labels: Labels, terminology: Terminology | None) -> Names:
    """Give the names that a bundle with these parts searches, in the order of `names.safetensors`."""
    return Names.of_labels(labels) if terminology is None else Names.of_terminology(terminology)


def dictionary_files(dictionary: Dictionary, labels: Labels) -> dict[str, bytes]:
    """Write `names.safetensors`, in half precision, and with a release `terminology.json.gz`.

    Raises:
        BundleError: the names are not those of the release or the labels, or a vector is not finite.
    """
    if dictionary.index.names.names != searched_names(labels, dictionary.terminology).names:
        raise BundleError("the names that were embedded are not those of the bundle's labels or its release")
    vectors = dictionary.index.vectors.detach().to("cpu", torch.float16).contiguous()
    if not vectors.isfinite().all():
        raise BundleError("the vectors of the names have values that are no finite numbers")
    files: dict[str, bytes] = {NAMES_FILE: save({_VECTORS: vectors})}
    if dictionary.terminology is not None:
        files[TERMINOLOGY_FILE] = dictionary.terminology.to_index()
    return files


def count_names(folder: Path) -> int:
    """Tell how many names a bundle with retrieval searches, without reading their vectors.

    Raises:
        BundleError: `names.safetensors` is missing or damaged.
    """
    try:
        with safe_open(folder / NAMES_FILE, "pt") as tensors:
            return int(tensors.get_slice(_VECTORS).get_shape()[0])
    except (OSError, SafetensorError, IndexError) as error:
        raise BundleError(f"{folder / NAMES_FILE} has no vectors of names ({error}): {MEND}") from None


def read_dictionary(folder: Path, config: BundleConfig, labels: Labels) -> Dictionary | None:
    """Read what `dictionary_files` wrote; None where the bundle has no retrieval.

    Raises:
        BundleError: a file is missing, changed, or does not fit the others.
    """
    if config.retrieval is None:
        return None
    terminology = None
    if config.retrieval.release is not None:
        try:
            terminology = Terminology.from_index(read_checked(folder, config, TERMINOLOGY_FILE))
        except TerminologyError as error:
            raise BundleError(
                f"{folder / TERMINOLOGY_FILE} is no index of a release: {error}; {MEND}"
            ) from None
    names = searched_names(labels, terminology)
    tensors = read_tensors(folder, config, NAMES_FILE)
    wanted = [len(names), config.architecture.hidden_size]
    found = {name: list(tensor.shape) for name, tensor in tensors.items()}
    if found != {_VECTORS: wanted}:
        source = TERMINOLOGY_FILE if terminology else LABELS_FILE
        raise BundleError(
            f"{folder / NAMES_FILE} has {found}, but {source} asks for {_VECTORS!r} of the shape {wanted}: "
            f"{MEND}"
        )
    return Dictionary(NameIndex(names, tensors[_VECTORS]), terminology)
