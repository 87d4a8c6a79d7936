"""`ade-train predict` and `checklist` on a bundle with two readers, to the end and interrupted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.bundle import read_config
from models.runtime import Engine
from models.scoring import Pipeline
from tests.tiny_readers import join, make_two_bundles
from tests.training.cli.tiny_scoring import RECORDS, ade_train

TEXTS = [record["text"] for record in RECORDS]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose second reader reads the likeliest texts; not to be changed."""
    folder = tmp_path_factory.mktemp("two")
    return join(*make_two_bundles(folder), folder / "both")


@pytest.fixture
def stops_in_second(monkeypatch: pytest.MonkeyPatch) -> list[Engine]:
    """Interrupt the command when a second engine starts to score; the engines that scored."""
    engines: list[Engine] = []
    score = Engine.score

    def interrupted(self: Engine, *arguments: object, **options: object) -> object:
        if self not in engines:
            engines.append(self)
        if len(engines) > 1:
            raise KeyboardInterrupt
        return score(self, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Engine, "score", interrupted)
    return engines


@pytest.mark.slow
def test_predictions_are_those_of_both_readers(both: Path, prepared: Path, tmp_path: Path) -> None:
    out = tmp_path / "predictions"
    result = ade_train("predict", both, "--texts", prepared, "--split", "valid", "--out", out)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["bundle"] == read_config(both).version
    expected = Pipeline.from_bundle(both, device="cpu", precision="fp32").score(TEXTS)
    read_by_second = [prediction.second_probability is not None for prediction in expected]
    assert set(read_by_second) == {True, False}
    rows = [row.split("\t") for row in (out / "probabilities.tsv").read_text().splitlines()]
    assert [row[0] for row in rows] == [record["id"] for record in RECORDS]
    assert [float(row[1]) for row in rows] == pytest.approx([p.probability for p in expected], abs=1e-6)
    classes = [row.split("\t")[1] for row in (out / "class.tsv").read_text().splitlines()]
    assert classes == [prediction.label for prediction in expected]
    spans = (out / "spans_norm.tsv").read_text().splitlines()
    assert len(spans) == sum(len(prediction.mentions) for prediction in expected) > 0


def test_every_span_gets_a_code_where_that_is_asked_for(both: Path, prepared: Path, tmp_path: Path) -> None:
    texts = ("--texts", prepared, "--split", "valid")
    result = ade_train("predict", both, *texts, "--out", tmp_path / "out", "--always-code")
    assert result.exit_code == 0, result.output
    rows = [row.split("\t") for row in (tmp_path / "out" / "spans_norm.tsv").read_text().splitlines()]
    assert rows
    assert all(row[5] for row in rows)


def test_the_checklist_tests_both_readers(both: Path) -> None:
    options = ("--json", "--device", "cpu", "--capability", "plain")
    result = ade_train("checklist", both, *options)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["version"] == read_config(both).version
    [capability] = document["capabilities"]
    assert not any(failure["predicted"].startswith("raised") for failure in capability["failures"])
    assert result.stdout == ade_train("checklist", both, *options).stdout


def test_an_interrupted_prediction_leaves_no_files(
    both: Path, prepared: Path, tmp_path: Path, stops_in_second: list[Engine]
) -> None:
    out = tmp_path / "predictions"
    result = ade_train("predict", both, "--texts", prepared, "--split", "valid", "--out", out)
    assert result.exit_code == 130
    assert "nothing was written" in result.stderr
    assert len(stops_in_second) == 2
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [prepared / "valid.jsonl"]


def test_an_interrupted_checklist_leaves_no_report(
    both: Path, tmp_path: Path, stops_in_second: list[Engine]
) -> None:
    result = ade_train("checklist", both, "--device", "cpu", "--out", tmp_path / "report.md")
    assert result.exit_code == 130
    assert len(stops_in_second) == 2
    assert not list(tmp_path.iterdir())


def test_a_missing_second_reader_is_named(both: Path, prepared: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in both.iterdir():
        if file.is_file():
            (broken / file.name).write_bytes(file.read_bytes())
    for command in (
        ("predict", broken, "--texts", prepared, "--split", "valid", "--out", tmp_path / "out"),
        ("checklist", broken),
    ):
        result = ade_train(*command)
        assert result.exit_code != 0
        assert "second" in str(result.exception)
    assert not (tmp_path / "out").exists()
