"""The members of archives that may have posts, each with a stream of its bytes."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

from monitor.feed.listing import data_members, is_data, skipped_note
from monitor.feed.source import FeedError
from monitor.feed.unpacked_stream import DAMAGE, refuse_bomb
from monitor.feed.unpacking import zipfile

MAX_MEMBERS: Final = 20_000
"""Largest number of members of an archive."""

_ZIP_END: Final = 65_557
"""Longest end of a zip file that has the number of its members, with the longest comment."""

_OFFICE_MEMBERS: Final = ("[Content_Types].xml", "mimetype")
"""Members that make a zip file a workbook or another document of an office program."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an archive.

    Attributes:
        name: name of the archive, a slash, and the name in it.
        stream: its bytes; they can be read until the next member is taken.
        consumed: returns how many packed bytes were read of it; None if that is not known.
    """

    name: str
    stream: BinaryIO
    consumed: Callable[[], int] | None = None


def is_office_file(file: BinaryIO, name: str) -> bool:
    """Return True if a zip file is a workbook or another document; its position is at the start then.

    Raises:
        FeedError: the zip file is damaged, or has too many members.
    """
    with _open_zip(file, name) as archive:
        names = archive.namelist()
    file.seek(0)
    return any(member in names for member in _OFFICE_MEMBERS)


def zip_members(file: BinaryIO, name: str, notify: Callable[[str], None]) -> Iterator[Member | FeedError]:
    """Yield the members of the zip file `name` that may have posts, and an error for each that is damaged.

    Raises:
        FeedError: the zip file is damaged, has too many members, or none that may have posts.
    """
    with _open_zip(file, name) as archive:
        chosen, skipped = data_members(archive.namelist())
        _check_members(name, len(chosen), skipped, notify)
        for member in chosen:
            full_name = f"{name}/{member}"
            info = archive.getinfo(member)
            try:
                refuse_bomb(full_name, info.compress_size, info.file_size)
                stream = archive.open(info)
            except FeedError as error:
                yield error
            except (*DAMAGE, OSError) as error:
                yield FeedError(f"{full_name} cannot be unpacked: {error}", "unpack it with another program")
            else:
                with stream:
                    yield Member(full_name, cast(BinaryIO, stream), _bytes_since(file, file.tell()))


def tar_members(stream: BinaryIO, name: str, notify: Callable[[str], None]) -> Iterator[Member | FeedError]:
    """Yield the members of the tar archive `name` that may have posts, in the order in which they are in it.

    Raises:
        FeedError: the archive is damaged, has too many members, or none that may have posts.
    """
    skipped: list[str] = []
    count = 0
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                if not member.isfile():
                    continue
                count += 1
                _check_count(name, count)
                content = archive.extractfile(member) if is_data(member.name) else None
                if content is None:
                    skipped.append(member.name)
                else:
                    yield Member(f"{name}/{member.name}", cast(BinaryIO, content))
    except DAMAGE as error:
        raise FeedError(
            f"the tar archive {name} is damaged or cut off ({error})",
            "fetch the file again; what came before was read",
        ) from None
    _check_members(name, count - len(skipped), skipped, notify)


def _open_zip(file: BinaryIO, name: str) -> zipfile.ZipFile:
    _check_count(name, _count_members(file))
    try:
        return zipfile.ZipFile(file)
    except (*DAMAGE, OSError) as error:
        raise FeedError(
            f"the zip file {name} is damaged or cut off ({error})", "fetch the file again"
        ) from None


def _count_members(file: BinaryIO) -> int:
    """Return the number of members that the end of a zip file states, before all their names are read."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _ZIP_END))
    end = file.read(_ZIP_END)
    file.seek(0)
    place = end.rfind(b"PK\x05\x06")
    return int.from_bytes(end[place + 10 : place + 12], "little") if place >= 0 else 0


def _check_count(name: str, count: int) -> None:
    if count > MAX_MEMBERS:
        raise FeedError(f"{name} has more than {MAX_MEMBERS:,} members", "unpack it, and feed the folder")


def _check_members(name: str, chosen: int, skipped: list[str], notify: Callable[[str], None]) -> None:
    if skipped:
        notify(skipped_note(name, skipped))
    if not chosen:
        raise FeedError(f"the archive {name} has no file to read", "name an archive with posts")


def _bytes_since(file: BinaryIO, begin: int) -> Callable[[], int]:
    return lambda: file.tell() - begin
