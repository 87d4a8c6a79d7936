"""Packed files and archives for tests, and what is read of them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from monitor.feed import FeedError, Input, Source, open_sources
from monitor.feed.unpacking import zstd

DATA = b'{"id": 1, "text": "dizzy"}\n' * 1_000


def with_long_window(data: bytes) -> bytes:
    """Pack as `zstd --long=31` does."""
    options: dict[int, int] = {
        zstd.CompressionParameter.window_log: 31,
        zstd.CompressionParameter.enable_long_distance_matching: 1,
    }
    compressor = zstd.ZstdCompressor(options=options)
    return compressor.compress(data) + compressor.flush()


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": with_long_window,
}


PACKED = {name: pack(DATA) for name, pack in PACK.items()}


def contents(path: Path) -> dict[str, bytes | str]:
    """Return the bytes of each source, or the error in its place."""

    result: dict[str, bytes | str] = {}
    for number, source in enumerate(open_sources(Input(path), lambda note: None)):
        if isinstance(source, FeedError):
            result[f"error {number}"] = str(source)
            continue
        name = source.name.removeprefix(f"{path}").lstrip("/") or path.name
        try:
            result[name] = source.stream.read()
        except FeedError as error:
            result[name] = str(error)
    return result


def zip_of(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def tar_of(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def only_source(path: Path) -> Source:

    [source] = open_sources(Input(path), lambda note: None)
    assert isinstance(source, Source)
    return source
