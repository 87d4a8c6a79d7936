"""From files to labels: archives are opened, and each file is read by what it starts with."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

from monitor.labels.documents import docx_lines, pdf_lines, read_plain_text, text_lines
from monitor.labels.errors import LabelError
from monitor.labels.label import ProductLabel
from monitor.labels.openfda import read_openfda
from monitor.labels.smpc import read_smpc

LARGEST_DOCUMENT: Final = 200_000_000
"""Bytes of a PDF or DOCX file."""

_DEEPEST: Final = 2  # DailyMed's files of all labels are archives of archives
_READ: Final = (".json", ".xml", ".zip", ".pdf", ".docx", ".txt")
_ZIP: Final = b"PK\x03\x04"


def read_product_labels(path: Path) -> Iterator[ProductLabel | LabelError]:
    """Yield the labels of a file, and an error in the place of each that cannot be read.

    An archive (.zip) may have further ones in it. Its members with other endings than those of the known
    formats are left out.
    """
    try:
        with path.open("rb") as stream:
            yield from _read(stream, str(path), path.suffix.lower(), 0)
    except LabelError as error:
        yield error
    except IsADirectoryError:
        yield LabelError(f"{path} is a folder", f"name its files, for example {path / '*.xml'}")
    except OSError as error:
        yield LabelError(f"{path} cannot be read ({error.strerror or error})", "correct the path")


def _read(stream: BinaryIO, place: str, suffix: str, depth: int) -> Iterator[ProductLabel | LabelError]:
    start = stream.read(1024)
    stream.seek(0)
    content = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not content and len(start) < 1024:
        raise LabelError(f"{place} is empty", "import a file of labels")
    if start.startswith(_ZIP):
        yield from _archive(stream, place, suffix, depth)
    elif content.startswith(b"%PDF"):
        yield read_smpc(pdf_lines(_whole(stream, place), place), place)
    elif content.startswith(b"<") or suffix == ".xml":
        yield from _spl(stream, place)
    elif content[:1] in (b"{", b"[") or suffix == ".json":
        yield from read_openfda(stream, place)
    elif suffix == ".pdf":
        raise LabelError(f"{place} is not a PDF, although its name ends in .pdf", "download it again")
    elif suffix == ".docx":
        raise LabelError(f"{place} is not a DOCX file, although its name ends in .docx", "save it again")
    else:
        yield read_plain_text(text_lines(_whole(stream, place), place), place)


def _spl(stream: BinaryIO, place: str) -> Iterator[ProductLabel | LabelError]:
    try:
        from monitor.labels.spl import read_spl
    except ImportError:
        raise LabelError(
            f"{place} is XML, which needs lxml", "run `pip install 'ade-monitor[labels]'`"
        ) from None
    yield from read_spl(stream, place)


def _archive(stream: BinaryIO, place: str, suffix: str, depth: int) -> Iterator[ProductLabel | LabelError]:
    try:
        archive = zipfile.ZipFile(stream)
        names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise LabelError(f"{place} is a damaged archive ({error})", "download it again") from None
    if "word/document.xml" in names or suffix == ".docx":
        stream.seek(0)
        yield read_smpc(docx_lines(_whole(stream, place), place), place)
        return
    members = [name for name in names if name.lower().endswith(_READ)]
    if not members:
        raise LabelError(f"{place} has no file of labels ({', '.join(_READ)})", "import another archive")
    if depth == _DEEPEST:
        raise LabelError(f"{place} is an archive in an archive in an archive", "unpack it")
    for name in members:
        yield from _member(archive, name, f"{place}/{name}", depth)


def _member(
    archive: zipfile.ZipFile, name: str, place: str, depth: int
) -> Iterator[ProductLabel | LabelError]:
    """Yield the labels of a member; an error ends this member, and no other one."""
    try:
        with archive.open(name) as packed:
            stream = cast(BinaryIO, packed)
            suffix = Path(name).suffix.lower()
            # Only JSON is read in pieces. The others are read whole and need to go back to their start.
            if suffix == ".json":
                yield from read_openfda(stream, place)
            else:
                data = _whole(stream, place)
                yield from _read(io.BytesIO(data), place, suffix, depth + 1)
    except LabelError as error:
        yield error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        yield LabelError(f"{place} cannot be unpacked ({error})", "download the archive again")


def _whole(stream: BinaryIO, place: str) -> bytes:
    data = stream.read(LARGEST_DOCUMENT + 1)
    if len(data) > LARGEST_DOCUMENT:
        raise LabelError(f"{place} has more than {LARGEST_DOCUMENT // 1_000_000} MB", "split it")
    return data
