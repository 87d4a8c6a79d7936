"""`ade-train predict` with a tiny bundle that knows four adverse effects."""

import json
from pathlib import Path

import pytest

from models.bundle import load_bundle
from models.scoring import Pipeline
from tests.tiny import POSITIVE
from tests.training.cli.tiny_scoring import RECORDS, ade_train


def test_predictions_come_in_the_official_layout(bundle: Path, official: Path, tmp_path: Path) -> None:
    result = ade_train("predict", bundle, "--texts", official / "tweets.tsv", "--out", tmp_path / "said")
    told = json.loads(result.stdout)
    assert told["texts"] == len(RECORDS)
    assert told["bundle"] == load_bundle(bundle).version
    classes = (tmp_path / "said" / "class.tsv").read_text().splitlines()
    assert classes == (official / "class.tsv").read_text().splitlines()[1:]
    spans = [row.split("\t") for row in (tmp_path / "said" / "spans_norm.tsv").read_text().splitlines()]
    gold = {one["id"]: one for one in RECORDS}
    assert len(spans) == told["spans"] >= len(POSITIVE)
    for id_, kind, start, end, text, _ in spans:
        assert kind == "ADE"
        assert gold[id_]["text"][int(start) : int(end)] == text
    assert [row.split("\t") for row in (tmp_path / "said" / "spans.tsv").read_text().splitlines()] == [
        row[:5] for row in spans
    ]


def test_each_text_has_its_probability(bundle: Path, prepared: Path, tmp_path: Path) -> None:
    ade_train("predict", bundle, "--texts", prepared, "--split", "valid", "--out", tmp_path / "said")
    rows = (tmp_path / "said" / "probabilities.tsv").read_text().splitlines()
    wanted = Pipeline.from_bundle(bundle, device="cpu", precision="fp32").score(
        [one["text"] for one in RECORDS]
    )
    for row, one, prediction in zip(rows, RECORDS, wanted, strict=True):
        id_, probability = row.split("\t")
        assert id_ == one["id"]
        assert float(probability) == pytest.approx(prediction.probability, abs=1e-6)
