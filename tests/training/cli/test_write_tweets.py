"""`ade-train write-tweets`: size, prevalence, codes, and the same tweets for the same options."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.terminology import Terminology
from training.cli.app import app
from training.corpora.prepared import read_split


def write(out: Path, terminology: Path, *options: str) -> None:
    result = CliRunner().invoke(
        app, ["write-tweets", "--out", str(out), "--terminology", str(terminology), *options]
    )
    assert result.exit_code == 0, result.output


def test_tweets_have_the_prevalence_and_coded_and_named_spans(
    tmp_path: Path, terminology_folder: Path, terminology: Terminology
) -> None:
    write(tmp_path / "tweets", terminology_folder, "--count", "200", "--prevalence", "0.2")
    train, valid, test = (read_split(tmp_path / "tweets", split) for split in ("train", "valid", "test"))
    assert (len(train), sum(example.label for example in train)) == (200, 40)
    assert len(valid) == len(test) == 20
    coded = [span for example in train for span in example.spans if span.ptid is not None]
    assert coded
    assert all(terminology.pt_names[span.ptid or ""] == span.pt_name for span in coded)
    assert all(example.document for example in train)


@pytest.mark.slow
def test_the_same_options_write_the_same_tweets(tmp_path: Path, terminology_folder: Path) -> None:
    for name, seed in (("first", "1"), ("again", "1"), ("other", "2")):
        write(tmp_path / name, terminology_folder, "--count", "50", "--seed", seed)
    first, again, other = (
        (tmp_path / name / "train.jsonl").read_bytes() for name in ("first", "again", "other")
    )
    assert first == again
    assert first != other
