"""From texts to D_1, D_2, D_3 and the Normalizer's classes."""

from dataclasses import replace
from pathlib import Path

import pytest

from models.encoder import TweetTokenizer, load_encoder
from tests.tiny import EFFECTS, MAX_TOKENS
from tests.training.tiny_methods import NAMES, PLAIN, STARTS, corpus, positive
from training.errors import RunError
from training.examples import AnnotatedSpan, Example, TrainingData
from training.loop.task_data import IGNORED
from training.methods.datasets import prepare_datasets
from training.presets import Method


@pytest.fixture(scope="module")
def tokenizer(tiny_encoder: Path) -> TweetTokenizer:
    return TweetTokenizer(load_encoder(str(tiny_encoder)).tokenizer, MAX_TOKENS)


def test_the_extractor_sees_positives_only_and_the_classifier_all_texts(tokenizer: TweetTokenizer) -> None:
    datasets = prepare_datasets(Method(), corpus(), tokenizer)
    assert {task: len(data) for task, data in datasets.tasks.items()} == {"1a": 45, "1b": 20, "1c": 20}
    assert all(1 in tags for tags in datasets.tasks["1b"].targets)


def test_the_extractor_sees_negatives_if_the_method_says_so(tokenizer: TweetTokenizer) -> None:
    tags = prepare_datasets(Method(extractor_negatives=0.5), corpus(), tokenizer).tasks["1b"].targets
    assert len(tags) == 30
    assert sum(set(row) <= {0, IGNORED} for row in tags) == 10


def test_extractor_negatives_are_limited_to_those_of_the_corpus(tokenizer: TweetTokenizer) -> None:
    assert len(prepare_datasets(Method(extractor_negatives=9.0), corpus(), tokenizer).tasks["1b"]) == 45


def test_ptids_with_more_than_three_spans_are_classes(tokenizer: TweetTokenizer) -> None:
    train = [positive(start, "nausea") for start in STARTS[:4]] + [
        positive(start, "dizzy") for start in STARTS[:3]
    ]
    negatives = [Example(text, text, 0) for text in PLAIN]
    data = TrainingData([*train, *negatives], negatives)
    datasets = prepare_datasets(Method(), data, tokenizer)
    assert [label.pt_name for label in datasets.labels.classes] == ["Nausea"]
    assert len(datasets.tasks["1c"]) == 4
    rarer = prepare_datasets(Method(fewest_examples=3), data, tokenizer)
    assert [label.pt_name for label in rarer.labels.classes] == ["Nausea", "Dizziness"]


def test_variant_b_reads_the_span_and_its_text(tokenizer: TweetTokenizer) -> None:
    data = prepare_datasets(Method(context=True), corpus(), tokenizer).tasks["1c"]
    first = data.inputs.batch([0])
    [pair] = tokenizer.encode_pairs(["nausea"], ["zoloft gives me nausea"])
    assert first.input_ids[0].tolist() == pair.ids
    assert first.token_type_ids[0].tolist() == pair.type_ids


def test_variant_a_reads_the_span_only(tokenizer: TweetTokenizer) -> None:
    data = prepare_datasets(Method(), corpus(), tokenizer).tasks["1c"]
    [alone] = tokenizer.encode(["nausea"])
    assert data.inputs.batch([0]).input_ids[0].tolist() == alone.ids


def test_pts_are_named_by_the_terminology_or_the_corpus_or_their_code(tokenizer: TweetTokenizer) -> None:
    effects = list(EFFECTS)
    train = [
        positive(start, effect, named=effect == effects[1]) for start in STARTS for effect in effects[:3]
    ]
    negatives = [Example(text, text, 0) for text in PLAIN]
    codes = [EFFECTS[effect][0] for effect in effects]
    data = TrainingData([*train, *negatives], negatives, {codes[0]: "Feeling sick"})
    datasets = prepare_datasets(Method(), data, tokenizer)
    names = {label.ptid: label.pt_name for label in datasets.labels.classes}
    assert names == {codes[0]: "Feeling sick", codes[1]: NAMES[codes[1]], codes[2]: codes[2]}
    assert any("--terminology" in note for note in datasets.notes)


def test_a_pt_keeps_its_name_if_a_later_span_has_none(tokenizer: TweetTokenizer) -> None:
    train = [positive(start, "nausea", named=start == STARTS[0]) for start in STARTS]
    negatives = [Example(text, text, 0) for text in PLAIN]
    datasets = prepare_datasets(Method(), TrainingData([*train, *negatives], negatives), tokenizer)
    assert [label.pt_name for label in datasets.labels.classes] == ["Nausea"]


def test_tasks_without_examples_are_left_out_with_a_note(tokenizer: TweetTokenizer) -> None:
    uncoded = prepare_datasets(Method(), corpus(coded=False), tokenizer)
    assert set(uncoded.tasks) == {"1a", "1b"}
    assert len(uncoded.labels) == 0
    assert any("no Normalizer" in note for note in uncoded.notes)
    spanless = [replace(example, spans=()) for example in corpus().train]
    datasets = prepare_datasets(Method(), TrainingData(spanless, corpus().valid), tokenizer)
    assert set(datasets.tasks) == {"1a"}


def test_positives_without_spans_are_left_to_the_classifier(tokenizer: TweetTokenizer) -> None:
    data = corpus()
    train = [replace(data.train[0], spans=()), *data.train[1:]]
    datasets = prepare_datasets(Method(), TrainingData(train, data.valid), tokenizer)
    assert (len(datasets.tasks["1a"]), len(datasets.tasks["1b"])) == (45, 19)
    assert any("no span" in note for note in datasets.notes)


@pytest.mark.parametrize("label", [0, 1])
def test_a_corpus_with_only_one_class_is_an_error(label: int, tokenizer: TweetTokenizer) -> None:
    examples = [example for example in corpus().train if example.label == label]
    with pytest.raises(RunError, match="adverse effect"):
        prepare_datasets(Method(), TrainingData(examples, corpus().valid), tokenizer)


def test_missing_validation_texts_are_an_error(tokenizer: TweetTokenizer) -> None:
    with pytest.raises(RunError, match="--valid"):
        prepare_datasets(Method(), TrainingData(corpus().train, []), tokenizer)


def test_the_digest_depends_on_texts_labels_spans_codes_and_order() -> None:
    data = corpus()
    first = data.train[0]
    others = [
        [replace(first, text=first.text + "!"), *data.train[1:]],
        [replace(first, spans=()), *data.train[1:]],
        [
            replace(first, spans=(AnnotatedSpan(first.spans[0].start, first.spans[0].end, "1"),)),
            *data.train[1:],
        ],
        [*data.train[1:], first],
    ]
    digests = {data.digest(), *(TrainingData(train, data.valid).digest() for train in others)}
    assert len(digests) == 5
    assert corpus().digest() == data.digest()


@pytest.mark.parametrize("normalizer", ["hybrid", "retrieval"])
def test_a_retriever_needs_names_and_not_codes(tokenizer: TweetTokenizer, normalizer: str) -> None:
    method = Method(normalizer=normalizer)  # type: ignore[arg-type]
    named = corpus()
    notes = prepare_datasets(method, replace(named, pt_names=NAMES), tokenizer).notes
    assert any("names of the corpus" in note for note in notes)
    nameless = [
        replace(example, spans=tuple(replace(span, pt_name=None) for span in example.spans))
        for example in named.train
    ]
    data = TrainingData(nameless, named.valid)
    with pytest.raises(RunError, match=r"only a code.*--terminology"):
        prepare_datasets(method, data, tokenizer)
    assert prepare_datasets(Method(), data, tokenizer).labels.classes
