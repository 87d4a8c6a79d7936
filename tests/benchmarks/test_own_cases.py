"""The cases that compare our own pipelines do equal work on both sides, and state the right shares."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.inference.bundle_variants import VariantCase, variant_rows, variant_tasks
from benchmarks.inference.early_exit_case import LEAVING, early_exit_case
from benchmarks.inference.interleaving import run_rounds
from benchmarks.inference.tweet_sample import sample_texts
from benchmarks.inference.two_reader_case import two_reader_case
from models.bundle import Bundle, load_bundle
from models.scoring import Pipeline, bundle_folder
from tests.random_exits import leaving_below, random_exit
from tests.tiny import NEGATIVE, POSITIVE
from tests.tiny_readers import join, make_two_bundles

TEXTS = (*POSITIVE, *NEGATIVE)


@pytest.fixture(scope="module")
def two_readers(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("readers")
    return load_bundle(join(*make_two_bundles(folder), folder / "both"))


def timed_rows(case: VariantCase) -> list[dict[str, object]]:
    tasks = list(variant_tasks(case, ("fp32",), (1, 2)))
    timings = run_rounds(tasks, rounds=1, seconds=1, show=lambda _: None)
    return variant_rows(case, tasks, timings)


def test_both_readers_find_as_many_positives_as_the_first_alone(two_readers: Bundle) -> None:
    case = two_reader_case(TEXTS, two_readers)
    (both,) = case.variants
    counts = []
    for variant in (case.baseline, both):
        scorer = Pipeline.of(variant.bundle, thresholds=variant.thresholds)
        counts.append(sum(tweet.reason != "improbable" for tweet in scorer.score(TEXTS)))
    assert counts[0] == counts[1] > 0
    predictions = Pipeline.of(two_readers).score(TEXTS)
    read = sum(tweet.second_probability is not None for tweet in predictions)
    assert both.share == round(read / len(TEXTS), 3)
    assert case.baseline.bundle.second is None


def test_rows_compare_each_variant_with_the_baseline_on_as_many_cores(two_readers: Bundle) -> None:
    rows = timed_rows(two_reader_case(TEXTS, two_readers))
    assert [(row["who"], row["cores"]) for row in rows] == [
        ("first reader alone", 1),
        ("first reader alone", 2),
        ("both readers", 1),
        ("both readers", 2),
    ]
    assert all("x_baseline" not in row for row in rows[:2])
    assert all(float(str(row["x_baseline"])) > 0 for row in rows[2:])


@pytest.mark.parametrize(("below", "share"), [(-1e9, 0.0), (1e9, 1.0)])
def test_the_share_that_leaves_a_bundles_own_exit_is_counted(
    two_readers: Bundle, below: float, share: float
) -> None:
    head = leaving_below(random_exit(two_readers.weights, 1), below)
    case = early_exit_case(TEXTS, replace(two_readers, early_exit=head), own_exit=True)
    assert [(variant.name, variant.share) for variant in case.variants] == [("with its exit", share)]
    assert case.baseline.bundle.early_exit is None


@pytest.mark.timeout(900)
def test_heads_that_are_made_let_the_stated_share_leave() -> None:
    texts = sample_texts(64)
    bundle = load_bundle(bundle_folder("default"))
    case = early_exit_case(texts, bundle)
    for variant, (below, leaving) in zip(case.variants, LEAVING.items(), strict=True):
        assert variant.name == f"exit after layer {below}"
        assert variant.share == pytest.approx(leaving, abs=0.02)
        assert variant.bundle.weights is bundle.weights
