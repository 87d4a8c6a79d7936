"""`ade-train evaluate` with a tiny bundle that knows four adverse effects."""

import json
import shutil
from pathlib import Path

import pytest

from models.bundle import Thresholds, load_bundle, revise_bundle
from tests.tiny import EFFECTS, POSITIVE
from tests.training.cli.tiny_scoring import RECORDS, ade_train, figures
from training.errors import CorpusError, RunError


def test_always_code_codes_every_span(bundle: Path, prepared: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "unsure")
    revise_bundle(tmp_path / "unsure", thresholds=Thresholds(classifier=0.5, normalizer=1.0))
    arguments = ("evaluate", "--gold", prepared, "--bundle", tmp_path / "unsure")
    assert figures(*arguments)["scores"]["1c"]["hits"] == 0
    assert figures(*arguments, "--always-code")["scores"]["1c"]["f1"] > 0.9


def test_files_and_bundle_score_the_same_in_both_layouts(
    bundle: Path, prepared: Path, official: Path, terms: Path, tmp_path: Path
) -> None:
    ade_train("predict", bundle, "--texts", official, "--out", tmp_path / "predictions")
    by_bundle = figures("evaluate", "--gold", prepared, "--bundle", bundle)
    by_files = figures(
        "evaluate", "--gold", official, "--predictions", tmp_path / "predictions", "--terminology", terms
    )
    assert by_files["scores"] == by_bundle["scores"]
    assert by_files["reliability"] == by_bundle["reliability"]
    assert by_bundle["scores"]["1a"]["f1"] == pytest.approx(1, abs=1e-3)
    assert by_bundle["scores"]["1c"]["f1"] > 0.9
    assert by_bundle["annotated"] == {"texts": 17, "positive": 12, "spans": 12, "coded": 12}


def test_without_the_terminology_llts_are_not_lifted(
    bundle: Path, official: Path, terms: Path, tmp_path: Path
) -> None:
    ade_train("predict", bundle, "--texts", official, "--out", tmp_path / "predictions")
    arguments = ("evaluate", "--gold", official, "--predictions", tmp_path / "predictions")
    assert (
        figures(*arguments)["scores"]["1c"]["hits"]
        < figures(*arguments, "--terminology", terms)["scores"]["1c"]["hits"]
    )


def test_unseen_pts_are_scored_if_the_training_data_is_given(
    bundle: Path, prepared: Path, tmp_path: Path
) -> None:
    seen = tmp_path / "train.jsonl"
    seen.write_text("".join(f"{json.dumps(record)}\n" for record in RECORDS if "nausea" in record["text"]))
    arguments = ("evaluate", "--gold", prepared, "--bundle", bundle)
    assert "1c unseen" not in figures(*arguments)["scores"]
    counts = figures(*arguments, "--seen", seen)["scores"]["1c unseen"]
    assert counts["hits"] + counts["missed"] >= 9


def test_the_report_has_figures_diagrams_and_errors(bundle: Path, prepared: Path, tmp_path: Path) -> None:
    (prepared / "valid.jsonl").open("a").write(
        json.dumps({"id": "x", "text": POSITIVE[0], "label": 0}) + "\n"
    )
    out = tmp_path / "reports" / "first"
    result = ade_train("evaluate", "--gold", prepared, "--bundle", bundle, "--out", out)
    assert result.exception is None, result.exception
    assert {path.name for path in out.iterdir()} == {
        "report.json",
        "report.md",
        "errors.md",
        "errors.html",
        "reliability.png",
        "precision_recall.png",
    }
    assert [path.name for path in out.parent.iterdir()] == ["first"]
    for name in ("reliability.png", "precision_recall.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG")
    report = json.loads((out / "report.json").read_text())
    assert report["bundle"] == load_bundle(bundle).version
    assert report["mistakes"]["false alarm"] == 1
    effect = next(effect for effect in EFFECTS if POSITIVE[0].endswith(effect))
    assert f"<mark>{effect}</mark>" in (out / "errors.html").read_text()
    assert EFFECTS[effect][1] in (out / "errors.md").read_text()
    for measure in ("1a", "1b relaxed", "1c one-to-one"):
        assert measure in result.stdout
        assert measure in (out / "report.md").read_text()


def test_only_reports_are_replaced_and_only_with_overwrite(
    bundle: Path, prepared: Path, tmp_path: Path
) -> None:
    arguments = ("evaluate", "--gold", prepared, "--bundle", bundle, "--out", tmp_path / "report")
    assert ade_train(*arguments).exception is None
    assert isinstance(ade_train(*arguments).exception, RunError)
    assert ade_train(*arguments, "--overwrite").exception is None
    other = ade_train(*arguments[:-1], prepared, "--overwrite").exception
    assert isinstance(other, RunError)
    assert [path.name for path in prepared.iterdir()] == ["valid.jsonl"]


def test_class_files_alone_allow_1a_and_no_curve(official: Path, tmp_path: Path) -> None:
    for folder in ("gold", "predictions"):
        (tmp_path / folder).mkdir()
        shutil.copy(official / "class.tsv", tmp_path / folder)
    report = figures(
        "evaluate",
        "--gold",
        tmp_path / "gold",
        "--predictions",
        tmp_path / "predictions",
        "--out",
        tmp_path / "report",
    )
    assert list(report["scores"]) == ["1a"]
    assert report["reliability"] is report["average_precision"] is None
    assert not list((tmp_path / "report").glob("*.png"))


def test_evaluate_needs_either_predictions_or_a_bundle(prepared: Path, tmp_path: Path) -> None:
    for options in ((), ("--predictions", tmp_path, "--bundle", "default")):
        error = ade_train("evaluate", "--gold", prepared, *options).exception
        assert isinstance(error, RunError)
        assert "--bundle" in str(error)


def test_a_bundle_needs_the_texts(bundle: Path, official: Path) -> None:
    (official / "tweets.tsv").unlink()
    error = ade_train("evaluate", "--gold", official, "--bundle", bundle).exception
    assert isinstance(error, CorpusError)
    assert "tweets.tsv" in str(error)
