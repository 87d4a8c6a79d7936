"""A bundle with two readers: who reads what, and that no result depends on the batch."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import BundleError, Pipeline, TweetPrediction, load_bundle
from models.bundle import Thresholds, read_config, revise_bundle, set_languages
from models.scoring import Combination, TwoReaders, assemble_reader, load_scorer, make_engines
from tests.tiny import EFFECTS, NEGATIVE, POSITIVE
from tests.tiny_readers import READS_FROM, join, make_two_bundles

TEXTS = [*POSITIVE, *NEGATIVE, "", "zoloft gives me nausea " * 30 + "and a headache"]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_two_bundles(tmp_path_factory.mktemp("readers"))


@pytest.fixture(scope="module")
def both(bundles: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return join(*bundles, tmp_path_factory.mktemp("joined") / "both")


@pytest.fixture(scope="module")
def pipeline(both: Path) -> Pipeline:
    return Pipeline.of(load_bundle(both), lanes=1)


def test_the_second_reads_from_the_given_probability_on(
    bundles: tuple[Path, Path], pipeline: Pipeline
) -> None:
    alone = [Pipeline.of(load_bundle(folder)).score(TEXTS) for folder in bundles]
    for prediction, first, second in zip(pipeline.score(TEXTS), *alone, strict=True):
        assert prediction.first_probability == pytest.approx(first.probability, abs=1e-5)
        is_read = first.probability >= READS_FROM
        assert (prediction.second_probability is not None) is is_read
        if prediction.second_probability is not None:
            assert prediction.second_probability == pytest.approx(second.probability, abs=1e-5)


def test_the_probability_is_that_of_the_formula(both: Path, pipeline: Pipeline) -> None:
    section = read_config(both).second_reader
    assert section is not None
    combination, threshold = Combination(section), 0.4
    for prediction in pipeline.score(TEXTS):
        first, second = prediction.first_probability, prediction.second_probability
        assert first is not None
        if second is None:
            assert prediction.probability == combination.probability_alone(first, threshold) < threshold
            assert (prediction.label, prediction.reason) == ("NoADE", "improbable")
        else:
            assert prediction.probability == combination.probability(first, second)


def test_trained_effects_are_found_and_coded(pipeline: Pipeline) -> None:
    predictions = pipeline.score(POSITIVE)
    assert {prediction.label for prediction in predictions} == {"ADE"}
    for text, prediction in zip(POSITIVE, predictions, strict=True):
        effect = next(effect for effect in EFFECTS if text.endswith(effect))
        assert effect in [mention.text for mention in prediction.mentions]
        assert EFFECTS[effect][0] in [mention.ptid for mention in prediction.mentions]


def _without_rounding(prediction: TweetPrediction) -> tuple[object, ...]:
    numbers = (prediction.probability, prediction.first_probability, prediction.second_probability)
    return (
        prediction.label,
        prediction.reason,
        *(None if number is None else round(number, 4) for number in numbers),
        [(mention.start, mention.end, mention.ptid) for mention in prediction.mentions],
    )


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.integers(1, len(TEXTS)))
def test_no_result_depends_on_the_batch(pipeline: Pipeline, order: random.Random, size: int) -> None:
    alone = {text: _without_rounding(pipeline.score([text])[0]) for text in TEXTS}
    texts = order.sample(TEXTS, size)
    for text, prediction in zip(texts, pipeline.score(texts), strict=True):
        assert _without_rounding(prediction) == alone[text]


@pytest.mark.parametrize("spans", ["first", "second", "mean", "union"])
@pytest.mark.parametrize("codes", ["first", "mean"])
def test_every_choice_of_spans_and_codes_works(
    bundles: tuple[Path, Path], tmp_path: Path, spans: str, codes: str
) -> None:
    folder = join(*bundles, tmp_path / "both", spans=spans, codes=codes)
    for prediction in Pipeline.of(load_bundle(folder)).score(POSITIVE):
        assert prediction.label == "ADE"
        assert prediction.mentions[-1].ptid is not None


def test_words_are_read_only_where_both_reach_the_threshold(both: Path) -> None:
    bundle = load_bundle(both)
    reader = assemble_reader(bundle, make_engines(bundle))
    assert isinstance(reader, TwoReaders)
    for reading in reader.read(TEXTS, threshold=0.4):
        assert (reading.words is not None) is (reading.probability >= 0.4)
        assert reading.words is None or reading.second is not None


def test_two_engines_share_their_threads(both: Path) -> None:
    engines = make_engines(load_bundle(both), lanes=2)
    assert engines.second is not None
    assert engines.first._lanes.threads is engines.second._lanes.threads
    assert engines.first._lanes.threads.count == 2


def test_a_threshold_above_all_makes_nothing_positive(both: Path) -> None:
    strict = Pipeline.of(load_bundle(both), thresholds=Thresholds(classifier=1.0))
    assert {prediction.label for prediction in strict.score(POSITIVE)} == {"NoADE"}


def test_the_cache_keeps_both_probabilities(both: Path) -> None:
    from models import ServingOptions

    scorer = load_scorer(str(both), ServingOptions(device="cpu", cache=100))
    assert scorer.score(POSITIVE) == scorer.score(POSITIVE)
    assert all(prediction.second_probability is not None for prediction in scorer.score(POSITIVE))


def test_a_bundle_with_two_readers_survives_a_change_of_its_settings(both: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(both, tmp_path / "copy"))
    set_languages(copy, ["en"])
    assert read_config(copy).version == read_config(both).version
    version = revise_bundle(copy, thresholds=Thresholds(classifier=0.9), out=tmp_path / "revised")
    assert load_bundle(tmp_path / "revised").version == version != read_config(both).version
    assert (tmp_path / "revised" / "second" / "config.json").is_file()


def test_another_second_reader_is_another_version(bundles: tuple[Path, Path], tmp_path: Path) -> None:
    second = Path(shutil.copytree(bundles[1], tmp_path / "second"))
    revise_bundle(second, thresholds=Thresholds(classifier=0.123))
    versions = {
        read_config(join(bundles[0], other, tmp_path / name)).version
        for name, other in (("a", bundles[1]), ("b", second))
    }
    assert len(versions) == 2


@pytest.mark.parametrize("damage", ["missing", "changed", "bytes", "link", "nested"])
def test_a_damaged_second_reader_is_refused(
    bundles: tuple[Path, Path], both: Path, tmp_path: Path, damage: str
) -> None:
    folder = Path(shutil.copytree(both, tmp_path / "both"))
    second = folder / "second"
    if damage == "missing":
        shutil.rmtree(second)
    elif damage == "changed":
        revise_bundle(second, thresholds=Thresholds(classifier=0.123))
    elif damage == "bytes":
        (second / "model.safetensors").write_bytes(b"nothing")
    elif damage == "link":
        shutil.rmtree(second)
        second.symlink_to(bundles[1])
    else:
        (second / "config.json").write_bytes((both / "config.json").read_bytes())
    with pytest.raises(BundleError, match="second"):
        load_bundle(folder)
