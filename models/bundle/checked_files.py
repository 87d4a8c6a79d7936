"""Read the files of a bundle; each is checked before anything uses it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load
from tokenizers import Tokenizer
from torch import Tensor

from models.bundle.bundle_config import (
    CONFIG_FILE,
    FORMAT_VERSION,
    LABELS_FILE,
    SECOND_READER_FOLDER,
    TOKENIZER_FILE,
    BundleConfig,
    HashedFile,
)
from models.encoder import remove_presets
from models.errors import BundleError
from models.normalizer import Labels

FIX: Final = "copy or train the bundle again"
_DTYPES: Final = (torch.float16, torch.bfloat16, torch.float32)


def read_config(folder: Path) -> BundleConfig:
    """Read and check `config.json` alone.

    Raises:
        BundleError: the folder or the file is missing, or this version cannot read the file.
    """
    if not folder.is_dir():
        raise BundleError(f"there is no bundle at {folder}: the folder does not exist; correct its path")
    path = folder / CONFIG_FILE
    document = read_document(folder, CONFIG_FILE)
    version = document.get("format_version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise BundleError(
            f"{path} has the format version {version}, but this version of the program reads at most "
            f"{FORMAT_VERSION}: upgrade it"
        )
    try:
        return BundleConfig.model_validate(document)
    except ValidationError as error:
        raise BundleError(f"{path} does not describe a bundle: {_summary(error)}") from None


def read_second_config(folder: Path, config: BundleConfig) -> BundleConfig | None:
    """Read and check `config.json` of the second reader of a bundle, or return None if it has none.

    Args:
        folder: of the bundle.
        config: its `config.json`.

    Raises:
        BundleError: the second reader is missing, is not the one that the bundle was fitted with, or has a
            second reader of its own.
    """
    if config.second_reader is None:
        return None
    second_folder = folder / SECOND_READER_FOLDER
    if second_folder.is_symlink() or not second_folder.is_dir():
        raise BundleError(
            f"the bundle {folder} is not complete: it lacks its second reader, the folder "
            f"{SECOND_READER_FOLDER}; {FIX}"
        )
    second = read_config(second_folder)
    if second.version != config.second_reader.version:
        raise BundleError(
            f"{second_folder} is the bundle {second.version}, but {folder / CONFIG_FILE} was fitted with "
            f"{config.second_reader.version}: {FIX}"
        )
    if second.second_reader is not None:
        raise BundleError(f"{second_folder} has a second reader of its own, which is not possible: {FIX}")
    return second


def read_document(folder: Path, name: str) -> Any:
    """Read a JSON file of a bundle.

    Raises:
        BundleError: the file is missing, cannot be read, or is not JSON.
    """
    data = read_file(folder, name)
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{folder / name} is not JSON ({error}): {FIX}") from None


def read_labels(folder: Path, config: BundleConfig) -> Labels:
    """Read `labels.json`.

    Raises:
        BundleError: the file is missing, was changed, or is not a list of labels.
    """
    try:
        return Labels.from_json(read_checked(folder, config, LABELS_FILE))
    except ValidationError as error:
        detail = _summary(error)
    except ValueError as error:
        detail = str(error)
    raise BundleError(f"{folder / LABELS_FILE} is not a list of labels: {detail}; {FIX}")


def read_tensors(folder: Path, config: BundleConfig, name: HashedFile) -> dict[str, Tensor]:
    """Read a safetensors file; the tensors keep the type that they are stored in.

    Raises:
        BundleError: the file is missing, was changed, has another format, or holds other values than finite
            numbers in half precision or fp32.
    """
    data = read_checked(folder, config, name)
    try:
        tensors: dict[str, Tensor] = load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise BundleError(f"{folder / name} is not in the safetensors format ({error}): {FIX}") from None
    for key, tensor in tensors.items():
        if tensor.dtype not in _DTYPES or not tensor.isfinite().all():
            raise BundleError(f"{folder / name}: {key} has values that are not finite numbers: {FIX}")
    return tensors


def read_tokenizer_file(folder: Path, config: BundleConfig) -> Tokenizer:
    """Read the `tokenizer.json` of a bundle that carries its trunk.

    Raises:
        BundleError: the file is missing, was changed, or is not a tokenizer.
    """
    data = read_checked(folder, config, TOKENIZER_FILE)
    try:
        return remove_presets(Tokenizer.from_buffer(data))
    except Exception as error:  # tokenizers raises bare Exceptions
        raise BundleError(f"{folder / TOKENIZER_FILE} is not a tokenizer ({error}): {FIX}") from None


def read_checked(folder: Path, config: BundleConfig, name: HashedFile) -> bytes:
    """Read a file of a bundle, and compare it to its hash in `config.json`.

    Raises:
        BundleError: the file is missing, cannot be read, or was changed.
    """
    data = read_file(folder, name)
    expected, actual = config.files[name], hashlib.sha256(data).hexdigest()
    if actual != expected:
        raise BundleError(
            f"{folder / name} is damaged or was changed: its SHA-256 is {actual[:16]}…, "
            f"{CONFIG_FILE} says {expected[:16]}…; {FIX}"
        )
    return data


def read_all(folder: Path) -> dict[str, bytes]:
    """Read all files of a bundle unchecked, including those for people and those of a second reader.

    Returns:
        Contents by name; the names of the second reader's files begin with `second/`.

    Raises:
        BundleError: one cannot be read, or is not a file.
    """
    names = sorted(path.name for path in folder.iterdir())
    second = folder / SECOND_READER_FOLDER
    if second.is_dir() and not second.is_symlink():
        names.remove(SECOND_READER_FOLDER)
        names += [f"{SECOND_READER_FOLDER}/{path.name}" for path in sorted(second.iterdir())]
    return {name: read_file(folder, name) for name in names}


def read_file(folder: Path, name: str) -> bytes:
    """Read one file of a bundle unchecked.

    Raises:
        BundleError: the file is missing, or cannot be read.
    """
    path = folder / name
    if path.is_symlink():
        raise BundleError(f"{path} is a symbolic link, which bundles may not have: put the file itself there")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BundleError(f"the bundle {folder} is not complete: it lacks {name}; {FIX}") from None
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}") from None


def _summary(error: ValidationError) -> str:
    """Return the first three problems that pydantic found, each with its place."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    texts = [
        f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg']}" for problem in problems[:3]
    ]
    if len(problems) > 3:
        texts.append(f"and {len(problems) - 3} more")
    return "; ".join(texts)
