"""What the folder of a bundle has now, without loading it: to notice a new one, and whether it is complete.

`config.json` has the hashes of all files that predictions depend on, so another bundle always has another
one. The sizes and times of the files show whether somebody is still writing them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.errors import BundleError
from models.scoring import bundle_folder
from models.scoring.dummy import is_dummy

CONFIG: Final = "config.json"
_UNREADABLE: Final = "unreadable"


@dataclass(frozen=True, slots=True)
class BundleContent:
    """The state of a bundle's folder.

    Attributes:
        config: SHA-256 of its `config.json`, or why that cannot be read.
        files: path, size and time of change of each file, and of those of a second reader.
    """

    config: str
    files: tuple[tuple[str, int, int], ...]

    def is_same_bundle(self, other: BundleContent | None) -> bool:
        """Return True if another state of the folder is of the same bundle."""
        return other is not None and self.config == other.config


def read_content(name: str) -> BundleContent | None:
    """Return the state of a bundle's folder; None for a scorer that has none, such as the dummy.

    This raises nothing. A folder that is missing or cannot be read differs from any other, and loading it
    explains what is wrong.

    Args:
        name: as for `load_scorer`.
    """
    if is_dummy(name):
        return None
    try:
        folder = bundle_folder(name)
        config = hashlib.sha256((folder / CONFIG).read_bytes()).hexdigest()
        return BundleContent(config, tuple(_states(folder)))
    except (BundleError, OSError) as error:
        return BundleContent(f"{_UNREADABLE}: {type(error).__name__}", ())


def _states(folder: Path) -> list[tuple[str, int, int]]:
    states = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            state = path.stat()
            states.append((str(path.relative_to(folder)), state.st_size, state.st_mtime_ns))
    return states
