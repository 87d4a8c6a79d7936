"""Settings without any source."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder to work in, and no ADE_ variable."""
    for name in [name for name in os.environ if name.upper().startswith("ADE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
