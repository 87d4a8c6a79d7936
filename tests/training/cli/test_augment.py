"""`ade-train augment`: new positives with their spans, reproducible, never over other files."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from training.cli.app import app
from training.corpora.prepared import read_split
from training.errors import CorpusError, RunError

RUNNER = CliRunner()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    text = "the tablets gave me awful headaches for 3 weeks in Dallas"
    span = {"start": text.index("awful"), "end": text.index(" for"), "ptid": "10019211"}
    rows = [
        {"id": "a", "text": text, "label": 1, "spans": [span]},
        {"id": "b", "text": "my doctor says hello", "label": 0, "spans": []},
    ]
    path = tmp_path / "prepared" / "train.jsonl"
    path.parent.mkdir()
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def run_augment(*arguments: str | Path) -> Result:
    return RUNNER.invoke(app, ["augment", *map(str, arguments)])


def test_the_new_file_has_the_old_texts_and_five_new_ones(
    source: Path, wordnet_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "more.jsonl"
    result = run_augment(source.parent, "--out", out, "--wordnet", wordnet_folder)
    assert result.exit_code == 0, result.output
    old, new = read_split(source, "train"), read_split(out, "train")
    assert new[:2] == old
    assert [example.id for example in new[2:]] == [f"a#{number}" for number in range(1, 6)]
    assert all(example.spans[0].ptid == "10019211" for example in new[2:])
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["before", "2", "1", "50.0%"] in [row[:4] for row in rows]
    assert ["after", "7", "6", "85.7%"] in [row[:4] for row in rows]


def test_the_same_seed_writes_the_same_bytes_and_other_files_are_kept(source: Path, tmp_path: Path) -> None:
    out, options = tmp_path / "more.jsonl", ("--only", "char-swap,checklist")
    assert run_augment(source, "--out", out, *options).exit_code == 0
    written = out.read_bytes()
    assert run_augment(source, "--out", out, *options).exit_code == 0
    assert out.read_bytes() == written
    refused = run_augment(source, "--out", out, *options, "--seed", "2")
    assert isinstance(refused.exception, RunError)
    assert out.read_bytes() == written
    assert run_augment(source, "--out", out, *options, "--seed", "2", "--overwrite").exit_code == 0
    assert out.read_bytes() != written


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--per-positive", "0"), "--per-positive"),
        (("--only", "char-swap,typos"), "typos"),
        (("--only", ""), "--only"),
    ],
)
def test_invalid_options_are_refused(
    options: tuple[str, ...], named: str, source: Path, tmp_path: Path
) -> None:
    error = run_augment(source, "--out", tmp_path / "out.jsonl", *options).exception
    assert isinstance(error, RunError)
    assert named in str(error)


def test_neither_the_source_nor_a_folder_is_written_to(source: Path) -> None:
    before = source.read_bytes()
    for out in (source, source.parent):
        error = run_augment(source, "--out", out, "--only", "char-swap", "--overwrite").exception
        assert isinstance(error, RunError)
    assert source.read_bytes() == before


def test_a_missing_source_and_a_missing_wordnet_are_named(source: Path, tmp_path: Path) -> None:
    missing = run_augment(
        tmp_path / "gone.jsonl", "--out", tmp_path / "out.jsonl", "--only", "char-swap"
    ).exception
    assert isinstance(missing, CorpusError)
    assert "gone.jsonl" in str(missing)
    unread = run_augment(source, "--out", tmp_path / "out.jsonl", "--wordnet", tmp_path / "nowhere").exception
    assert isinstance(unread, RunError)
    assert "wordnet-base" in str(unread)
    assert not (tmp_path / "out.jsonl").exists()
