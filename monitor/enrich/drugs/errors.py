"""The error of a file of drugs that cannot be used."""

from __future__ import annotations

from pathlib import Path

from monitor.errors import SettingsError


class DrugFileError(SettingsError):
    """A file of drugs cannot be read, or something in it is wrong.

    Args:
        path: the file.
        problem: what is wrong, and in which line.
        advice: what to do about it.
    """

    def __init__(self, path: Path, problem: str, advice: str = "") -> None:
        super().__init__(f"the drug file {path} {problem}", advice or "see docs/drugs.md for its layout")
