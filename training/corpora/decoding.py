"""The characters of a text file as its annotators counted them."""

from __future__ import annotations

from pathlib import Path

from training.errors import CorpusError


def read_characters(path: Path, *, bound: int = 64 << 20) -> str:
    """Read a text file, in UTF-8 or else in Windows-1252 or Latin-1, with every character kept.

    Line ends are left as they are, and so is a byte order mark: offsets count them.

    Args:
        path: the file.
        bound: the greatest size, in bytes.

    Raises:
        CorpusError: the file is missing, a folder, or larger than the bound.
    """
    try:
        size = path.stat().st_size
        if size > bound:
            raise CorpusError(f"{path} has {size:,} bytes, more than the {bound:,} a corpus file may have")
        raw = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}): check the path") from None
    for encoding in ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")
