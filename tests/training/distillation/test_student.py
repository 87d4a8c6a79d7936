"""A student learns what its teacher thinks, from texts that nobody has annotated."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models import load_bundle
from models.scoring import ReadWord
from tests.families import write_family
from tests.training.tiny_methods import KilledError, Recorder, corpus, tiny_method, training_run
from training.distillation import SoftLabel, SoftSpan, Teacher, distill
from training.distillation.student import decided_example, distinct_texts
from training.errors import RunError
from training.examples import Example, TrainingData
from training.loop import TrainingCallback

SETTINGS = (
    "epochs=6",
    "learning-rate=2e-3",
    "layer-decay=1",
    "warmup=0.1",
    "batch-size-1a=8",
    "batch-size-1b=8",
    "batch-size-1c=8",
    "dropout=0",
    "layer-dropout=0",
)


def teach(
    teacher: Path,
    encoder: Path,
    data: TrainingData,
    folder: Path,
    *settings: str,
    callback: TrainingCallback | None = None,
) -> Path:
    distill(
        tiny_method("full", encoder, *SETTINGS, *settings),
        [teacher],
        data,
        out=folder / "student",
        run=training_run(folder, callback),
        command="ade-train distill",
        device="cpu",
    )
    return folder / "student"


@pytest.fixture(scope="module")
def student(
    teacher: Path, student_encoder: Path, texts: list[Example], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A student that has seen two thirds of the texts, and no annotation."""
    unlabelled = [text for number, text in enumerate(texts) if number % 3]
    return teach(
        teacher,
        student_encoder,
        TrainingData([], [], unlabelled=unlabelled),
        tmp_path_factory.mktemp("student"),
    )


def test_a_student_comes_close_to_its_teacher_on_other_texts(
    student: Path, teacher: Path, texts: list[Example]
) -> None:
    others = texts[::3]
    expected = Teacher.load(teacher, device="cpu").read(others)
    examples = [decided_example(text, label, 0.0) for text, label in zip(others, expected, strict=True)]
    learned = Teacher.load(student, device="cpu").read(examples)

    odds = np.array([[label.log_odds for label in labels] for labels in (expected, learned)])
    rarer = min((odds[0] > 0).mean(), (odds[0] <= 0).mean())
    assert ((odds[0] > 0) != (odds[1] > 0)).mean() < 0.7 * rarer
    assert np.corrcoef(odds)[0, 1] > 0.7

    scores = [[word.score for label in labels for word in label.words] for labels in (expected, learned)]
    assert np.corrcoef(np.array(scores))[0, 1] > 0.3

    codes = [
        (span.candidates[0].ptid, best_code(other, span.start, span.end))
        for label, other in zip(expected, learned, strict=True)
        for span in label.spans
        if label.log_odds > 0
    ]
    assert sum(code == other for code, other in codes) / len(codes) > 0.6


def best_code(label: SoftLabel, start: int, end: int) -> str:
    [span] = [span for span in label.spans if (span.start, span.end) == (start, end)]
    return span.candidates[0].ptid


def test_the_card_and_the_metrics_name_the_teacher(student: Path, teacher: Path) -> None:
    version = load_bundle(teacher).version
    assert version in (student / "README.md").read_text()
    assert "soft labels alone" in (student / "README.md").read_text()
    assert any(version in note for note in json.loads((student / "metrics.json").read_text())["notes"])


def test_a_student_of_annotated_texts_has_the_classes_of_both(
    teacher: Path, student_encoder: Path, tmp_path: Path
) -> None:
    data = corpus()
    train = [e for e in data.train if not e.label or e.spans[0].ptid == "90000001"]
    settings = ("epochs=1", "distill-weight=0.3")
    bundle = teach(teacher, student_encoder, TrainingData(train, data.valid), tmp_path, *settings)
    assert len(load_bundle(bundle).labels) == 4


@pytest.mark.parametrize("family", ["roberta", "mpnet"])
def test_a_student_may_have_another_tokenizer(
    family: str, teacher: Path, texts: list[Example], tmp_path: Path
) -> None:
    encoder = write_family(tmp_path / family, family)
    data = TrainingData([], [], unlabelled=texts[:40])
    bundle = teach(teacher, encoder, data, tmp_path, "epochs=1", "max-tokens=24")
    [label] = Teacher.load(bundle, device="cpu").read([texts[0]])
    assert label.words


