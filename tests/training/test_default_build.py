"""The whole way on a tiny encoder: corpora in, the default bundle out."""

from __future__ import annotations

import json
from pathlib import Path

from models import load_scorer
from training.config import TrainingConfig
from training.default_bundle import build_default_bundle
from training.default_data import DataSizes
from training.engine.watcher import Silence

SIZES = DataSizes(
    positive_tweets=100,
    negative_tweets=100,
    extractor_negatives=30,
    formal_positives=20,
    formal_negatives=20,
    label_sentences=20,
)


def test_a_training_leaves_a_bundle_that_scores_tweets(
    corpora_folder: Path, terminology_folder: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    config = TrainingConfig(
        encoder=str(tiny_encoder),
        frozen_layers=1,
        epochs=1,
        learning_rate=3e-3,
        head_learning_rate=3e-3,
        max_tokens=48,
    )
    outcome = build_default_bundle(
        corpora_folder,
        terminology_folder,
        tmp_path / "bundle",
        config=config,
        sizes=SIZES,
        run=tmp_path / "run",
        command="ade-train default-bundle",
        watcher=Silence(),
    )
    path = tmp_path / "bundle"
    scorer = load_scorer(str(path), device="cpu")
    assert scorer.version == outcome.version
    assert len(scorer.score(["zoloft gave me insomnia", ""])) == 2
    assert json.loads((path / "metrics.json").read_text())["tweets"] == outcome.metrics["tweets"]
    card = (path / "README.md").read_text()
    assert "ade-train default-bundle" in card
    assert "$" not in card
