"""The presets have the paper's values, and each setting can be changed within its range."""

import pytest

from training.errors import RunError
from training.loop.config import BIOBERT
from training.presets import PRESETS, preset

PAPER = ("mtl", "boosting-ensemble", "enhanced-ensemble", "enhanced-normalizer")


@pytest.mark.parametrize("name", PAPER)
def test_the_papers_presets_train_as_in_section_3_3(name: str) -> None:
    training = PRESETS[name].training
    assert training.learning_rate == training.head_learning_rate == 5e-5
    assert (training.schedule, training.warmup) == ("constant", 0)
    assert [training.batch_size(task) for task in ("1a", "1b", "1c")] == [64, 16, 16]
    assert (training.epochs, training.patience, training.select) == (30, 0, "mean")
    assert (training.encoder, training.count_frozen(12), training.pooling) == (BIOBERT, 11, "cls")
    assert training.balanced
    assert training.adversarial == "none"


def test_the_papers_presets_differ_as_in_section_4() -> None:
    differences = {name: (PRESETS[name].classifiers, PRESETS[name].context) for name in PAPER}
    assert differences == {
        "mtl": (1, False),
        "boosting-ensemble": (3, False),
        "enhanced-ensemble": (5, False),
        "enhanced-normalizer": (1, True),
    }
    for name in PAPER:
        method = PRESETS[name]
        assert (method.name, method.feedback, method.threshold) == (name, True, "half")
        assert (method.fewest_examples, method.augmented_positives, method.extractor_negatives) == (4, 5, 0)


def test_settings_change_the_method_and_its_training() -> None:
    changed = preset("mtl", ["batch-size-1a = 8", "balanced=FALSE", "vote=mean", "classifiers=3", "seed=7"])
    assert (changed.training.batch_size_1a, changed.training.balanced, changed.training.seed) == (8, False, 7)
    assert (changed.vote, changed.classifiers) == ("mean", 3)
    assert PRESETS["mtl"].classifiers == 1


@pytest.mark.parametrize(
    "setting",
    [
        "learning-rate=nan",
        "learning-rate=inf",
        "max-norm=inf",
        "weight-decay=-1",
        "warmup=1",
        "dropout=nan",
        "layer-decay=0",
        "adversarial-norm=inf",
        "extractor-negatives=nan",
        "extractor-negatives=inf",
        "extractor-negatives=-1",
        "epochs=2.5",
        "epochs=0",
        "seed=99999999999999999999",
        "seed=-1",
        "encoder=",
        "balanced=yes",
        "classifiers=2",
        "vote=lot",
        "fewest-examples=0",
        "augmented-positives=0",
        "max-tokens=7",
        "normalizer=magic",
        "languages=English",
        "languages=",
        "languages=*",
        "retriever-temperature=0",
        "retriever-layers=2.5",
    ],
)
def test_a_value_out_of_range_is_an_error_that_names_its_key(setting: str) -> None:
    with pytest.raises(RunError, match=setting.partition("=")[0]):
        preset("full", [setting])


def test_the_papers_normalizer_is_the_classifier_and_the_retriever_has_its_own_settings() -> None:
    assert {PRESETS[name].normalizer for name in PAPER} == {"classifier"}
    changed = preset(
        "full", ["normalizer=hybrid", "retriever-epochs=7", "retriever-context=true", "epochs=2"]
    )
    assert (changed.normalizer, changed.retriever.epochs, changed.training.epochs) == ("hybrid", 7, 2)
    assert changed.retriever.context


def test_the_texts_are_english_unless_other_languages_are_named() -> None:
    assert {method.languages for method in PRESETS.values()} == {("en",)}
    assert preset("mtl", ["languages=es, en-GB"]).languages == ("en", "es")


@pytest.mark.parametrize("setting", ["name=mine", "retriever=1", "training=1", "colour=red", "epochs", "=3"])
def test_an_unknown_setting_is_an_error_that_lists_all(setting: str) -> None:
    with pytest.raises(RunError, match="learning-rate"):
        preset("mtl", [setting])


def test_a_misspelt_setting_is_an_error_that_suggests_the_right_one() -> None:
    with pytest.raises(RunError, match="learning-rate"):
        preset("mtl", ["lerning-rate=1e-4"])
    with pytest.raises(RunError, match=r"epoch=2.*epochs\?"):
        preset("mtl", ["epoch=2"])
    with pytest.raises(RunError, match="KEY=VALUE"):
        preset("mtl", ["epochs"])