def test_a_killed_distillation_resumes_with_the_same_bundle(
    teacher: Path, student_encoder: Path, texts: list[Example], tmp_path: Path
) -> None:
    data = TrainingData([], [], unlabelled=texts[:40])
    whole = teach(teacher, student_encoder, data, tmp_path / "whole", "epochs=2")
    with pytest.raises(KilledError):
        teach(
            teacher, student_encoder, data, tmp_path / "resumed", "epochs=2", callback=Recorder(kill=(1, 2))
        )
    recorder = Recorder()
    resumed = teach(teacher, student_encoder, data, tmp_path / "resumed", "epochs=2", callback=recorder)
    assert [epoch for _, epoch in recorder.epochs] == [2]
    assert load_bundle(resumed).version == load_bundle(whole).version


def test_a_student_learns_the_relations_of_words_and_resumes(
    teacher: Path, texts: list[Example], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    encoder = write_family(tmp_path / "encoder", "mpnet")  # of another width and with other tokens
    data = TrainingData([], [], unlabelled=texts[:40])
    settings = ("epochs=2", "max-tokens=24", "distill-states=2")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Teacher, "relate", interrupted)
        teach(teacher, encoder, data, tmp_path / "with", *settings)
    recorders = [Recorder(), Recorder()]
    first = teach(teacher, encoder, data, tmp_path / "with", *settings, callback=recorders[0])
    plain = teach(teacher, encoder, data, tmp_path / "without", *settings[:2], callback=recorders[1])
    losses = [[figures["losses"]["1b"] for figures in recorder.figures] for recorder in recorders]
    assert losses[0][0] > losses[1][0]
    assert losses[0][1] < losses[0][0]
    assert load_bundle(first).version != load_bundle(plain).version
    files = {path.name for path in (tmp_path / "with").rglob("relations-*")}
    assert files == {"relations-00000.gz"}
    assert not list((tmp_path / "without").rglob("relations-*"))


@pytest.mark.parametrize(
    ("preset", "data", "message"),
    [
        ("boosting-ensemble", corpus(), "ensemble"),
        ("full", TrainingData([], []), "no texts"),
        ("full", TrainingData([], [], unlabelled=[Example("1", "hello you", 0)]), "--valid"),
    ],
)
def test_a_distillation_that_cannot_work_is_refused(
    preset: str, data: TrainingData, message: str, teacher: Path, student_encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match=message):
        distill(
            tiny_method(preset, student_encoder),
            [teacher],
            data,
            out=tmp_path / "student",
            run=training_run(tmp_path),
            command="",
            device="cpu",
        )
    assert not (tmp_path / "student").exists()


@pytest.mark.parametrize("setting", ["exit-layer=7", "max-tokens=100000", "frozen-layers=9"])
def test_settings_that_do_not_suit_the_student_are_refused_before_the_teacher_reads(
    setting: str, teacher: Path, student_encoder: Path, texts: list[Example], tmp_path: Path
) -> None:
    with pytest.raises(RunError, match=setting.partition("=")[0]):
        teach(teacher, student_encoder, TrainingData([], [], unlabelled=texts), tmp_path, setting)
    assert not list(tmp_path.rglob("labels-*"))


def test_texts_that_occur_twice_are_read_once() -> None:
    texts = [
        Example("1", "a", 0),
        Example("2", "a", 0),
        Example("3", "a", 0, context="b"),
        Example("4", "c", 0),
    ]
    assert [e.id for e in distinct_texts(texts)] == ["1", "3", "4"]
    assert [e.id for e in distinct_texts(texts, apart_from=[Example("x", "c", 1)])] == ["1", "3"]


def test_a_text_is_decided_as_the_teacher_would() -> None:
    example = Example("1", "so dizzy", 0)
    words = (ReadWord(0, 2, 0.0), ReadWord(3, 8, 1.0))
    positive = SoftLabel(2.0, words, (SoftSpan(3, 8, ()),))
    assert decided_example(example, positive, 1.0).label == 1
    assert decided_example(example, positive, 3.0).label == 0
    assert decided_example(example, SoftLabel(2.0, words, ()), 1.0).label == 0
