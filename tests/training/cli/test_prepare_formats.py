"""`ade-train prepare` recognizes formats, and takes options for what they leave open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from training.cli.app import app
from training.corpora import read_records
from training.errors import CorpusError

RUNNER = CliRunner()
BIO = "pillex B-Drug\ngave O\nhives B-Complaint\n\nfine O\n"


def prepare(source: Path, out: Path, *options: str) -> Result:
    return RUNNER.invoke(app, ["prepare", str(source), "--out", str(out), *options])


def test_the_format_is_recognized_and_printed(tmp_path: Path) -> None:
    (tmp_path / "train.conll").write_text(BIO)
    result = prepare(tmp_path / "train.conll", tmp_path / "out", "--effect-label", "Complaint, Rash")
    assert result.exit_code == 0, result.output
    assert "read as conll" in result.stderr
    assert [example.label for example in read_records(tmp_path / "out" / "train.jsonl")] == [1, 0]
    about = json.loads((tmp_path / "out" / "corpus.json").read_text())
    assert about["format"] == "conll"
    assert about["options"] == {"effect_labels": ["Complaint", "Rash"]}


def test_offsets_are_converted_and_cut_words_are_noted(tmp_path: Path) -> None:
    span = {"start": 5, "end": 10}
    record = {"id": "a", "text": "é so awfully dizzy", "label": 1, "spans": [span]}
    (tmp_path / "a.jsonl").write_text(json.dumps(record))
    result = prepare(tmp_path / "a.jsonl", tmp_path / "out", "--offsets", "bytes")
    assert result.exit_code == 0, result.output
    assert "starts or ends within a word" in result.stdout
    [example] = read_records(tmp_path / "out" / "all.jsonl")
    assert example.text[example.spans[0].start : example.spans[0].end] == " awfu"


def test_columns_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("post,reported\nhives from pillex,yes\nfine,no\n")
    fields = ("--field", "text=post", "--field", "label=reported")
    assert prepare(tmp_path / "a.csv", tmp_path / "out", *fields).exit_code == 0
    assert len(read_records(tmp_path / "out" / "all.jsonl")) == 2


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--field", "texts=post"), "texts"),
        (("--field", "text"), "FIELD=COLUMN"),
        (("--format", "wordy"), "wordy"),
        (("--format", "conll", "--offsets", "utf16"), "--offsets has no effect on conll"),
    ],
)
def test_invalid_options_are_refused(tmp_path: Path, options: tuple[str, ...], named: str) -> None:
    (tmp_path / "train.conll").write_text(BIO)
    error = prepare(tmp_path / "train.conll", tmp_path / "out", *options).exception
    assert isinstance(error, CorpusError)
    assert named in str(error)
    assert not (tmp_path / "out").exists()
