"""The errors of drugs: a file that cannot be used, and a name that is not known."""

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


class UnknownDrugError(SettingsError):
    """A name is not in the dictionary of drugs."""
