"""What a student is trained on: soft targets next to annotated ones, and texts without annotations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.encoder import TweetTokenizer, load_encoder
from models.normalizer import Labels
from models.predictions import Candidate
from models.scoring import ReadWord
from tests.tiny import EFFECTS, LABELS, MAX_TOKENS
from tests.training.tiny_methods import corpus, tiny_method
from training.distillation import (
    SoftLabel,
    SoftLabels,
    SoftSpan,
    add_soft_targets,
    add_unlabelled,
    label_examples,
)
from training.distillation.soft_windows import class_distribution, class_numbers, token_distributions
from training.examples import Example
from training.loop import IGNORED, Distribution, TaskData
from training.methods import Datasets, RetrievalPhrases, prepare_datasets


@pytest.fixture(scope="module")
def tokenizer(student_encoder: Path) -> TweetTokenizer:
    return TweetTokenizer(load_encoder(str(student_encoder)).tokenizer, MAX_TOKENS)


def soft_of(data: TaskData, row: int) -> list[dict[int, float]]:
    assert data.soft is not None
    return data.soft.distributions(row)


def probabilities(distributions: Sequence[Distribution]) -> list[float]:
    return [float(np.exp(distribution[1])) for distribution in distributions]


def without_tasks(labels: Labels = LABELS) -> Datasets:
    return Datasets(labels=labels, tasks={}, phrases=RetrievalPhrases([], []), valid=corpus().valid)


def opinions(*labels: SoftLabel, texts: list[str], contexts: list[str] | None = None) -> SoftLabels:
    examples = [
        Example(text, text, 0, context=context)
        for text, context in zip(texts, contexts or [""] * len(texts), strict=True)
    ]
    return SoftLabels(examples, labels, ("teacher",), LABELS)


def words_of(text: str, scores: list[float]) -> tuple[ReadWord, ...]:
    """Return the words of a text, divided at spaces, with their scores."""
    words, start = [], 0
    for word, score in zip(text.split(" "), scores, strict=True):
        words.append(ReadWord(start, start + len(word), score))
        start += len(word) + 1
    return tuple(words)


def test_annotated_inputs_get_the_soft_targets_of_their_texts(
    teacher: Path, tokenizer: TweetTokenizer, student_encoder: Path, tmp_path: Path
) -> None:
    data = corpus()
    hard = prepare_datasets(tiny_method("mtl", student_encoder), data, tokenizer)
    soft = label_examples([teacher], data.train, tmp_path)
    both = add_soft_targets(hard, soft, tokenizer)
    for task, rows in hard.tasks.items():
        assert list(both.tasks[task].targets) == list(rows.targets)
        assert all(any(soft_of(both.tasks[task], row)) for row in range(len(rows)))
    odds = [np.log(p / (1 - p)) for row in range(45) for p in probabilities(soft_of(both.tasks["1a"], row))]
    assert odds == pytest.approx([label.log_odds for label in soft.labels], abs=1e-3)


def test_texts_that_the_teacher_has_not_read_keep_their_annotations_alone(
    tokenizer: TweetTokenizer, student_encoder: Path
) -> None:
    data = corpus()
    hard = prepare_datasets(tiny_method("mtl", student_encoder), data, tokenizer)
    first = opinions(SoftLabel(-1.0, (), ()), texts=[data.train[0].text])
    both = add_soft_targets(hard, first, tokenizer)
    present = [bool(soft_of(both.tasks["1a"], row)[0]) for row in range(45)]
    assert present == [example.text == data.train[0].text for example in data.train]
    assert both.tasks["1c"].soft is None
    unread = opinions(SoftLabel(-1.0, (), ()), texts=["something else"])
    assert all(task.soft is None for task in add_soft_targets(hard, unread, tokenizer).tasks.values())


def test_a_token_gets_the_mean_of_the_words_that_it_overlaps(tokenizer: TweetTokenizer) -> None:
    text = "so this pill and dizziness"
    label = SoftLabel(1.0, words_of(text, [0.1, 0.2, 0.3, 0.4, 0.9]), ())
    [tokens] = tokenizer.encode([text])
    distributions = token_distributions(tokens, label)
    for (start, end), word, distribution in zip(tokens.offsets, tokens.word_ids, distributions, strict=True):
        if word is None:
            assert distribution == {}
        else:
            [expected] = [w.score for w in label.words if w.start <= start and end <= w.end]
            assert np.exp(distribution[1]) == pytest.approx(expected)
    longer = SoftLabel(1.0, (ReadWord(0, 7, 0.5), ReadWord(8, 12, 0.25), ReadWord(5, 12, 0.75)), ())
    [tokens] = tokenizer.encode(["so this pill"])
    assert probabilities(token_distributions(tokens, longer)[1:3]) == pytest.approx([0.5, 0.625])


def test_tokens_without_a_word_of_the_teacher_have_no_soft_target(tokenizer: TweetTokenizer) -> None:
    [tokens] = tokenizer.encode(["so 🤢 this \u202e pill\u0301"])
    assert all(d == {} for d in token_distributions(tokens, SoftLabel(1.0, (), ())))
    assert len(token_distributions(tokens, SoftLabel(1.0, (ReadWord(3, 4, 1.0),), ()))) == len(tokens)


def test_only_codes_that_both_know_count_and_only_if_they_are_most() -> None:
    classes = class_numbers(Labels.of([("1", "One"), ("2", "Two")]))
    ranked = [Candidate("1", "One", 0.6), Candidate("3", "Three", 0.2), Candidate("2", "Two", 0.2)]
    distribution = class_distribution(ranked, classes)
    assert {number: round(float(np.exp(p)), 4) for number, p in distribution.items()} == {0: 0.75, 1: 0.25}
    assert class_distribution([Candidate("1", "One", 0.3), Candidate("3", "Three", 0.7)], classes) == {}
    assert class_distribution([], classes) == {}
    assert class_distribution([Candidate("1", "One", 0.0)], classes) == {}


def test_unlabelled_texts_have_no_hard_target(
    teacher: Path, texts: list[Example], tokenizer: TweetTokenizer, tmp_path: Path
) -> None:
    soft = label_examples([teacher], texts[:60], tmp_path)
    datasets = add_unlabelled(without_tasks(), soft, tokenizer, seed=1)
    assert set(datasets.tasks) == {"1a", "1b", "1c"}
    assert len(datasets.tasks["1a"]) == 60
    for data in datasets.tasks.values():
        assert {target for targets in data.targets for target in targets} == {IGNORED}
        assert all(any(soft_of(data, row)) for row in range(len(data)))


def test_the_extractor_reads_likely_texts_and_as_many_others(tokenizer: TweetTokenizer) -> None:
    texts = [f"so my pill {number}" for number in range(20)]
    labels = [
        SoftLabel(2.0 if n < 4 else -2.0, words_of(text, [0.1] * 4), ()) for n, text in enumerate(texts)
    ]
    datasets = add_unlabelled(without_tasks(), opinions(*labels, texts=texts), tokenizer, seed=1)
    assert len(datasets.tasks["1b"]) == 8
    again = add_unlabelled(without_tasks(), opinions(*labels, texts=texts), tokenizer, seed=1)
    assert datasets.tasks["1b"].inputs.digest() == again.tasks["1b"].inputs.digest()


def test_a_long_text_teaches_the_windows_that_the_teacher_is_right_about(tokenizer: TweetTokenizer) -> None:
    text = " ".join(["so", "my", "pill"] * 40 + ["dizzy"])
    count = len(text.split(" "))
    scores = [0.0] * (count - 1) + [1.0]
    windows = len(tokenizer.windows([text]).inputs)
    assert windows > 2
    positive = opinions(SoftLabel(3.0, words_of(text, scores), ()), texts=[text])
    negative = opinions(SoftLabel(-3.0, words_of(text, [0.0] * count), ()), texts=[text])
    data = add_unlabelled(without_tasks(), positive, tokenizer, seed=1).tasks
    assert len(data["1a"]) == 1  # the window with the effect
    assert len(data["1b"]) == windows
    assert probabilities(soft_of(data["1b"], windows - 1)[-2:-1]) == pytest.approx([1.0], abs=1e-4)
    assert len(add_unlabelled(without_tasks(), negative, tokenizer, seed=1).tasks["1a"]) == windows


def test_a_context_is_read_where_the_student_reads_it(tokenizer: TweetTokenizer) -> None:
    soft = opinions(
        SoftLabel(3.0, words_of("so dizzy", [0.0, 1.0]), ()), texts=["so dizzy"], contexts=["my pill"]
    )
    alone = add_unlabelled(without_tasks(), soft, tokenizer, seed=1).tasks["1b"]
    after = add_unlabelled(without_tasks(), soft, tokenizer, seed=1, reads_context=True).tasks["1b"]
    assert after.inputs.lengths[0] > alone.inputs.lengths[0]
    for data in (alone, after):
        known = [distribution for distribution in soft_of(data, 0) if distribution]
        words = probabilities(known)
        assert words[0] == pytest.approx(0, abs=1e-4)
        assert min(words[1:]) == pytest.approx(1, abs=1e-4)


def test_a_phrase_is_limited_in_an_epoch(tokenizer: TweetTokenizer) -> None:
    ptid, name = EFFECTS["dizzy"]
    span = SoftSpan(0, 5, (Candidate(ptid, name, 0.9),))
    texts = [f"dizzy {number}" for number in range(30)]
    soft = opinions(*[SoftLabel(1.0, (), (span,)) for _ in texts], texts=texts)
    assert len(add_unlabelled(without_tasks(), soft, tokenizer, seed=1).tasks["1c"]) == 8
    in_pairs = add_unlabelled(without_tasks(), soft, tokenizer, seed=1, in_pairs=True).tasks["1c"]
    assert len(in_pairs) == 30
    assert in_pairs.inputs.types.any()


def test_soft_targets_survive_a_second_teacher_that_read_other_texts(tokenizer: TweetTokenizer) -> None:
    first = opinions(SoftLabel(1.0, (), ()), texts=["so my pill"])
    second = opinions(SoftLabel(-4.0, (), ()), texts=["hello you"])
    datasets = add_unlabelled(without_tasks(), first, tokenizer, seed=1)
    datasets = add_unlabelled(datasets, second, tokenizer, seed=1)
    taught = add_soft_targets(datasets, replace(second, labels=[SoftLabel(5.0, (), ())]), tokenizer)
    assert [p > 0.5 for row in range(2) for p in probabilities(soft_of(taught.tasks["1a"], row))] == [
        True,
        True,
    ]
    assert probabilities(soft_of(taught.tasks["1a"], 0)) == pytest.approx([1 / (1 + np.exp(-1.0))])
