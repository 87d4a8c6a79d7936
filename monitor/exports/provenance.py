"""Where an export comes from: who made it, when, from what, and by which filters."""

from __future__ import annotations

import getpass
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from monitor.exports.export_state import ExportState
from monitor.private_files import replace_private
from monitor.store.origin import DatabaseOrigin

FORMAT_VERSION: Final = 1
"""Of the fields of a provenance; a change of their meaning raises it."""


@dataclass(frozen=True, slots=True)
class FileDigest:
    """Size in bytes and SHA-256, as hexadecimal digits, of a file."""

    size: int
    sha256: str


def provenance_of(state: ExportState, origin: DatabaseOrigin, *, finished_at: str | None) -> dict[str, Any]:
    """Return the provenance, without what is known only of the whole file.

    Args:
        state: of the export.
        origin: the database.
        finished_at: when all rows were read, in ISO 8601; None if that is not known yet.
    """
    request = state.request
    return {
        "provenance_version": FORMAT_VERSION,
        "dataset": request.dataset,
        "format": request.file_format,
        "columns": request.columns,
        "filters": dict(request.filters),
        "times": dict(state.times),
        "masked": request.masked,
        "for_spreadsheet": request.for_spreadsheet,
        "started_at": state.runs[0].started_at,
        "finished_at": finished_at,
        "runs": [asdict(run) for run in state.runs],
        "rows": None if finished_at is None else state.rows,
        "login": origin.login,
        "system_user": system_user(),
        "database": origin.database,
        "database_revision": origin.revision,
        "bundles": state.bundles or list(origin.bundles),
        "terminology_releases": list(origin.releases),
        "software": f"ade-monitor {version('ade-monitor')}",
    }


def system_user() -> str | None:
    """Return the login on this machine, or None if it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return None


def file_digest(path: Path) -> FileDigest:
    """Return size and SHA-256 of a file, in constant memory.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return FileDigest(file.tell(), digest.hexdigest())


def write_provenance(path: Path, provenance: Mapping[str, Any]) -> None:
    """Write a provenance as a JSON file that only its owner can read, in place of an earlier one.

    Raises:
        OSError: it cannot be written; the earlier one is unchanged.
    """
    replace_private(path, json.dumps(provenance, indent=2).encode() + b"\n")
