"""Accuracy at 1 and at 5 and agreement above the PTs, by `ade-train predict` and `evaluate`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from models.bundle import Thresholds, revise_bundle
from models.scoring import Pipeline
from tests.release import write_release
from tests.tiny import EFFECTS, NEGATIVE, POSITIVE, make_tiny_bundle, write_checkpoint
from tests.tiny_retrieval import FUSION, RETRIEVAL, save_tiny_hybrid, train_tiny_retriever
from training.cli.app import app

NAUSEA, SLEEPY, OTHER = "90000001", "90000005", "90000009"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bundle(tmp_path_factory.mktemp("coding") / "bundle")


@pytest.fixture(scope="module")
def terms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"))


def corpus(path: Path, **codes: str) -> Path:
    """The tiny tweets with their annotations; `codes` are annotated instead of a PT with that name."""
    lines = []
    for number, text in enumerate([*POSITIVE, *NEGATIVE]):
        spans = [
            {
                "start": len(text) - len(effect),
                "end": len(text),
                "text": effect,
                "ptid": codes.get(name, ptid),
            }
            for effect, (ptid, name) in EFFECTS.items()
            if text.endswith(effect)
        ]
        lines.append(json.dumps({"id": f"t{number}", "text": text, "label": bool(spans) * 1, "spans": spans}))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def ade_train(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None, result.exception
    return result.stdout


def figures(*arguments: object) -> dict[str, Any]:
    return dict(json.loads(ade_train("evaluate", *arguments, "--json")))


def test_a_bundle_that_knows_the_spans_codes_them_correctly(
    bundle: Path, terms: Path, tmp_path: Path
) -> None:
    gold = corpus(tmp_path / "gold.jsonl")
    evaluated = figures("--gold", gold, "--bundle", bundle, "--terminology", terms)
    assert evaluated["release"] == "26.1"
    assert evaluated["coding"]["matched"] == {
        "spans": len(POSITIVE),
        "coded": 1,
        "precision": 1,
        "accuracy_at_1": 1,
        "accuracy_at_5": 1,
        "hlt_agreement": 1,
        "soc_agreement": 1,
    }


def test_a_near_synonym_is_wrong_and_near(bundle: Path, terms: Path, tmp_path: Path) -> None:
    gold = corpus(tmp_path / "gold.jsonl", Insomnia=SLEEPY)
    evaluated = figures("--gold", gold, "--bundle", bundle, "--terminology", terms)["coding"]["matched"]
    assert evaluated["accuracy_at_1"] == evaluated["accuracy_at_5"] == 0.75
    assert evaluated["hlt_agreement"] == evaluated["soc_agreement"] == 1


def test_the_right_pt_may_have_a_lower_rank(bundle: Path, tmp_path: Path) -> None:
    gold = corpus(tmp_path / "gold.jsonl", Insomnia=NAUSEA)
    evaluated = figures("--gold", gold, "--bundle", bundle)["coding"]["matched"]
    assert evaluated["accuracy_at_1"] == 0.75
    assert evaluated["accuracy_at_5"] == 1
    assert evaluated["hlt_agreement"] is evaluated["soc_agreement"] is None


def test_an_uncoded_span_keeps_its_candidates(bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "unsure")
    revise_bundle(tmp_path / "unsure", thresholds=Thresholds(classifier=0.5, normalizer=1.0))
    arguments = ("--gold", corpus(tmp_path / "gold.jsonl"), "--bundle", tmp_path / "unsure")
    evaluated = figures(*arguments)["coding"]["matched"]
    assert (evaluated["coded"], evaluated["precision"], evaluated["accuracy_at_1"]) == (0, None, 1)


def test_a_hybrid_has_a_threshold_of_its_own(tmp_path: Path) -> None:
    sure = FUSION.model_copy(update={"threshold": 1.0})
    retrieval = RETRIEVAL.model_copy(update={"fusions": {"retrieval": FUSION, "hybrid": sure}})
    trained = train_tiny_retriever(write_checkpoint(tmp_path / "encoder"))
    bundle = save_tiny_hybrid(tmp_path / "hybrid", trained, retrieval=retrieval)
    gold = corpus(tmp_path / "gold.jsonl")
    arguments = ("--gold", gold, "--bundle", bundle)
    assert figures(*arguments)["coding"]["matched"]["coded"] == 0
    assert figures(*arguments, "--always-code")["coding"]["matched"]["coded"] == 1
    ade_train("predict", bundle, "--texts", gold, "--out", tmp_path / "predictions")
    rows = (tmp_path / "predictions" / "spans_norm.tsv").read_text().splitlines()
    assert rows
    assert all(row.endswith("\t") for row in rows)


def test_prediction_files_give_the_figures_of_the_bundle(bundle: Path, terms: Path, tmp_path: Path) -> None:
    gold = corpus(tmp_path / "gold.jsonl", Insomnia=NAUSEA, Dizziness=OTHER)
    seen = corpus(tmp_path / "seen.jsonl", Dizziness=NAUSEA)
    ade_train("predict", bundle, "--texts", gold, "--out", tmp_path / "predictions")
    arguments = ("--gold", gold, "--terminology", terms, "--seen", seen)
    by_bundle = figures(*arguments, "--bundle", bundle)
    by_files = figures(*arguments, "--predictions", tmp_path / "predictions")
    assert by_files["coding"] == by_bundle["coding"]
    assert by_files["coding"]["matched"]["accuracy_at_1"] == 0.5
    assert by_files["coding"]["unseen"]["spans"] == 3
    assert by_files["coding"]["unseen"]["accuracy_at_5"] == 0


def test_files_without_candidates_have_no_accuracy_at_5(bundle: Path, terms: Path, tmp_path: Path) -> None:
    gold = corpus(tmp_path / "gold.jsonl", Insomnia=SLEEPY)
    ade_train("predict", bundle, "--texts", gold, "--out", tmp_path / "predictions")
    (tmp_path / "predictions" / "candidates.tsv").unlink()
    evaluated = figures("--gold", gold, "--predictions", tmp_path / "predictions", "--terminology", terms)
    assert evaluated["coding"]["matched"]["accuracy_at_5"] is None
    assert evaluated["coding"]["matched"]["accuracy_at_1"] == 0.75
    assert evaluated["coding"]["matched"]["hlt_agreement"] == 1
    assert any("candidates.tsv" in note for note in evaluated["notes"])


def test_candidates_are_written_best_first(bundle: Path, tmp_path: Path) -> None:
    gold = corpus(tmp_path / "gold.jsonl")
    ade_train("predict", bundle, "--texts", gold, "--out", tmp_path / "predictions")
    rows = [row.split("\t") for row in (tmp_path / "predictions" / "candidates.tsv").read_text().splitlines()]
    [prediction] = Pipeline.from_bundle(bundle, device="cpu", precision="fp32").score([POSITIVE[0]])
    [mention] = prediction.mentions
    candidates = [row for row in rows if row[0] == "t0"]
    assert [row[1:4] for row in candidates] == [
        [str(mention.start), str(mention.end), str(rank)] for rank in range(1, 2 + len(mention.runners_up))
    ]
    assert [row[4] for row in candidates] == [mention.ptid, *(other.ptid for other in mention.runners_up)]
    scores = [float(row[5]) for row in candidates]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == pytest.approx(mention.pt_score, abs=1e-6)


def test_the_table_and_the_report_show_the_accuracy(bundle: Path, terms: Path, tmp_path: Path) -> None:
    gold = corpus(tmp_path / "gold.jsonl", Insomnia=SLEEPY)
    arguments = ("--gold", gold, "--bundle", bundle, "--terminology", terms)
    printed = ade_train("evaluate", *arguments, "--out", tmp_path / "report")
    written = (tmp_path / "report" / "report.md").read_text()
    for text in (printed, written):
        assert all(heading in text for heading in ("at 1", "at 5", "HLT", "SOC"))
        assert "75.0" in text
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert report["coding"]["matched"]["hlt_agreement"] == 1


def test_without_annotated_codes_there_is_no_table_of_codes(bundle: Path, tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"id": "a", "text": NEGATIVE[0], "label": 0}) + "\n")
    assert figures("--gold", gold, "--bundle", bundle)["coding"] == {}
    assert "at 5" not in ade_train("evaluate", "--gold", gold, "--bundle", bundle)
