"""The model card, and the name of a bundle."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.tiny_methods import corpus, tiny_method, training_run
from training.loop import TrainingConfig
from training.methods import train_method
from training.presets import Method
from training.reports.model_card import ModelCard, bundle_name


def test_the_card_names_method_data_and_scores_but_no_folder(finished: Path, tiny_encoder: Path) -> None:
    card = (finished / "bundle" / "README.md").read_text()
    metrics = json.loads((finished / "bundle" / "metrics.json").read_text())
    assert "boosting" in card
    assert "Languages of the training texts: `en`." in card
    assert "| training | 45 | 20 | 20 | 20 |" in card
    assert f"| {100 * metrics['validation']['1b']['f1']:.1f} |" in card
    assert "--set 'seed=4'" in card
    assert str(tiny_encoder) not in card
    assert "$" not in card


def test_the_card_counts_the_epochs_that_were_trained(tiny_encoder: Path, tmp_path: Path) -> None:
    method = tiny_method("mtl", tiny_encoder, "epochs=30", "patience=1", "learning-rate=1e-9")
    method = replace(method, training=replace(method.training, head_learning_rate=1e-9))
    trained = train_method(method, corpus(), out=tmp_path / "bundle", run=training_run(tmp_path), command="")
    epochs = len(trained.metrics["classifiers"]["1"]["epochs"])
    assert epochs < 30
    assert f"the best of {epochs} epochs" in (tmp_path / "bundle" / "README.md").read_text()


@pytest.mark.parametrize(
    ("normalizer", "frozen", "expected"),
    [
        (
            "classifier",
            -1,
            ["a classifier over 1,234 PTs", "embeddings and all layers but the last are frozen"],
        ),
        ("classifier", 2, ["embeddings and the first 2 layers are frozen"]),
        (
            "retrieval",
            0,
            ["It is a retriever", "The embeddings alone are frozen", "| retriever-epochs | 3 |"],
        ),
        ("hybrid", 0, ["a hybrid: a classifier over 1,234 PTs, and a retriever"]),
    ],
)
def test_the_card_describes_normalizer_and_frozen_layers(
    normalizer: str, frozen: int, expected: list[str]
) -> None:
    method = Method("mtl", TrainingConfig(frozen_layers=frozen), normalizer=normalizer)
    card = ModelCard(
        name="test",
        command="ade-train train",
        method=method,
        classes=1_234,
        threshold=0.5,
        epochs=3,
        data="| data |",
        about_scores="Of some texts.",
        scores={"1a": {"precision": 0.5, "recall": 0.25, "f1": 1 / 3}},
        sections={"Codes": "Some codes."},
        limits=["It knows nothing else."],
    ).to_markdown()
    assert all(text in card for text in expected), card
    assert "| 1a | 50.0 | 25.0 | 33.3 |" in card
    assert "## Codes\n\nSome codes.\n\n## Settings" in card
    assert card.endswith("- It knows nothing else.\n")
    assert ("retriever-epochs" in card) == (normalizer != "classifier")


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("runs/Meine Bücher", "meine-b-cher"),
        ("x" * 60, "x" * 40),
        ("...", "bundle"),
        ("full-seed1", "full-seed1"),
    ],
)
def test_a_bundle_is_named_after_its_folder(folder: str, name: str) -> None:
    assert bundle_name(Path("/somewhere") / folder) == name
