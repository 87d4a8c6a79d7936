"""The examples in docs/exports.md run, and the page explains every field and every option."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest

from monitor.exports.export_datasets import OWNER
from monitor.exports.file_formats import ExportFormat
from monitor.exports.parquet_files import METADATA_KEY
from monitor.exports.text_masking import mask
from monitor.exports.workbook_writing import LONGEST_CELL, MOST_ROWS
from monitor.settings import Settings
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.cli.test_export import ROWS, filled

PAGE = (Path(__file__).parents[3] / "docs" / "exports.md").read_text(encoding="utf-8")

__all__ = ["filled"]


def examples(language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_commands_write_their_files(
    run: RunCommand, filled: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    [block] = examples("sh")
    for line in block.splitlines():
        program, *arguments = shlex.split(line)
        assert program == "ade-monitor"
        ended = run(filled, *arguments)
        assert ended.status == 0, ended.err
        path = Path(arguments[-1])
        provenance = json.loads(Path(f"{path}.provenance.json").read_text(encoding="utf-8"))
        assert provenance["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        for name in provenance:
            assert f"`{name}`" in PAGE
    names: dict[str, Any] = {}
    exec(examples("python")[0], names)
    assert names["provenance"]["masked"] is True
    assert parquet.read_table("masked.parquet").num_rows == ROWS
    assert {path.suffix for path in tmp_path.iterdir()} == {".csv", ".xlsx", ".parquet", ".jsonl", ".json"}


def test_the_page_has_the_formats_the_limits_and_the_placeholders() -> None:
    for file_format in ExportFormat:
        assert f"| `{file_format}` |" in PAGE
    assert f"{MOST_ROWS - 1:,}" in PAGE
    assert f"{LONGEST_CELL:,}" in PAGE
    assert f"`{METADATA_KEY}`" in PAGE
    assert f"`{OWNER}`" in PAGE
    rows = re.findall(r"^\| [^|]*`@name`.*?\| `(.*?)` \|$", PAGE, re.MULTILINE)
    assert rows == ["[handle]"]
    for text in ("@name", "@name@server", "u/name", "name.bsky.social", "a@example.com", "+44 20 7946 0958"):
        assert f"`{mask(text).text.removeprefix('u/')}`" in PAGE
