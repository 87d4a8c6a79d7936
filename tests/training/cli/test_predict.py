"""`ade-train predict` with a tiny bundle that knows four adverse effects."""

import json
from pathlib import Path

import pytest

from models.bundle import load_bundle
from models.scoring import Pipeline
from tests.tiny import POSITIVE
from tests.training.cli.tiny_scoring import RECORDS, ade_train


def test_predictions_have_the_official_layout(bundle: Path, official: Path, tmp_path: Path) -> None:
    result = ade_train(
        "predict", bundle, "--texts", official / "tweets.tsv", "--out", tmp_path / "predictions"
    )
    printed = json.loads(result.stdout)
    assert printed["texts"] == len(RECORDS)
    assert printed["bundle"] == load_bundle(bundle).version
    classes = (tmp_path / "predictions" / "class.tsv").read_text().splitlines()
    assert classes == (official / "class.tsv").read_text().splitlines()[1:]
    spans = [
        row.split("\t") for row in (tmp_path / "predictions" / "spans_norm.tsv").read_text().splitlines()
    ]
    gold = {record["id"]: record for record in RECORDS}
    assert len(spans) == printed["spans"] >= len(POSITIVE)
    for id_, kind, start, end, text, _ in spans:
        assert kind == "ADE"
        assert gold[id_]["text"][int(start) : int(end)] == text
    assert [row.split("\t") for row in (tmp_path / "predictions" / "spans.tsv").read_text().splitlines()] == [
        row[:5] for row in spans
    ]


def test_the_dummy_predicts_too(official: Path, tmp_path: Path) -> None:
    result = ade_train("predict", "dummy", "--texts", official, "--split", "dev", "--out", tmp_path / "out")
    assert json.loads(result.stdout)["bundle"] == "dummy-1"


def test_each_text_has_its_probability(bundle: Path, prepared: Path, tmp_path: Path) -> None:
    ade_train("predict", bundle, "--texts", prepared, "--split", "valid", "--out", tmp_path / "predictions")
    rows = (tmp_path / "predictions" / "probabilities.tsv").read_text().splitlines()
    expected = Pipeline.from_bundle(bundle, device="cpu", precision="fp32").score(
        [record["text"] for record in RECORDS]
    )
    for row, record, prediction in zip(rows, RECORDS, expected, strict=True):
        id_, probability = row.split("\t")
        assert id_ == record["id"]
        assert float(probability) == pytest.approx(prediction.probability, abs=1e-6)
