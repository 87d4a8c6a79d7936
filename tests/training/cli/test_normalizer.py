"""`ade-train normalizer`: the three Normalizers of a bundle compared."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.tiny import EFFECTS, make_tiny_bundle
from tests.training.methods.test_retrieval import build, release
from tests.training.tiny_methods import corpus
from training.cli.app import app
from training.corpora.prepared import to_jsonl
from training.errors import CorpusError

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def bundle(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("normalizer")
    build(folder, tiny_encoder, "epochs=4", terminology=release(), include_terminology=True)
    return folder / "bundle"


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The validation texts, of which the training data below lacks a PT."""
    folder = tmp_path_factory.mktemp("gold")
    (folder / "valid.jsonl").write_bytes(to_jsonl(corpus().valid))
    known = [e for e in corpus().train if not any(span.ptid == "90000004" for span in e.spans)]
    (folder / "train.jsonl").write_bytes(to_jsonl(known))
    return folder


def test_all_three_are_measured_on_all_spans_and_on_unseen_pts(bundle: Path, gold: Path) -> None:
    result = RUNNER.invoke(
        app, ["normalizer", str(bundle), "--gold", str(gold), "--seen", str(gold), "--json"]
    )
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert set(printed["normalizers"]) == {"classifier", "retrieval", "hybrid"}
    for groups in printed["normalizers"].values():
        assert groups["all"]["spans"] == len(EFFECTS)
        assert groups["unseen"]["spans"] == 1
        assert groups["all"]["accuracy_at_1"] <= groups["all"]["accuracy_at_5"]


def test_the_table_has_a_row_for_each(bundle: Path, gold: Path) -> None:
    result = RUNNER.invoke(app, ["normalizer", str(bundle), "--gold", str(gold)])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == [
        "normalizer",
        "classifier",
        "retrieval",
        "hybrid",
    ]


def test_a_release_is_only_searched_for_the_comparison(bundle: Path, gold: Path, tmp_path: Path) -> None:
    names = {ptid: name for ptid, name in EFFECTS.values() if ptid != "90000001"}
    (tmp_path / "pt.asc").write_text("".join(f"{ptid}${name}$\n" for ptid, name in names.items()))
    (tmp_path / "llt.asc").write_text("".join(f"{ptid}${name}${ptid}$\n" for ptid, name in names.items()))
    before = {path.name: path.read_bytes() for path in bundle.iterdir()}
    command = ["normalizer", str(bundle), "--gold", str(gold), "--terminology", str(tmp_path), "--json"]
    result = RUNNER.invoke(app, command)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["normalizers"]["hybrid"]["all"]["accuracy_at_5"] <= 0.75
    assert {path.name: path.read_bytes() for path in bundle.iterdir()} == before


def test_a_bundle_without_a_retriever_has_only_its_classifier(gold: Path, tmp_path: Path) -> None:
    tiny = make_tiny_bundle(tmp_path / "tiny")
    result = RUNNER.invoke(app, ["normalizer", str(tiny), "--gold", str(gold), "--json"])
    assert set(json.loads(result.stdout)["normalizers"]) == {"classifier"}
    assert "normalizer=hybrid" in result.stderr


def test_gold_without_codes_is_refused(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "plain.jsonl").write_bytes(to_jsonl(corpus(coded=False).valid))
    result = RUNNER.invoke(app, ["normalizer", str(bundle), "--gold", str(tmp_path / "plain.jsonl")])
    assert isinstance(result.exception, CorpusError)
