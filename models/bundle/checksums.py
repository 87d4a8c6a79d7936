"""`SHA256SUMS`: the hashes of all files of a bundle. `config.json` leaves out those for people.

`sha256sum -c SHA256SUMS` checks it, and so does `ade-monitor doctor`. Loading does not: the metrics and the
card may change without changing a prediction. Bundles that were written before this file have none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from models.bundle.bundle_config import hashes_of
from models.bundle.checked_files import read_file
from models.disk import replace_file
from models.errors import BundleError

CHECKSUMS_FILE: Final = "SHA256SUMS"
_HEX_DIGITS: Final = 64
_SEPARATOR: Final = "  "  # of sha256sum


def with_checksums(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a bundle together with `SHA256SUMS`.

    Args:
        files: contents by name; the names of a second reader's files begin with `second/`.
    """
    others = {name: data for name, data in files.items() if name != CHECKSUMS_FILE}
    return {**others, CHECKSUMS_FILE: _content(hashes_of(others))}


def refresh_checksums(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the hashes of files that were replaced; a bundle without `SHA256SUMS` stays without it.

    Raises:
        BundleError: the file is damaged, or cannot be read.
        OSError: it cannot be written.
    """
    if (folder / CHECKSUMS_FILE).exists():
        replace_file(folder / CHECKSUMS_FILE, _content({**_read(folder), **hashes_of(files)}))


def changed_files(folder: Path) -> list[str]:
    """Return the files of a bundle that were changed or removed since it was written, by name.

    None are known of a bundle without `SHA256SUMS`. A damaged `SHA256SUMS` counts as changed itself.
    """
    if not (folder / CHECKSUMS_FILE).exists():
        return []
    try:
        expected = _read(folder)
    except BundleError:
        return [CHECKSUMS_FILE]
    return [name for name, digest in sorted(expected.items()) if _digest_of(folder, name) != digest]


def _digest_of(folder: Path, name: str) -> str | None:
    try:
        return hashlib.sha256(read_file(folder, name)).hexdigest()
    except BundleError:
        return None


def _content(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{digest}{_SEPARATOR}{name}\n" for name, digest in sorted(digests.items())).encode()


def _read(folder: Path) -> dict[str, str]:
    digests: dict[str, str] = {}
    for line in read_file(folder, CHECKSUMS_FILE).decode(errors="replace").splitlines():
        digest, separator, name = line.partition(_SEPARATOR)
        inside = name and not name.startswith("/") and ".." not in name.split("/")
        if len(digest) != _HEX_DIGITS or not separator or not inside:
            raise BundleError(f"{folder / CHECKSUMS_FILE} is damaged: copy or train the bundle again")
        digests[name] = digest
    return digests
