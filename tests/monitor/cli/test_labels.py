"""`ade-monitor labels`, as its users see it."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.settings import ModelSettings, Settings
from monitor.store import Store
from monitor.store.label_import import stored_labels
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.labels.made_up_labels import openfda_file, openfda_label, pdf_file, spl_file
from tests.monitor.store.batches import Tables, positive_tweet, write
from tests.processes import running, wait_for
from tests.tiny import make_tiny_bundle

PAGE = (Path(__file__).parents[3] / "docs" / "labels.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bundle(tmp_path_factory.mktemp("labels") / "bundle")


@pytest.fixture
def ready(migrated: Settings, bundle: Path) -> Settings:
    """A migrated database, and a bundle that knows four effects."""
    return migrated.model_copy(update={"model": ModelSettings(bundle=str(bundle), device="cpu")})


def test_labels_are_imported_shown_and_removed(run: RunCommand, ready: Settings, tmp_path: Path) -> None:
    file = tmp_path / "zoloft.json"
    file.write_bytes(openfda_file(openfda_label()))
    ended = run(ready, "labels", "import", str(file))
    assert ended.status == 0, ended.err
    assert "spl:0000-1111: sertraline, 2 effects" in ended.out

    (record,) = map(json.loads, run(ready, "labels", "list", "--json").out.splitlines())
    assert (record["drug"], record["title"], record["effects"]) == ("sertraline", "Zoloft", 2)
    assert "Zoloft" in run(ready, "labels", "list").out

    shown = run(ready, "labels", "show", "zoloft", "--pt", "nausea", "--json")
    (listed,) = map(json.loads, shown.out.splitlines())
    assert listed["sentence"][listed["start"] : listed["end"]] == "nausea"
    table = run(ready, "labels", "show", "Zoloft").out
    assert "This pill and nausea." in table
    assert "Headache" in table

    assert run(ready, "labels", "remove", "zoloft").status == 0
    assert stored_labels(ready) == []


def test_a_damaged_file_is_named_and_the_others_are_imported(
    run: RunCommand, ready: Settings, tmp_path: Path
) -> None:
    damaged, whole = tmp_path / "damaged.xml", tmp_path / "whole.xml"
    damaged.write_bytes(spl_file()[:-99])
    whole.write_bytes(spl_file())
    files = damaged, whole, tmp_path / "none.pdf", tmp_path
    ended = run(ready, "labels", "import", *map(str, files))
    assert ended.status == 1
    assert f"{damaged}, line " in ended.err
    assert "none.pdf cannot be read" in ended.err
    assert f"{tmp_path} is a folder" in " ".join(ended.err.split())
    assert "3 files or labels were not imported" in " ".join(ended.err.split())
    assert "imported 1 label from" in ended.out
    assert [label.drug for label in stored_labels(ready)] == ["sertraline"]


def test_the_included_labels_come_without_sentences(run: RunCommand, migrated: Settings) -> None:
    assert (
        "imported 1 included label\n"
        in run(migrated, "labels", "import", "--included", "--drug", "Eliquis").out
    )
    ended = run(migrated, "labels", "show", "eliquis", "--pt", "Haemorrhage")
    assert ended.status == 0
    assert "its sentence is not included" in ended.out


def test_what_is_not_there_is_said(run: RunCommand, migrated: Settings) -> None:
    assert "--included" in run(migrated, "labels", "list").err
    ended = run(migrated, "labels", "show", "zoloft")
    assert ended.status == 1
    assert "no label of sertraline is imported" in ended.err
    ended = run(migrated, "labels", "remove", "zoloft")
    assert ended.status == 1
    assert "zoloft" in ended.err
    assert run(migrated, "labels", "import").status == 2
    assert run(migrated, "labels", "import", "--included", "--drug", "?").status == 2


@pytest.mark.slow  # a command in a process of its own, with the default bundle
def test_after_ctrl_c_finished_labels_stay_and_no_half_one(ready: Settings, tmp_path: Path) -> None:
    file = tmp_path / "labels.json"
    sentences = "This pill and nausea. " * 20
    labels = [
        openfda_label(set_id=str(number), adverse_reactions=[f"{sentences}{number} so dizzy."])
        for number in range(3_000)
    ]
    file.write_bytes(openfda_file(*labels))
    with running(ready, tmp_path, "labels", "import", str(file)) as command:
        wait_for(lambda: "spl:0:" in command.output(), watching=command)
        command.process.send_signal(signal.SIGINT)
        assert command.process.wait(60) == 130
        assert "stopped after" in command.output()
    stored = stored_labels(ready)
    assert 1 <= len(stored) < len(labels)
    assert {label.effects for label in stored} == {2}


def test_the_examples_of_the_page_run(
    run: RunCommand,
    ready: Settings,
    tables: Tables,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("label.json").write_bytes(openfda_file(openfda_label()))
    Path("zoloft.xml").write_bytes(spl_file(set_id="2"))
    Path("smpc.pdf").write_bytes(pdf_file())
    add_mentions(ready, tables, {"1": "90000001", "2": "90000009"})
    (block,) = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    install, *commands = block.splitlines()
    assert install == "pip install 'ade-monitor[labels]'"
    outputs = {}
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "ade-monitor"
        ended = run(ready, *arguments)
        assert ended.status == 0, (command, ended.err)
        outputs[" ".join(arguments[:2])] = ended.out
    assert "imported 3 labels" in outputs["labels import"]
    assert "This pill and nausea." in outputs["labels show"]
    assert "90000009" in outputs["query --listedness"]
    assert "90000001" not in outputs["query --listedness"]


def add_mentions(settings: Settings, tables: Tables, ptids: dict[str, str]) -> None:
    """Store posts whose effects are linked to sertraline, with these codes."""

    async def fill() -> None:
        store = Store(settings)
        await write(store, [positive_tweet(tweet_id, posted_at=datetime.now(UTC)) for tweet_id in ptids])
        await store.close()

    asyncio.run(fill())
    for tweet_id, ptid in ptids.items():
        tables.run(f"UPDATE mentions SET drug = 'sertraline', ptid = '{ptid}' WHERE tweet_id = '{tweet_id}'")
