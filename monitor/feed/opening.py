"""Open what is fed: a file, standard input, or each member of an archive, unpacked, one after the other."""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, cast

from monitor.feed.archives import Member, is_office_file, tar_members, zip_members
from monitor.feed.listing import Input
from monitor.feed.source import FeedError, Source
from monitor.feed.unpacked_stream import BombGuard, UnpackedStream
from monitor.feed.unpacking import PACKINGS, TAR, UNSUPPORTED, ZIP, packing_of

MAX_NESTING: Final = 4
"""Number of packings around each other: `tweets.json.gz` in `a.tar.xz` has three."""

_START: Final = 512
"""Bytes that a packing is detected from."""

_PACKED_EXTENSIONS: Final = frozenset(extension for packing in PACKINGS for extension in packing.extensions)


@dataclass(frozen=True)
class _Layer:
    """A stream on its way to be unpacked."""

    name: str
    stream: BinaryIO
    consumed: Callable[[], int]
    guard: BombGuard
    size: int | None
    read_so_far: Callable[[], int]
    was_listed: bool
    depth: int = 0


def open_sources(entry: Input, notify: Callable[[str], None]) -> Iterator[Source | FeedError]:
    """Yield what a file consists of: the file itself, or each member of an archive that may have posts.

    How it is packed is detected from its first bytes. Read each source before you take the next one: a
    source is closed then.

    Args:
        entry: the file.
        notify: called with notes about skipped members.

    Yields:
        Sources, and an error in the place of what cannot be opened or unpacked. A source raises such an error
        while its stream is read. What comes after an error may still be readable.
    """
    try:
        with _open(entry.path) as file:
            size = _size_of(entry.path)
            counted = UnpackedStream(file, entry.name)
            stream, consumed = (
                (file, file.tell) if size is not None else (counted.buffered(), counted.consumed)
            )
            guard = BombGuard(entry.name, lambda: size or consumed())
            read_so_far = consumed if size is not None else int
            layer = _Layer(entry.name, stream, consumed, guard, size, read_so_far, entry.was_listed)
            yield from _unpack(layer, notify)
    except FeedError as error:
        yield error
    except OSError as error:
        yield FeedError(f"{entry.name} cannot be read: {error.strerror or error}")


def _unpack(layer: _Layer, notify: Callable[[str], None]) -> Iterator[Source | FeedError]:
    start = _peek(layer)
    for mark, kind in UNSUPPORTED.items():
        if start.startswith(mark):
            raise FeedError(f"{layer.name} is {kind}", "unpack it, and feed the files in it")
    packing = packing_of(start)
    if packing is None:
        yield _plain_source(layer)
    elif layer.depth == MAX_NESTING:
        raise FeedError(f"{layer.name} is packed more than {MAX_NESTING} times", "unpack it yourself")
    elif packing is ZIP:
        yield from _zip_sources(layer, notify)
    elif packing is TAR:
        yield from _member_sources(layer, tar_members(layer.stream, layer.name, notify), notify)
    elif packing.unpack is not None:
        yield from _unpack(_inner(layer, packing.unpack(layer.stream), layer.name, layer.consumed), notify)


def _inner(
    layer: _Layer, unpacked: BinaryIO, name: str, consumed: Callable[[], int], *, in_archive: bool = False
) -> _Layer:
    """Return the layer of what was unpacked; `consumed` returns how many packed bytes it has read."""
    guard = BombGuard(name, consumed, layer.guard)
    stream = UnpackedStream(unpacked, name, guard)
    was_listed = layer.was_listed and not in_archive
    return _Layer(
        name,
        stream.buffered(),
        stream.consumed,
        guard,
        layer.size,
        layer.read_so_far,
        was_listed,
        layer.depth + 1,
    )


def _plain_source(layer: _Layer) -> Source:
    stream = UnpackedStream(layer.stream, layer.name, is_packed=layer.depth > 0)
    sample = stream.take_sample()
    return Source(
        layer.name,
        _extension(layer.name),
        stream.buffered(),
        sample,
        layer.size,
        layer.was_listed,
        layer.read_so_far,
    )


def _zip_sources(layer: _Layer, notify: Callable[[str], None]) -> Iterator[Source | FeedError]:
    with _seekable(layer) as file:
        if is_office_file(file, layer.name):
            yield _plain_source(replace(layer, stream=file, depth=0))
        else:
            yield from _member_sources(layer, zip_members(file, layer.name, notify), notify)


def _member_sources(
    layer: _Layer, members: Iterator[Member | FeedError], notify: Callable[[str], None]
) -> Iterator[Source | FeedError]:
    for member in members:
        if isinstance(member, FeedError):
            yield member
            continue
        try:
            consumed = member.consumed or layer.consumed
            yield from _unpack(_inner(layer, member.stream, member.name, consumed, in_archive=True), notify)
        except FeedError as error:
            yield error


@contextlib.contextmanager
def _seekable(layer: _Layer) -> Iterator[BinaryIO]:
    """Open the bytes of a layer as a file with a position; those of a pipe are copied to a temporary file."""
    if layer.stream.seekable() and layer.depth == 0:
        yield layer.stream
        return
    with tempfile.TemporaryFile() as copy:
        try:
            shutil.copyfileobj(layer.stream, copy)
        except OSError as error:
            raise FeedError(
                f"{layer.name} cannot be copied to {tempfile.gettempdir()}: {error.strerror}",
                "free some space there, or set TMPDIR to another folder",
            ) from None
        copy.seek(0)
        yield cast(BinaryIO, copy)


def _peek(layer: _Layer) -> bytes:
    return cast(io.BufferedReader, layer.stream).peek(_START)[:_START]


def _extension(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    while path.suffix.lower() in _PACKED_EXTENSIONS:
        path = path.with_suffix("")
    return path.suffix.lower()


def _size_of(path: Path | None) -> int | None:
    return path.stat().st_size if path is not None and path.is_file() else None


@contextlib.contextmanager
def _open(path: Path | None) -> Iterator[io.BufferedReader]:
    if path is None:
        if sys.stdin is None or sys.stdin.closed:
            raise FeedError("there is no standard input to read", "name a file")
        buffer = sys.stdin.buffer
        if not isinstance(buffer, io.BufferedReader):
            buffer = io.BufferedReader(cast(io.RawIOBase, buffer))
        yield buffer
        return
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise FeedError(f"there is no file {path}", "check the name, or use - for standard input") from None
    except OSError as error:
        raise FeedError(f"{path} cannot be opened: {error.strerror}") from None
    with file:
        yield file
