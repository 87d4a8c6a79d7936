"""Soft labels on disk: complete, resumable, and never those of other texts."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from models.bundle import SecondReader, join_bundles, load_bundle
from models.scoring import Pipeline
from tests.training.tiny_methods import Recorder, positive
from training.distillation import label_examples, part_files
from training.distillation.teacher import Teacher, count_teachers
from training.errors import RunError
from training.examples import Example


@pytest.fixture(autouse=True)
def _small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_files, "TEXTS_PER_FILE", 10)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")}


def test_the_teacher_thinks_what_its_pipeline_predicts(
    teacher: Path, texts: list[Example], tmp_path: Path
) -> None:
    soft = label_examples([teacher], texts[:25], tmp_path)
    predictions = Pipeline.from_bundle(teacher, device="cpu").score([text.text for text in texts[:25]])
    for label, prediction in zip(soft.labels, predictions, strict=True):
        assert (label.log_odds >= soft.threshold) == (prediction.probability >= 0.5)
        if prediction.label == "ADE":
            assert [(span.start, span.end) for span in label.spans] == [
                (mention.start, mention.end) for mention in prediction.mentions
            ]
            codes = [span.candidates[0].ptid for span in label.spans]
            assert codes == [m.ptid or m.runners_up[0].ptid for m in prediction.mentions]


def test_annotated_spans_are_coded_although_the_teacher_does_not_find_them(
    teacher: Path, tmp_path: Path
) -> None:
    example = positive("i took my", "dizzy")
    quiet = replace(example, text="hello hello hello", spans=(replace(example.spans[0], start=6, end=11),))
    soft = label_examples([teacher], [example, quiet], tmp_path)
    assert (10, 15) in [(span.start, span.end) for span in soft.labels[0].spans]
    assert [(span.start, span.end) for span in soft.labels[1].spans] == [(6, 11)]
    assert all(span.candidates for label in soft.labels for span in label.spans)


def test_lines_have_the_order_of_the_texts(teacher: Path, texts: list[Example], tmp_path: Path) -> None:
    label_examples([teacher], texts[:25], tmp_path)
    files = sorted(tmp_path.rglob("*.gz"))
    lines = [line for path in files for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    assert len(files) == 3
    assert [json.loads(line)["id"] for line in lines] == [text.id for text in texts[:25]]


def test_an_interrupted_labelling_resumes_to_the_same_files(
    teacher: Path, texts: list[Example], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = label_examples([teacher], texts[:35], tmp_path / "whole")
    read, calls = Teacher.read, []

    def interrupted(self: Teacher, examples: list[Example]) -> object:
        calls.append(len(examples))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return read(self, examples)

    monkeypatch.setattr(Teacher, "read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        label_examples([teacher], texts[:35], tmp_path / "resumed")
    done: list[int] = []
    resumed = label_examples([teacher], texts[:35], tmp_path / "resumed", advance=done.append)
    assert contents(tmp_path / "resumed") == contents(tmp_path / "whole")
    assert resumed.labels == whole.labels
    assert calls == [10, 10, 10, 10, 5]
    assert sum(done) == 35
    again = label_examples([teacher], texts[:35], tmp_path / "resumed")
    assert (again.labels, len(calls)) == (whole.labels, 5)


def test_other_texts_start_over_with_a_message(teacher: Path, texts: list[Example], tmp_path: Path) -> None:
    label_examples([teacher], texts[:25], tmp_path)
    recorder = Recorder()
    soft = label_examples([teacher], texts[5:15], tmp_path, callback=recorder)
    assert len(recorder.messages) == 1
    assert len(list(tmp_path.rglob("*.gz"))) == 1
    assert soft.labels == label_examples([teacher], texts[5:15], tmp_path / "new").labels
    label_examples([teacher], texts[5:15], tmp_path, callback=recorder, fresh=True)
    assert len(recorder.messages) == 1


def test_a_damaged_file_is_named(teacher: Path, texts: list[Example], tmp_path: Path) -> None:
    label_examples([teacher], texts[:15], tmp_path)
    path = sorted(tmp_path.rglob("*.gz"))[1]
    for damaged in (b"", b"nonsense", path.read_bytes()[:-20], gzip.compress(b"{}\n")):
        path.write_bytes(damaged)
        with pytest.raises(RunError, match=path.name):
            label_examples([teacher], texts[:15], tmp_path)


def test_several_teachers_have_folders_of_their_own(
    teacher: Path, texts: list[Example], tmp_path: Path
) -> None:
    alone = label_examples([teacher], texts[:15], tmp_path / "alone")
    both = label_examples([teacher, teacher], texts[:15], tmp_path / "both")
    assert both.teachers == alone.teachers * 2
    assert sorted(path.name for path in (tmp_path / "both").iterdir()) == ["teacher-1", "teacher-2"]
    assert [label.log_odds for label in both.labels] == pytest.approx([x.log_odds for x in alone.labels])
    assert both.threshold == pytest.approx(alone.threshold)


def test_a_bundle_with_two_readers_is_two_teachers(
    teacher: Path, texts: list[Example], tmp_path: Path
) -> None:
    config = load_bundle(teacher).config
    join_bundles(
        teacher,
        teacher,
        SecondReader(version=config.version, reads_from=0.5, first=0.5, second=0.5),
        tmp_path / "accurate",
        thresholds=config.thresholds,
        name="accurate",
        metrics={},
        card="# For tests",
    )
    assert count_teachers([tmp_path / "accurate", teacher]) == 3
    soft = label_examples([tmp_path / "accurate"], texts[:15], tmp_path / "soft")
    alone = label_examples([teacher], texts[:15], tmp_path / "alone")
    assert len(soft.teachers) == 2
    assert [x.log_odds for x in soft.labels] == pytest.approx([x.log_odds for x in alone.labels])


def test_no_teacher_and_no_text(teacher: Path, texts: list[Example], tmp_path: Path) -> None:
    with pytest.raises(RunError, match="teacher"):
        label_examples([], texts, tmp_path)
    assert label_examples([teacher], [], tmp_path).labels == []
