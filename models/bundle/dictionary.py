"""The names that a bundle with retrieval searches: their vectors, and the release if it carries one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from models.bundle.bundle_config import LABELS_FILE, NAMES_FILE, TERMINOLOGY_FILE, BundleConfig
from models.bundle.checked_files import FIX, read_checked, read_tensors
from models.errors import BundleError, TerminologyError
from models.normalizer import Labels, NameIndex, Names
from models.terminology import Terminology, read_index, write_index

_VECTORS = "vectors"


@dataclass(frozen=True, eq=False)
class Dictionary:
    """The names that a bundle searches.

    Attributes:
        index: names and their vectors.
        terminology: the release that the names are from; None if they are the names of the labels.
    """

    index: NameIndex
    terminology: Terminology | None = None

    @property
    def release(self) -> str | None:
        """The value of `Retrieval.release` for this dictionary."""
        return None if self.terminology is None else self.terminology.version


def searched_names(labels: Labels, terminology: Terminology | None) -> Names:
    """Return the names that a bundle with these parts searches, in the order of `names.safetensors`."""
    return Names.of_labels(labels) if terminology is None else Names.of_terminology(terminology)


def dictionary_files(dictionary: Dictionary, labels: Labels) -> dict[str, bytes]:
    """Return `names.safetensors`, in half precision, and `terminology.json.gz` if there is a release.

    Raises:
        BundleError: the names are not those of the release or the labels, or a vector is not finite.
    """
    if dictionary.index.names.names != searched_names(labels, dictionary.terminology).names:
        raise BundleError("the vectors belong to other names than those of the bundle's labels or release")
    vectors = dictionary.index.vectors.detach().to("cpu", torch.float16).contiguous()
    if not vectors.isfinite().all():
        raise BundleError("the vectors of the names have values that are not finite in half precision")
    files: dict[str, bytes] = {NAMES_FILE: save({_VECTORS: vectors})}
    if dictionary.terminology is not None:
        files[TERMINOLOGY_FILE] = write_index(dictionary.terminology)
    return files


def count_names(folder: Path) -> int:
    """Return how many names a bundle with retrieval searches, without reading their vectors.

    Raises:
        BundleError: `names.safetensors` is missing or damaged.
    """
    try:
        with safe_open(folder / NAMES_FILE, "pt") as tensors:
            return int(tensors.get_slice(_VECTORS).get_shape()[0])
    except (OSError, SafetensorError, IndexError) as error:
        raise BundleError(f"{folder / NAMES_FILE} has no vectors of names ({error}): {FIX}") from None


def read_dictionary(folder: Path, config: BundleConfig, labels: Labels) -> Dictionary | None:
    """Read the files of `dictionary_files`; return None if the bundle has no retrieval.

    Raises:
        BundleError: a file is missing, was changed, or does not fit the others.
    """
    if config.retrieval is None:
        return None
    terminology = None
    if config.retrieval.release is not None:
        try:
            terminology = read_index(read_checked(folder, config, TERMINOLOGY_FILE))
        except TerminologyError as error:
            raise BundleError(
                f"{folder / TERMINOLOGY_FILE} cannot be read: {error}", problem=error.problem
            ) from None
    names = searched_names(labels, terminology)
    tensors = read_tensors(folder, config, NAMES_FILE)
    expected = {_VECTORS: [len(names), config.architecture.hidden_size]}
    shapes = {name: list(tensor.shape) for name, tensor in tensors.items()}
    if shapes != expected:
        source = TERMINOLOGY_FILE if terminology else LABELS_FILE
        raise BundleError(
            f"{folder / NAMES_FILE} has tensors of the shapes {shapes}, but {source} needs {expected}: {FIX}"
        )
    return Dictionary(NameIndex(names, tensors[_VECTORS]), terminology)
