"""`ade-train predict`, `evaluate` and `calibrate` with a tiny bundle that knows four adverse effects."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from models.bundle import Thresholds, load_bundle, revise_bundle
from models.errors import BundleError
from models.pipeline import Pipeline
from tests.tiny import EFFECTS, NEGATIVE, POSITIVE, make_tiny_bundle
from training.cli import app
from training.errors import CorpusError, RunError

RUN = CliRunner()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bundle(tmp_path_factory.mktemp("scoring") / "bundle")


def record(number: int, text: str) -> dict[str, Any]:
    effect = next((effect for effect in EFFECTS if text.endswith(effect)), None)
    if effect is None:
        return {"id": f"t{number}", "text": text, "label": 0, "spans": []}
    ptid, name = EFFECTS[effect]
    start = len(text) - len(effect)
    span = {"start": start, "end": len(text), "text": effect, "ptid": ptid, "pt_name": name}
    return {"id": f"t{number}", "text": text, "label": 1, "spans": [span]}


RECORDS = [record(number, text) for number, text in enumerate([*POSITIVE, *NEGATIVE])]


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "valid.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in RECORDS), encoding="utf-8")
    return folder


@pytest.fixture
def official(tmp_path: Path) -> Path:
    """The same annotations as files of the organisers, one code as an LLT."""
    folder = tmp_path / "official"
    folder.mkdir()
    texts, classes, spans = (
        ["tweet_id\ttext"],
        ["tweet_id\tlabel"],
        ["tweet_id\ttype\tstart\tend\tspan\tcode"],
    )
    for one in RECORDS:
        texts.append(f"{one['id']}\t{one['text']}")
        classes.append(f"{one['id']}\t{'ADE' if one['label'] else 'NoADE'}")
        for span in one["spans"]:
            code = "80000001" if span["ptid"] == "90000001" else span["ptid"]
            spans.append(f"{one['id']}\tADE\t{span['start']}\t{span['end']}\t{span['text'].upper()}\t{code}")
    for name, lines in (("tweets", texts), ("class", classes), ("spans_norm", spans)):
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def terms(tmp_path: Path) -> Path:
    folder = tmp_path / "terms"
    folder.mkdir()
    pts = list(EFFECTS.values())
    (folder / "pt.asc").write_text("".join(f"{code}${name}$$$$$$$$$$\n" for code, name in pts))
    llts = [("80000001", "Queasy", "90000001"), *((code, name, code) for code, name in pts)]
    (folder / "llt.asc").write_text("".join(f"{llt}${name}${pt}$$$$$$$Y$$\n" for llt, name, pt in llts))
    return folder


def ade_train(*arguments: object) -> Result:
    return RUN.invoke(app, [str(argument) for argument in arguments], catch_exceptions=True)


def figures(*arguments: object) -> dict[str, Any]:
    result = ade_train(*arguments, "--json")
    assert result.exception is None, result.exception
    return dict(json.loads(result.stdout))


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
    wanted = Pipeline.from_bundle(bundle).score([one["text"] for one in RECORDS])
    for row, one, prediction in zip(rows, RECORDS, wanted, strict=True):
        id_, probability = row.split("\t")
        assert id_ == one["id"]
        assert float(probability) == pytest.approx(prediction.probability, abs=1e-6)


def test_every_span_is_coded_when_asked_for(bundle: Path, prepared: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "unsure")
    revise_bundle(tmp_path / "unsure", thresholds=Thresholds(classifier=0.5, normalizer=1.0))
    asked = ("evaluate", "--gold", prepared, "--bundle", tmp_path / "unsure")
    assert figures(*asked)["scores"]["1c"]["hits"] == 0
    assert figures(*asked, "--always-code")["scores"]["1c"]["f1"] > 0.9


def test_stopping_leaves_no_files(
    bundle: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Pipeline, "score", stop)
    monkeypatch.setattr("training.evaluation.recalibration.classify_and_extract", stop)
    for command in (
        ("predict", bundle, "--texts", prepared, "--split", "valid", "--out", tmp_path / "said"),
        ("evaluate", "--gold", prepared, "--bundle", bundle, "--out", tmp_path / "report"),
        ("calibrate", bundle, "--valid", prepared, "--diagram", tmp_path / "diagram.png"),
    ):
        assert ade_train(*command).exit_code == 130
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [prepared / "valid.jsonl"]


def test_files_and_bundle_score_the_same_in_both_layouts(
    bundle: Path, prepared: Path, official: Path, terms: Path, tmp_path: Path
) -> None:
    ade_train("predict", bundle, "--texts", official, "--out", tmp_path / "said")
    by_bundle = figures("evaluate", "--gold", prepared, "--bundle", bundle)
    by_files = figures(
        "evaluate", "--gold", official, "--predictions", tmp_path / "said", "--terminology", terms
    )
    assert by_files["scores"] == by_bundle["scores"]
    assert by_files["reliability"] == by_bundle["reliability"]
    assert by_bundle["scores"]["1a"]["f1"] == pytest.approx(1, abs=1e-3)
    assert by_bundle["scores"]["1c"]["f1"] > 0.9
    assert by_bundle["annotated"] == {"texts": 17, "positive": 12, "spans": 12, "coded": 12}


def test_without_the_terminology_an_llt_is_another_code(
    bundle: Path, official: Path, terms: Path, tmp_path: Path
) -> None:
    ade_train("predict", bundle, "--texts", official, "--out", tmp_path / "said")
    asked = ("evaluate", "--gold", official, "--predictions", tmp_path / "said")
    assert (
        figures(*asked)["scores"]["1c"]["hits"]
        < figures(*asked, "--terminology", terms)["scores"]["1c"]["hits"]
    )


def test_pts_unseen_in_training_are_scored_where_it_is_given(
    bundle: Path, prepared: Path, tmp_path: Path
) -> None:
    seen = tmp_path / "train.jsonl"
    seen.write_text("".join(f"{json.dumps(one)}\n" for one in RECORDS if "nausea" in one["text"]))
    asked = ("evaluate", "--gold", prepared, "--bundle", bundle)
    assert "1c unseen" not in figures(*asked)["scores"]
    found = figures(*asked, "--seen", seen)["scores"]["1c unseen"]
    assert found["hits"] + found["missed"] >= 9


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


def test_a_report_is_replaced_when_asked_for_and_nothing_else_ever(
    bundle: Path, prepared: Path, tmp_path: Path
) -> None:
    asked = ("evaluate", "--gold", prepared, "--bundle", bundle, "--out", tmp_path / "report")
    assert ade_train(*asked).exception is None
    assert isinstance(ade_train(*asked).exception, RunError)
    assert ade_train(*asked, "--overwrite").exception is None
    other = ade_train(*asked[:-1], prepared, "--overwrite").exception
    assert isinstance(other, RunError)
    assert [path.name for path in prepared.iterdir()] == ["valid.jsonl"]


def test_class_files_alone_give_a_score_of_1a_and_no_curve(official: Path, tmp_path: Path) -> None:
    for folder in ("gold", "said"):
        (tmp_path / folder).mkdir()
        shutil.copy(official / "class.tsv", tmp_path / folder)
    found = figures(
        "evaluate",
        "--gold",
        tmp_path / "gold",
        "--predictions",
        tmp_path / "said",
        "--out",
        tmp_path / "report",
    )
    assert list(found["scores"]) == ["1a"]
    assert found["reliability"] is found["average_precision"] is None
    assert not list((tmp_path / "report").glob("*.png"))


def test_evaluate_wants_either_predictions_or_a_bundle(prepared: Path, tmp_path: Path) -> None:
    for options in ((), ("--predictions", tmp_path, "--bundle", "default")):
        error = ade_train("evaluate", "--gold", prepared, *options).exception
        assert isinstance(error, RunError)
        assert "--bundle" in str(error)


def test_a_bundle_needs_the_texts(bundle: Path, official: Path) -> None:
    (official / "tweets.tsv").unlink()
    error = ade_train("evaluate", "--gold", official, "--bundle", bundle).exception
    assert isinstance(error, CorpusError)
    assert "tweets.tsv" in str(error)


def test_calibration_is_stored_and_the_bundle_behaves_as_promised(
    bundle: Path, prepared: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "bundle"
    shutil.copytree(bundle, changed)
    # Half of the labels of each class are turned, so that the probabilities are far too sure.
    noisy = [{**one, "label": 0, "spans": []} if number % 2 else one for number, one in enumerate(RECORDS)]
    lines = [*noisy, *({**one, "id": f"{one['id']}-", "label": 1} for one in RECORDS[-3:])]
    (prepared / "valid.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    asked = ("calibrate", changed, "--valid", prepared)
    shown = figures(*asked, "--dry-run")
    assert load_bundle(changed).version == load_bundle(bundle).version
    told = figures(*asked, "--diagram", tmp_path / "diagram.png")
    assert told["after"] == shown["after"]
    assert (tmp_path / "diagram.png").read_bytes().startswith(b"\x89PNG")
    loss, error = "negative_log_likelihood", "expected_calibration_error"
    assert told["after"][loss] < told["before"][loss]
    assert told["after"][error] < told["before"][error]
    assert told["after"]["f1"] >= told["before"]["f1"]
    stored = load_bundle(changed)
    assert stored.version == told["bundle"] != load_bundle(bundle).version
    assert stored.config.calibration is not None
    assert stored.config.calibration.temperature == told["after"]["temperature"] > 1
    assert stored.config.thresholds.classifier == told["after"]["threshold"]
    found = figures("evaluate", "--gold", prepared, "--bundle", changed)
    assert found["scores"]["1a"]["f1"] == pytest.approx(told["after"]["f1"], abs=1e-3)
    assert found["reliability"][loss] == pytest.approx(told["after"][loss], abs=1e-3)
    assert json.loads((changed / "metrics.json").read_text())["calibration"]["after"] == told["after"]


def test_calibrating_twice_changes_nothing_more(bundle: Path, prepared: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "bundle")
    first, second = (figures("calibrate", tmp_path / "bundle", "--valid", prepared) for _ in range(2))
    assert second["after"]["temperature"] == pytest.approx(first["after"]["temperature"], rel=1e-3)
    assert second["before"]["f1"] == second["after"]["f1"]


def test_a_wanted_precision_and_a_prevalence_are_kept_to(bundle: Path, prepared: Path) -> None:
    told = figures(
        "calibrate",
        bundle,
        "--valid",
        prepared,
        "--for",
        "precision=0.9",
        "--prevalence",
        0.02,
        "--no-bias",
        "--dry-run",
    )
    assert told["after"]["precision"] >= 0.9
    assert told["after"]["bias"] == 0


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--for", "recall"), "--for"),
        (("--for", "precision=2"), "--for"),
        (("--for", "precision=high"), "--for"),
        (("--prevalence", "1"), "--prevalence"),
    ],
)
def test_nonsense_goals_are_refused(
    bundle: Path, prepared: Path, options: tuple[str, str], named: str
) -> None:
    error = ade_train("calibrate", bundle, "--valid", prepared, *options).exception
    assert isinstance(error, RunError)
    assert named in str(error)


def test_texts_of_one_class_cannot_calibrate(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(RECORDS[-1]) + "\n")
    error = ade_train("calibrate", bundle, "--valid", tmp_path / "a.jsonl").exception
    assert isinstance(error, RunError)
    assert "class" in str(error)


def test_a_bundle_that_is_not_there_is_named(prepared: Path, tmp_path: Path) -> None:
    for command in (
        ("predict", tmp_path / "gone", "--texts", prepared, "--split", "valid", "--out", tmp_path / "said"),
        ("evaluate", "--gold", prepared, "--bundle", tmp_path / "gone"),
        ("calibrate", tmp_path / "gone", "--valid", prepared),
    ):
        error = ade_train(*command).exception
        assert isinstance(error, BundleError)
        assert str(tmp_path / "gone") in str(error)
