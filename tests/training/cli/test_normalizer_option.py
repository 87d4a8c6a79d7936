"""`ade-train predict` and `evaluate` with another Normalizer than the bundle's choice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from models.bundle import load_bundle
from models.errors import BundleError
from models.options import NormalizerChoice
from models.scoring import Pipeline
from tests.tiny import write_checkpoint
from tests.tiny_retrieval import FUSION, RETRIEVAL, save_tiny_hybrid, train_tiny_retriever
from tests.training.cli.tiny_scoring import RECORDS, ade_train, figures
from training.errors import RunError


@pytest.fixture(scope="module")
def hybrid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose retrieval codes nothing unless it must; its other Normalizers code as usual."""
    folder = tmp_path_factory.mktemp("chosen")
    unsure = FUSION.model_copy(update={"threshold": 1.0})
    return save_tiny_hybrid(
        folder / "hybrid",
        train_tiny_retriever(write_checkpoint(folder / "encoder")),
        retrieval=RETRIEVAL.model_copy(update={"fusions": {"retrieval": unsure, "hybrid": FUSION}}),
    )


def codes(folder: Path) -> list[str]:
    rows = (folder / "spans_norm.tsv").read_text().splitlines()
    return [row.split("\t")[5] for row in rows]


@pytest.mark.parametrize("choice", get_args(NormalizerChoice))
def test_predictions_are_those_of_a_bundle_with_this_normalizer(
    hybrid: Path, prepared: Path, tmp_path: Path, choice: NormalizerChoice
) -> None:
    arguments = (
        "predict",
        hybrid,
        "--texts",
        prepared,
        "--split",
        "valid",
        "--out",
        tmp_path / "predictions",
    )
    result = ade_train(*arguments, "--normalizer", choice)
    assert result.exception is None, result.exception
    pipeline = Pipeline.of(load_bundle(hybrid), normalizer=choice)
    assert json.loads(result.stdout)["bundle"] == pipeline.version
    predictions = pipeline.score([record["text"] for record in RECORDS])
    mentions = [mention for prediction in predictions for mention in prediction.mentions]
    assert mentions
    assert codes(tmp_path / "predictions") == [mention.ptid or "" for mention in mentions]


def test_the_chosen_normalizer_has_its_threshold_and_always_code_has_none(
    hybrid: Path, prepared: Path, tmp_path: Path
) -> None:
    arguments = ("predict", hybrid, "--texts", prepared, "--split", "valid", "--normalizer", "retrieval")
    ade_train(*arguments, "--out", tmp_path / "unsure")
    ade_train(*arguments, "--out", tmp_path / "always", "--always-code")
    assert set(codes(tmp_path / "unsure")) == {""}
    assert "" not in codes(tmp_path / "always")
    assert len(codes(tmp_path / "always")) == len(codes(tmp_path / "unsure"))


def test_evaluate_scores_the_chosen_normalizer_and_names_it(hybrid: Path, prepared: Path) -> None:
    arguments = ("evaluate", "--gold", prepared, "--bundle", hybrid)
    by_default, by_retrieval = figures(*arguments), figures(*arguments, "--normalizer", "retrieval")
    assert (by_default["normalizer"], by_retrieval["normalizer"]) == (None, "retrieval")
    assert by_default["bundle"] == load_bundle(hybrid).version != by_retrieval["bundle"]
    assert by_default["scores"]["1b"] == by_retrieval["scores"]["1b"]
    assert by_default["coding"]["matched"]["coded"] > by_retrieval["coding"]["matched"]["coded"] == 0


def test_a_normalizer_that_the_bundle_lacks_is_refused(bundle: Path, prepared: Path, tmp_path: Path) -> None:
    for command in (
        ("predict", bundle, "--texts", prepared, "--split", "valid", "--out", tmp_path / "predictions"),
        ("evaluate", "--gold", prepared, "--bundle", bundle),
    ):
        error = ade_train(*command, "--normalizer", "hybrid").exception
        assert isinstance(error, BundleError)
        assert "retriever" in str(error)
    assert not (tmp_path / "predictions").exists()


@pytest.mark.parametrize("option", [("--normalizer", "classifier"), ("--always-code",)])
def test_existing_predictions_are_not_coded_again(
    prepared: Path, tmp_path: Path, option: tuple[str, ...]
) -> None:
    error = ade_train("evaluate", "--gold", prepared, "--predictions", tmp_path, *option).exception
    assert isinstance(error, RunError)
    assert option[0] in str(error)
