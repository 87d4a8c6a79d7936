"""The commands and the SQL in docs/terminology.md run, on a small release with the names of the page."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from monitor.settings import ModelSettings, Settings
from monitor.store import Store
from tests.monitor.cli.conftest import RunCommand, run
from tests.monitor.store.batches import Tables, mention_of, scored, write
from tests.release import write_release
from tests.tiny_retrieval import make_tiny_hybrid

__all__ = ["run"]

PAGE = Path(__file__).parents[3] / "docs" / "terminology.md"
NAMES = {"$Nerves": "$Nervous system disorders", "$Head$": "$Hostility/aggression$"}


def blocks(kind: str) -> list[str]:
    """Return the blocks of a kind on the page."""
    parts = PAGE.read_text(encoding="utf-8").split(f"```{kind}\n")[1:]
    return [part.partition("```")[0] for part in parts]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of the commands, with the files that they name."""
    release = write_release(tmp_path / "meddra" / "MedAscii", smqs=True, version="27.0")
    for path in release.iterdir():
        content = path.read_text()
        for name, other in NAMES.items():
            content = content.replace(name, other)
        path.write_text(content)
    (tmp_path / "ime.csv").write_text("code,name\n90000003,Insomnia\n")
    (tmp_path / "dme.txt").write_text("Dizziness\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def test_the_commands_and_the_query_do_what_the_page_says(
    store: Store, migrated: Settings, tables: Tables, run: RunCommand, folder: Path
) -> None:
    text = "dizzy and no sleep"
    mentions = [
        mention_of(text, "dizzy", pt=("90000004", "Dizziness")),
        mention_of(text, "no sleep", pt=("90000003", "Insomnia")),
    ]
    await write(store, [scored("1", text, *mentions)])
    bundle = make_tiny_hybrid(folder / "bundle")
    settings = migrated.model_copy(
        update={"model": ModelSettings(bundle=str(bundle), device="cpu", threads=1)}
    )

    def outputs(block: str) -> list[str]:
        results = []
        for line in block.splitlines():
            program, *arguments = shlex.split(line.replace("--since 7d", "--since 2020-01-01"))
            assert program == "ade-monitor"
            ended = run(settings, *arguments)
            assert ended.status == 0, (line, ended.err)
            results.append(ended.out)
        return results

    first, second = blocks("sh")
    imported, listed, by_soc, narrow, broad = outputs(first)
    assert "27.0" in imported
    assert "ime.csv" in listed
    assert "90000004" in by_soc
    assert [json.loads(line)["span"] for line in narrow.splitlines()] == ["no sleep"]
    assert "90000004" in broad
    (query,) = blocks("sql")
    assert tables.rows(query) == [("Nervous system disorders", 2)]

    _, report, _ = outputs(second)
    assert json.loads(report)["mentions"] == 2
