"""The labels on disk: a second run, an interrupted one, a full disk, files of something else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.training.labelling.chat_servers import ChatHost, label_by_word
from tests.training.labelling.labelling_runs import POSTS, label, records, rejects
from training.errors import RunError
from training.labelling import LabelledFile, LabelPrompt


def test_a_second_run_asks_only_for_what_is_missing(host: ChatHost, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    label(host, path, POSTS[:2])
    counts = label(host, path, [*POSTS, replace(POSTS[4], id="again")])
    assert (counts.labelled, len(host.exchanges)) == (3, 5)
    assert sorted(records(path)) == ["1", "2", "3", "4", "5"]
    assert label(host, path).labelled == 0


def test_rejects_are_asked_again_only_on_demand(host: ChatHost, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    host.behaviour = lambda exchange: exchange.answer("no")
    assert label(host, path, POSTS[:1]).rejected == 1
    host.behaviour = label_by_word
    assert label(host, path, POSTS[:1]).labelled == 0
    assert label(host, path, POSTS[:1], retry_rejects=True).labelled == 1
    assert rejects(path) == {}


def test_an_interrupted_run_keeps_what_was_answered(host: ChatHost, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"

    def interrupt(_: int) -> None:
        if len(records(path)) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        label(host, path, advance=interrupt, concurrency=1)
    assert len(records(path)) == 2
    assert label(host, path).labelled == 3


def test_a_line_that_was_cut_is_removed(host: ChatHost, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    label(host, path, POSTS[:3])
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    assert label(host, path).labelled == 3
    assert len(records(path)) == 5


@pytest.mark.parametrize("content", ["nonsense\n", '{"id": "1"}\n', '{"text": "x", "label": 1}\n', "[]\n"])
def test_another_file_is_not_touched(content: str, host: ChatHost, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(content)
    with pytest.raises(RunError, match="--out"):
        label(host, path)
    assert path.read_text() == content


def test_labels_of_another_prompt_are_not_mixed_in(host: ChatHost, tmp_path: Path) -> None:
    label(host, tmp_path / "labels.jsonl")
    with pytest.raises(RunError, match="--out"):
        label(host, tmp_path / "labels.jsonl", prompt=LabelPrompt(with_terms=True))


def test_a_full_disk_stops_the_run_and_the_next_one_continues(
    host: ChatHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "labels.jsonl"
    written = []

    def full(record: object, **options: Any) -> str:
        written.append(record)
        if len(written) > 2:
            raise OSError(28, "No space left on device")
        return json.dumps(record, **options)

    with monkeypatch.context() as patch:
        patch.setattr("training.labelling.labelled_file.json", SimpleNamespace(dumps=full, loads=json.loads))
        with pytest.raises(RunError, match="make room"):
            label(host, path, concurrency=1)
    assert len(records(path)) == 2
    assert label(host, path).labelled == 3


def test_the_labels_are_not_written_into_a_device_or_a_folder(host: ChatHost, tmp_path: Path) -> None:
    (tmp_path / "device.jsonl").symlink_to("/dev/null")
    (tmp_path / "folder.jsonl").mkdir()
    for name in ("device.jsonl", "folder.jsonl"):
        with pytest.raises(RunError, match="not a file"):
            label(host, tmp_path / name)


def test_two_runs_do_not_write_the_same_file(host: ChatHost, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    with (
        LabelledFile(path, model="tiny-model", prompt=LabelPrompt().version),
        pytest.raises(RunError, match="another process"),
    ):
        label(host, path)
    assert label(host, path).labelled == 5
