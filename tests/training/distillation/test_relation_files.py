"""Relations of words by teachers: on disk, resumable, by characters, and learned by a student."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle import load_bundle
from models.encoder import TweetTokenizer, load_encoder
from models.normalizer import Labels
from tests.families import write_family
from tests.tiny import MAX_TOKENS, make_tiny_bundle, save_tiny, train_tiny
from tests.training.tiny_methods import Recorder
from training.distillation import SoftLabels, add_relations, add_soft_targets, label_examples, part_files
from training.distillation.student_data import add_unlabelled, draw_extracted
from training.distillation.teacher import Teacher
from training.errors import RunError
from training.examples import Example
from training.loop import UNKNOWN
from training.methods import Datasets, RetrievalPhrases


@pytest.fixture(autouse=True)
def _small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_files, "TEXTS_PER_FILE", 5)


@pytest.fixture(scope="module")
def soft(teacher: Path, texts: list[Example], tmp_path_factory: pytest.TempPathFactory) -> SoftLabels:
    """The soft labels of twenty texts of three words or more, of one of two words, and of a long one."""
    long = Example("long", " ".join(["so my pill"] * MAX_TOKENS), 0)
    examples = [*texts[:20], Example("short", "hello you", 0), long]
    return label_examples([teacher], examples, tmp_path_factory.mktemp("soft"))


def test_each_pair_of_words_of_a_short_text_has_a_relation(
    teacher: Path, soft: SoftLabels, tmp_path: Path
) -> None:
    rows = range(len(soft.examples))
    related = add_relations([teacher], soft, rows, tmp_path)
    assert set(related.relations) == set(range(20))
    for row, relations in related.relations.items():
        words = len(soft.labels[row].words)
        assert len(relations) == words * (words - 1) // 2
        assert UNKNOWN not in relations
        assert len(set(relations.tolist())) > 1
    some = related.of([3, 20, 0])
    assert set(some.relations) == {0, 2}
    assert some.relations[2] is related.relations[0]


def test_an_interrupted_reading_resumes_to_the_same_files(
    teacher: Path, soft: SoftLabels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = list(range(2, 14))
    whole = add_relations([teacher], soft, rows, tmp_path / "whole")
    relate, calls = Teacher.relate, []

    def interrupted(self: Teacher, examples: list[Example], words: list[object]) -> object:
        calls.append(len(examples))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return relate(self, examples, words)  # type: ignore[arg-type]

    monkeypatch.setattr(Teacher, "relate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        add_relations([teacher], soft, rows, tmp_path / "resumed")
    done: list[int] = []
    resumed = add_relations([teacher], soft, rows, tmp_path / "resumed", advance=done.append)
    assert (calls, sum(done)) == ([5, 5, 5, 2], 12)
    for row in rows:
        assert resumed.relations[row].tolist() == whole.relations[row].tolist()
    for path in (tmp_path / "whole").rglob("*.gz"):
        other = tmp_path / "resumed" / path.relative_to(tmp_path / "whole")
        assert path.read_bytes() == other.read_bytes()


def test_other_texts_start_over_with_a_message(teacher: Path, soft: SoftLabels, tmp_path: Path) -> None:
    add_relations([teacher], soft, range(12), tmp_path)
    recorder = Recorder()
    add_relations([teacher], soft, range(3), tmp_path, callback=recorder)
    assert len(recorder.messages) == 1
    assert len(list(tmp_path.rglob("*.gz"))) == 1


def test_a_damaged_file_is_named(teacher: Path, soft: SoftLabels, tmp_path: Path) -> None:
    rows = range(7)
    add_relations([teacher], soft, rows, tmp_path)
    path = sorted(tmp_path.rglob("*.gz"))[1]
    content = gzip.decompress(path.read_bytes())
    for damaged in (
        b"",
        b"nonsense",
        path.read_bytes()[:-9],
        gzip.compress(content[:-1]),
        gzip.compress(b""),
    ):
        path.write_bytes(damaged)
        with pytest.raises(RunError, match=path.name):
            add_relations([teacher], soft, rows, tmp_path)


def test_teachers_with_other_tokenizers_and_widths_are_averaged(
    teacher: Path, soft: SoftLabels, tmp_path: Path
) -> None:
    encoder = write_family(tmp_path / "encoder", "roberta")
    other = save_tiny(tmp_path / "other", train_tiny(encoder, steps=1), name="other")
    rows = range(len(soft.examples))
    alone = [add_relations([name], soft, rows, tmp_path / Path(name).name) for name in (teacher, other)]
    both = add_relations([teacher, other], soft, rows, tmp_path / "both")
    assert set(both.relations) == set(alone[0].relations) == set(alone[1].relations)
    for row, relations in both.relations.items():
        mean = sum(part.relations[row].astype(float) for part in alone) / 2
        np.testing.assert_allclose(relations, mean, atol=0.51)


def test_the_extractor_s_texts_get_their_relations(
    teacher: Path, soft: SoftLabels, student_encoder: Path, tmp_path: Path
) -> None:
    tokenizer = TweetTokenizer(load_encoder(str(student_encoder)).tokenizer, MAX_TOKENS)
    related = add_relations([teacher], soft, draw_extracted(soft, 1), tmp_path)
    empty = Datasets(labels=Labels.of([]), tasks={}, phrases=RetrievalPhrases([], []), valid=[])
    plain = add_unlabelled(empty, soft, tokenizer, seed=1)
    assert plain.tasks["1b"].relations is None
    data = add_unlabelled(empty, related, tokenizer, seed=1).tasks
    assert data["1a"].relations is None
    relations = data["1b"].relations
    assert relations is not None
    assert relations.count(range(len(data["1b"]))) == len(related.relations)
    [row] = [row for row in range(len(data["1b"])) if relations.row(row).tokens][:1]
    length = int(data["1b"].inputs.lengths[row])
    assert all(0 < first < end < length for first, end in relations.row(row).tokens)
    # The same inputs, as if they were annotated.
    taught = add_soft_targets(plain, related, tokenizer).tasks["1b"].relations
    assert taught is not None
    assert taught.digest() == relations.digest()
    first = min(related.relations)
    fewer = replace(related, relations={first: related.relations[first]})
    kept = add_soft_targets(add_unlabelled(empty, related, tokenizer, seed=1), fewer, tokenizer)
    assert kept.tasks["1b"].relations is not None
    assert kept.tasks["1b"].relations.digest() == relations.digest()


def test_an_engine_returns_the_states_of_all_tokens(tmp_path: Path) -> None:
    bundle = load_bundle(make_tiny_bundle(tmp_path / "teacher"))
    reader = Teacher.of(bundle, device="cpu").reader
    encodings = reader.tokenizer.encode(["so my pill", "", "zoloft gives me a headache and nausea"])
    states = reader.engine.token_states(encodings)
    assert [tuple(part.shape) for part in states] == [
        (len(e), bundle.weights.shape.hidden) for e in encodings
    ]
    assert reader.engine.token_states([]) == []
