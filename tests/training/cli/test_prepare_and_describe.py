"""`ade-train prepare` and `describe`: official files in, checked splits and their figures out."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models import TrunkError
from training.cli.app import app
from training.corpora import read_records
from training.errors import CorpusError, RunError

RUNNER = CliRunner()


@pytest.fixture
def official(tmp_path: Path) -> Path:
    """An SMM4H folder with two splits; one row is malformed, and one text is in both."""
    for split, tweets in (
        ("train", ["awful rash", "all is well", "rash, twice a rash"]),
        ("dev", ["no news", "ALL is well", "such a rash"]),
    ):
        folder = tmp_path / "official" / split
        folder.mkdir(parents=True)
        labels = ["ADE" if "rash" in tweet else "NoADE" for tweet in tweets]
        rows = [
            f"{n}\tADE\t{t.index('rash')}\t{t.index('rash') + 4}\trash\t3"
            for n, t in enumerate(tweets)
            if "rash" in t
        ]
        files = {
            "tweets.tsv": [f"{n}\t{tweet}" for n, tweet in enumerate(tweets)],
            "class.tsv": [f"{n}\t{label}" for n, label in enumerate(labels)],
            "spans_norm.tsv": [*rows, "0\tADE\t0\t4\tmoon\t3"] if split == "train" else rows,
        }
        for name, lines in files.items():
            (folder / name).write_text("\n".join(lines) + "\n")
    return tmp_path / "official"


@pytest.fixture
def names(tmp_path: Path) -> Path:
    folder = tmp_path / "terminology"
    folder.mkdir()
    (folder / "pt.asc").write_text("1$Rash$\n")
    (folder / "llt.asc").write_text("1$Rash$1$\n3$Red skin$1$\n")
    return folder


def prepare(source: Path, out: Path, *options: str) -> BaseException | None:
    return RUNNER.invoke(
        app, ["prepare", str(source), "--format", "smm4h", "--out", str(out), *options]
    ).exception


def test_the_official_files_become_checked_splits(official: Path, names: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = [
        "prepare",
        str(official),
        "--format",
        "smm4h",
        "--out",
        str(out),
        "--terminology",
        str(names),
    ]
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert [e.text for e in read_records(out / "train.jsonl")] == ["awful rash", "rash, twice a rash"]
    assert [e.label for e in read_records(out / "valid.jsonl")] == [0, 0, 1]
    assert {span.ptid for e in read_records(out / "train.jsonl") for span in e.spans} == {"1"}
    assert "offset mismatch" in result.stdout
    assert "train/spans_norm.tsv, line 3" in result.stdout
    assert "shared" in result.stdout


def test_strict_makes_a_malformed_row_an_error_and_writes_nothing(official: Path, tmp_path: Path) -> None:
    error = prepare(official, tmp_path / "out", "--strict")
    assert isinstance(error, CorpusError)
    assert "spans_norm.tsv, line 3: offset mismatch" in str(error)
    assert not (tmp_path / "out").exists()


def test_an_invalid_pattern_is_refused(official: Path, tmp_path: Path) -> None:
    error = prepare(official, tmp_path / "out", "--document", "(")
    assert isinstance(error, CorpusError)
    assert "--document" in str(error)


def test_a_corpus_is_described_in_text_json_and_charts(official: Path, names: Path, tmp_path: Path) -> None:
    assert prepare(official, tmp_path / "out", "--terminology", str(names)) is None
    result = RUNNER.invoke(app, ["describe", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "PTIDs unseen in training: 0 of 1" in result.stdout
    folder = tmp_path / "out" / "description"
    description = json.loads((folder / "description.json").read_text())
    assert description["train"]["ptids"]["counts"] == {"1": 2}
    assert description["valid"]["positive"] == 1
    assert sorted(path.name for path in folder.glob("*.png")) == ["ptids-train.png", "ptids-valid.png"]


def test_a_corpus_with_a_description_can_be_replaced(official: Path, tmp_path: Path) -> None:
    assert prepare(official, tmp_path / "out") is None
    assert RUNNER.invoke(app, ["describe", str(tmp_path / "out")]).exit_code == 0
    assert prepare(official, tmp_path / "out", "--keep-shared", "--overwrite") is None
    assert len(read_records(tmp_path / "out" / "train.jsonl")) == 3


@pytest.mark.parametrize(
    ("content", "message"), [("", "no texts"), ('{"text": "fine", "label": 0}\n', "no codes")]
)
def test_a_corpus_without_codes_is_described_without_a_chart(
    tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / "c.jsonl").write_text(content)
    result = RUNNER.invoke(app, ["describe", str(tmp_path / "c.jsonl"), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert message in result.stdout
    assert not list((tmp_path / "out").glob("*.png"))


def test_a_folder_name_is_printed_as_it_is(official: Path, tmp_path: Path) -> None:
    out = tmp_path / "[bold] :train: [x]"
    arguments = ["prepare", str(official), "--format", "smm4h", "--out", str(out)]
    assert f"wrote {out}" in RUNNER.invoke(app, arguments).stderr


def test_without_matplotlib_the_extra_is_named(
    official: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prepare(official, tmp_path / "out") is None
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    error = RUNNER.invoke(app, ["describe", str(tmp_path / "out")]).exception
    assert isinstance(error, RunError)
    assert "ade-monitor[train]" in str(error)


@pytest.fixture
def long_texts(tmp_path: Path) -> Path:
    """A prepared corpus with a text of several windows, whose span is at its end."""
    text = f"{'day ' * 20}and so my head"
    spans = [{"start": len(text) - 4, "end": len(text), "text": "head", "ptid": None}]
    rows = [{"id": "1", "text": text, "label": 1, "spans": spans}]
    rows.append({"id": "2", "text": "all is well", "label": 0, "spans": []})
    path = tmp_path / "long.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_texts_of_several_windows_are_counted(long_texts: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    counted = ["--encoder", str(tiny_encoder), "--max-tokens", "16"]
    out = str(tmp_path / "out")
    prepared = RUNNER.invoke(app, ["prepare", str(long_texts), "--out", out, *counted])
    assert prepared.exit_code == 0, prepared.output
    assert "texts over 16 tokens" in prepared.stdout
    described = RUNNER.invoke(app, ["describe", out, *counted])
    assert described.exit_code == 0, described.output
    [split] = json.loads((tmp_path / "out" / "description" / "description.json").read_text()).values()
    windows = split["windows"]
    assert (windows["texts"], windows["spans"], windows["unread"], windows["max_tokens"]) == (1, 1, 0, 16)
    assert windows["windows"] > 2
    short = RUNNER.invoke(app, ["describe", out, "--encoder", str(tiny_encoder), "--max-tokens", "60"])
    assert "all texts fit into 60 tokens" in short.stderr


@pytest.mark.parametrize("command", ["prepare", "describe"])
def test_an_encoder_that_cannot_be_read_is_named_before_anything_is_written(
    command: str, long_texts: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    nowhere = str(tmp_path / "nowhere")
    error = RUNNER.invoke(app, [command, str(long_texts), "--out", str(out), "--encoder", nowhere]).exception
    assert isinstance(error, TrunkError)
    assert nowhere in str(error)
    assert not out.exists()


def test_without_the_usual_encoder_windows_are_not_counted(
    long_texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.cli.window_counts.USUAL_ENCODER", "package:not-installed")
    options = ["--out", str(tmp_path / "out"), "--encoder", "package:not-installed"]
    result = RUNNER.invoke(app, ["prepare", str(long_texts), *options])
    assert result.exit_code == 0, result.output
    assert "--encoder counts the texts" in result.stderr
