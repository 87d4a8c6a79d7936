"""The files of a bundle, each checked before anything uses it."""

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

from models.bundle.config import (
    CONFIG_FILE,
    FORMAT_VERSION,
    LABELS_FILE,
    TOKENIZER_FILE,
    BundleConfig,
    FileName,
)
from models.encoder.tokenization import prepare
from models.errors import BundleError
from models.normalizer.labels import Labels

MEND = "copy or train the bundle again"
_STORED: Final = (torch.float16, torch.bfloat16, torch.float32)


def read_config(folder: Path) -> BundleConfig:
    """Read and check `config.json` alone.

    Raises:
        BundleError: the folder or the file is missing, or the file is not what this version understands.
    """
    if not folder.is_dir():
        raise BundleError(f"there is no bundle at {folder}: the folder does not exist; correct its path")
    path = folder / CONFIG_FILE
    document = read_document(folder, CONFIG_FILE)
    written = document.get("format_version") if isinstance(document, dict) else None
    if isinstance(written, int) and written > FORMAT_VERSION:
        raise BundleError(
            f"{path} has the format version {written}, this ade-monitor reads {FORMAT_VERSION}: upgrade it"
        )
    try:
        return BundleConfig.model_validate(document)
    except ValidationError as error:
        raise BundleError(f"{path} does not describe a bundle: {_problems(error)}") from None


def read_document(folder: Path, name: str) -> Any:
    """Read a JSON file of a bundle as it is.

    Raises:
        BundleError: the file is missing, cannot be read, or is no JSON.
    """
    data = read_file(folder, name)
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{folder / name} is not JSON ({error}): {MEND}") from None


def read_labels(folder: Path, config: BundleConfig) -> Labels:
    """Read `labels.json`.

    Raises:
        BundleError: the file is missing, changed, or no list of labels.
    """
    try:
        return Labels.from_json(read_checked(folder, config, LABELS_FILE))
    except ValidationError as error:
        raise BundleError(
            f"{folder / LABELS_FILE} is no list of labels: {_problems(error)}; {MEND}"
        ) from None
    except ValueError as error:
        raise BundleError(f"{folder / LABELS_FILE} is no list of labels: {error}; {MEND}") from None


def read_tensors(folder: Path, config: BundleConfig, name: FileName) -> dict[str, Tensor]:
    """Read a safetensors file; the tensors come as they are stored, in half precision or fp32.

    Raises:
        BundleError: the file is missing, changed, of another format, or has values that are no numbers.
    """
    data = read_checked(folder, config, name)
    try:
        tensors: dict[str, Tensor] = load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise BundleError(f"{folder / name} is not in the safetensors format ({error}): {MEND}") from None
    for key, tensor in tensors.items():
        if tensor.dtype not in _STORED or not tensor.isfinite().all():
            raise BundleError(f"{folder / name}: {key} has values that are no finite numbers: {MEND}")
    return tensors


def read_tokenizer_file(folder: Path, config: BundleConfig) -> Tokenizer:
    """Read the `tokenizer.json` of a bundle that carries its trunk.

    Raises:
        BundleError: the file is missing, changed, or no tokenizer.
    """
    data = read_checked(folder, config, TOKENIZER_FILE)
    try:
        return prepare(Tokenizer.from_buffer(data))
    except Exception as error:  # tokenizers raises bare Exceptions
        raise BundleError(f"{folder / TOKENIZER_FILE} is no tokenizer ({error}): {MEND}") from None


def read_checked(folder: Path, config: BundleConfig, name: FileName) -> bytes:
    """Read a file of a bundle that `config.json` has the hash of.

    Raises:
        BundleError: the file is missing, cannot be read, or was changed.
    """
    data = read_file(folder, name)
    wanted, found = config.files[name], hashlib.sha256(data).hexdigest()
    if found != wanted:
        raise BundleError(
            f"{folder / name} is damaged or was changed: its SHA-256 is {found[:16]}…, "
            f"{CONFIG_FILE} says {wanted[:16]}…; {MEND}"
        )
    return data


def read_all(folder: Path) -> dict[str, bytes]:
    """Read all files of a bundle, those for people too, as they are.

    Raises:
        BundleError: one cannot be read, or is no file.
    """
    return {path.name: read_file(folder, path.name) for path in sorted(folder.iterdir())}


def read_file(folder: Path, name: str) -> bytes:
    """Read one file of a bundle as it is.

    Raises:
        BundleError: the file is missing, or cannot be read.
    """
    path = folder / name
    if path.is_symlink():
        raise BundleError(f"{path} is a symbolic link, which is not followed: put the file itself there")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BundleError(f"{folder} is no whole bundle, it lacks {name}: {MEND}") from None
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}") from None


def _problems(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    told = [f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}" for one in problems[:3]]
    return "; ".join([*told, *([f"and {len(problems) - 3} more"] if len(problems) > 3 else [])])
