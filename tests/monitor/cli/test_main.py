"""How `ade-monitor` reports what it cannot go on from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "monitor.cli"]


@pytest.mark.parametrize("arguments", [("schema", "tweet"), ("score", "--bundle", "dummy", "-")])
def test_a_full_disk_is_reported_without_a_traceback(arguments: tuple[str, ...], tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [*COMMAND, *arguments],
            cwd=tmp_path,
            input='{"id": "1", "text": "dizzy"}\n',
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert result.returncode == 1
    assert result.stderr.startswith("error: No space left on device")
    assert len(result.stderr.splitlines()) == 1
