"""Several files in one input, so that names and contents of folders and archives can be damaged, too."""

from __future__ import annotations

import bz2
import functools
import gzip
import io
import lzma
import re
import shutil
import tarfile
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Final

_MARK: Final = re.compile(rb"(?:\A|\n)#@ ?([^\n]*)\n")
_LONGEST_NAME: Final = 100
_LONGEST_ZIP_NAME: Final = 16_000  # characters; a zip file has 16 bits for the length in bytes


@functools.cache
def scratch() -> Path:
    """Return a folder for the files of this process."""
    keeper = tempfile.TemporaryDirectory(prefix="ade-fuzz-")
    _keepers.append(keeper)
    return Path(keeper.name)


_keepers: list[tempfile.TemporaryDirectory[str]] = []


def scratch_file(data: bytes, name: str) -> Path:
    """Write a file with this content, and return its path."""
    path = scratch() / name
    path.write_bytes(data)
    return path


def joined(files: dict[str, bytes]) -> bytes:
    """Return one input with these files."""
    return b"\n".join(b"#@ " + name.encode() + b"\n" + data for name, data in files.items())


def files_in(data: bytes) -> dict[str, bytes]:
    """Return the files in an input; it may be damaged in any way."""
    pieces = _MARK.split(data)
    names = [name.decode("utf-8", "replace") for name in pieces[1::2]]
    return dict(zip(names, pieces[2::2], strict=True))


def write_folder(folder: Path, data: bytes) -> None:
    """Make a folder have the files in an input, and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files_in(data).items():
        parts = [part for part in name.replace("\0", "").split("/") if part not in ("", ".", "..")]
        path = folder.joinpath(*(part[:_LONGEST_NAME] for part in parts[:4]))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError:  # a name that a file and a folder have
            continue


def zipped(data: bytes) -> bytes:
    """Return a zip file with the files in an input; an input without files becomes one file."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # two files of one name
        for name, content in (files_in(data) or {"posts.jsonl": data}).items():
            archive.writestr(zipfile.ZipInfo(name.replace("\0", "")[:_LONGEST_ZIP_NAME] or "x"), content)
    return file.getvalue()


def tarred(data: bytes) -> bytes:
    """Return a tar file with the files in an input; an input without files becomes one file."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in (files_in(data) or {"posts.jsonl": data}).items():
            info = tarfile.TarInfo(name.replace("\0", "") or "x")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def zstandard(data: bytes) -> bytes:
    """Pack with Zstandard."""
    from monitor.feed.unpacking import zstd

    packed: bytes = zstd.compress(data)
    return packed


PACKERS: Final = (
    gzip.compress,
    functools.partial(bz2.compress, compresslevel=1),
    functools.partial(lzma.compress, preset=0),
    zstandard,
    zipped,
    tarred,
)
