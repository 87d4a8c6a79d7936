import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.encoder.loading import load_encoder
from models.encoder.tokenization import TweetTokenizer
from models.normalizer.labels import Labels
from training.errors import RunError
from training.examples import AnnotatedSpan, CodedPhrase, Example
from training.loop.algorithm1 import steps_of_epoch, task_probabilities
from training.loop.config import Task, TrainingConfig
from training.loop.inputs import Inputs
from training.loop.objective import balanced_class_weights
from training.loop.task_data import (
    IGNORED,
    TaskData,
    extractor_data,
    mini_batches,
    normalizer_data,
    normalizer_labels,
)


@pytest.fixture(scope="module")
def tokenizer(tiny_encoder) -> TweetTokenizer:
    return TweetTokenizer(load_encoder(str(tiny_encoder)).tokenizer, 48)


def test_tasks_are_drawn_as_equation_1_says() -> None:
    # SMM4H 2021: 17,385 tweets in batches of 64, 1,235 positives and 1,235 spans in batches of 16.
    shares = [17_385 / 64, 1_235 / 16, 1_235 / 16]
    assert task_probabilities([17_385, 1_235, 1_235], [64, 16, 16]) == pytest.approx(
        [share / sum(shares) for share in shares]
    )


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 512)), min_size=1, max_size=5))
def test_the_probabilities_of_equation_1_sum_to_one(sizes: list[tuple[int, int]]) -> None:
    probabilities = task_probabilities([size for size, _ in sizes], [batch for _, batch in sizes])
    assert sum(probabilities) == pytest.approx(1)
    assert min(probabilities) > 0


def test_classes_are_weighted_by_the_balanced_heuristic() -> None:
    assert balanced_class_weights([1] * 10 + [0] * 30).tolist() == pytest.approx(
        [40 / (2 * 30), 40 / (2 * 10)]
    )


def test_a_class_without_examples_weighs_nothing() -> None:
    assert balanced_class_weights([0, 0]).tolist() == [0.5, 0.0]


def test_tokens_of_a_span_are_tagged_and_special_tokens_ignored(tokenizer: TweetTokenizer) -> None:
    text = "zoloft gives me a headache"
    data = extractor_data(
        [Example("a", text, 1, (AnnotatedSpan(text.index("a headache"), len(text)),))], tokenizer
    )
    [tags], [encoding] = data.targets, tokenizer.encode([text])
    assert tags[0] == tags[-1] == IGNORED
    tagged = [encoding.offsets[at] for at, tag in enumerate(tags) if tag == 1]
    assert (tagged[0][0], tagged[-1][1]) == (text.index("a headache"), len(text))
    assert sum(tag == 0 for tag in tags) > 0


def test_padding_of_tags_is_ignored(tokenizer: TweetTokenizer) -> None:
    data = extractor_data([Example("a", "so", 0), Example("b", "zoloft day three", 0)], tokenizer)
    inputs, targets = data.batch([0, 1])
    assert targets.shape == inputs.input_ids.shape
    assert bool(((targets == IGNORED) | (inputs.attention_mask == 1)).all())


def test_the_normalizer_knows_pts_with_more_than_three_examples() -> None:
    phrases = [CodedPhrase(f"p{n}", "2") for n in range(4)] + [CodedPhrase(f"q{n}", "1") for n in range(3)]
    assert normalizer_labels(phrases, {"1": "One", "2": "Two"}) == Labels.of([("2", "Two")])


def test_phrases_of_unknown_pts_are_left_out(tokenizer: TweetTokenizer) -> None:
    data = normalizer_data(
        [CodedPhrase("so", "1"), CodedPhrase("day", "2")], Labels.of([("2", "Two")]), tokenizer
    )
    assert len(data) == 1
    assert data.targets == [[0]]


@given(count=st.integers(1, 300), size=st.integers(1, 70), seed=st.integers(0, 2**31))
def test_mini_batches_hold_every_example_once(count: int, size: int, seed: int) -> None:
    data = TaskData("1a", Inputs.packed([[1, 2, 3]] * count, [[0] * 3] * count), [[0]] * count)
    batches = mini_batches(data, size, torch.Generator().manual_seed(seed))
    assert sorted(row for batch in batches for row in batch) == list(range(count))
    assert all(0 < len(batch) <= size for batch in batches)


@pytest.mark.parametrize(
    "change",
    [{"epochs": 0}, {"learning_rate": 0.0}, {"dropout": 1.0}, {"layer_decay": 0.0}, {"max_tokens": 4}],
)
def test_nonsense_settings_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(RunError, match=next(iter(change)).replace("_", "-")):
        TrainingConfig(**change)  # type: ignore[arg-type]


@pytest.mark.parametrize(("setting", "layers", "frozen"), [(-1, 12, 11), (-1, 6, 5), (0, 6, 0), (3, 3, 3)])
def test_frozen_layers_count_from_the_bottom_or_the_top(setting: int, layers: int, frozen: int) -> None:
    assert TrainingConfig(frozen_layers=setting).frozen_of(layers) == frozen


@pytest.mark.parametrize("setting", [-7, 7])
def test_more_layers_than_there_are_cannot_be_frozen(setting: int) -> None:
    with pytest.raises(RunError, match="frozen-layers"):
        TrainingConfig(frozen_layers=setting).frozen_of(6)


def test_an_epoch_has_as_many_steps_as_see_every_example_once() -> None:
    def data(task: Task, count: int) -> TaskData:
        return TaskData(task, Inputs.packed([[1]] * count, [[0]] * count), [[0]] * count)

    tasks: dict[Task, TaskData] = {"1a": data("1a", 640), "1b": data("1b", 33), "1c": data("1c", 160)}
    assert steps_of_epoch(tasks, TrainingConfig()) == round(640 / 64 + 33 / 16 + 160 / 16)
    assert steps_of_epoch({"1c": data("1c", 1)}, TrainingConfig()) == 1
