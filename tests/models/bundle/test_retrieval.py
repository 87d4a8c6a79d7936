"""Bundles with a retriever: what they contain, and the choice of a Normalizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
import torch

from models import BundleError, Pipeline, Problem, ServingOptions, load_bundle, load_scorer
from models.bundle import Dictionary, Thresholds, count_names, read_config, revise_bundle
from models.normalizer import Labels, NameIndex
from models.options import NormalizerChoice
from models.scoring import packaged_bundles, require_bundle
from tests.tiny import LABELS, POSITIVE, Trained, save_tiny
from tests.tiny_retrieval import FUSION, RETRIEVAL, dictionary_of, save_tiny_hybrid


def test_a_bundle_with_retrieval_has_format_3_and_loads_with_the_same_content(
    hybrid: Path, with_retriever: Trained
) -> None:
    loaded = load_bundle(hybrid)
    assert loaded.config.format_version == 3
    assert loaded.config.retrieval == RETRIEVAL
    dictionary = dictionary_of(with_retriever)
    assert loaded.dictionary is not None
    assert loaded.dictionary.terminology is None
    assert loaded.dictionary.index.names.names == dictionary.index.names.names
    vectors = loaded.dictionary.index.vectors
    assert vectors.dtype == torch.float16
    torch.testing.assert_close(vectors.float(), dictionary.index.vectors, atol=1e-3, rtol=0)
    for name, tensor in with_retriever.network.trained_state().items():
        torch.testing.assert_close(loaded.network.state_dict()[name], tensor, atol=1e-3, rtol=1e-3)


def test_a_bundle_without_retrieval_keeps_format_1(trained: Trained, tmp_path: Path) -> None:
    document = json.loads((save_tiny(tmp_path / "b", trained) / "config.json").read_bytes())
    assert document["format_version"] == 1
    assert "retrieval" not in document
    assert read_config(tmp_path / "b").choice == "classifier"


def test_an_older_bundle_keeps_its_version() -> None:
    """Its version is a hash of its config as it stands on the disk, without sections of later formats."""
    folder = packaged_bundles()["default"]
    config = read_config(folder)
    assert json.loads(config.to_json()) == json.loads((folder / "config.json").read_bytes())


def test_choosing_a_normalizer_changes_only_the_version_and_the_codes(hybrid: Path) -> None:
    choices = get_args(NormalizerChoice)
    pipelines = {choice: Pipeline.from_bundle(hybrid, device="cpu", normalizer=choice) for choice in choices}
    assert len({pipeline.version for pipeline in pipelines.values()}) == 3
    default = Pipeline.from_bundle(hybrid, device="cpu")
    assert default.version == pipelines["hybrid"].version == load_bundle(hybrid).version
    predictions = {choice: pipeline.score(POSITIVE) for choice, pipeline in pipelines.items()}
    for chosen in predictions.values():
        for left, right in zip(chosen, predictions["hybrid"], strict=True):
            assert (left.label, left.probability) == (right.label, right.probability)
            assert [(m.start, m.end) for m in left.mentions] == [(m.start, m.end) for m in right.mentions]
            assert left.mentions
    assert default.score(POSITIVE) == predictions["hybrid"]
    revised = revise_bundle(hybrid, choice="classifier")
    assert revised == pipelines["classifier"].version == Pipeline.from_bundle(hybrid).version
    assert Pipeline.from_bundle(hybrid, device="cpu").score(POSITIVE) == predictions["classifier"]


def test_a_mention_below_the_threshold_has_no_code_but_candidates(
    hybrid: Path,
) -> None:
    thresholds = Thresholds(classifier=0.5, normalizer=1.0)
    strict = Pipeline.of(load_bundle(hybrid), thresholds=thresholds).score(POSITIVE)
    mentions = [mention for prediction in strict for mention in prediction.mentions]
    assert mentions
    assert {mention.ptid for mention in mentions} == {None}
    assert all(mention.runners_up for mention in mentions)


def test_each_fusion_has_a_threshold_of_its_own(with_retriever: Trained, tmp_path: Path) -> None:
    fusions = {
        "retrieval": FUSION.model_copy(update={"threshold": 1.0}),
        "hybrid": FUSION.model_copy(update={"threshold": 0.0}),
    }
    retrieval = RETRIEVAL.model_copy(update={"fusions": fusions})
    bundle = load_bundle(save_tiny_hybrid(tmp_path / "b", with_retriever, retrieval=retrieval))
    codes = {
        choice: {
            mention.ptid
            for prediction in Pipeline.of(bundle, normalizer=choice).score(POSITIVE)
            for mention in prediction.mentions
        }
        for choice in ("retrieval", "hybrid")
    }
    assert codes["retrieval"] == {None}
    assert None not in codes["hybrid"]


def test_a_normalizer_that_the_bundle_lacks_is_refused(tiny_bundle: Path, bundle_copy: Path) -> None:
    for choose in (
        lambda: Pipeline.from_bundle(tiny_bundle, device="cpu", normalizer="hybrid"),
        lambda: load_scorer(str(tiny_bundle), ServingOptions(device="cpu", normalizer="retrieval")),
        lambda: require_bundle(str(tiny_bundle), "hybrid"),
        lambda: revise_bundle(bundle_copy, choice="hybrid"),
    ):
        with pytest.raises(BundleError, match="needs a retriever") as caught:
            choose()
        assert caught.value.problem is Problem.NORMALIZER_NEEDS_RETRIEVER
    assert (
        load_scorer(str(tiny_bundle), ServingOptions(device="cpu", normalizer="classifier")).version
        == load_bundle(tiny_bundle).version
    )
    require_bundle(str(tiny_bundle), "classifier")


def test_parts_that_do_not_fit_are_not_saved(
    trained: Trained, with_retriever: Trained, tmp_path: Path
) -> None:
    dictionary = dictionary_of(with_retriever)
    two_layers = RETRIEVAL.model_copy(update={"layers": 2})
    for network, changes in (
        (trained, {"retrieval": RETRIEVAL, "dictionary": dictionary}),
        (with_retriever, {}),
        (with_retriever, {"retrieval": RETRIEVAL}),
        (with_retriever, {"retrieval": two_layers, "dictionary": dictionary}),
    ):
        with pytest.raises(BundleError, match="fit together"):
            save_tiny(tmp_path / "b", network, **changes)
    others = Labels.of([(str(number), f"PT {number}") for number in range(4)])
    with pytest.raises(BundleError, match="labels"):
        save_tiny(tmp_path / "b", with_retriever, retrieval=RETRIEVAL, dictionary=dictionary, labels=others)
    assert not (tmp_path / "b").exists()


def test_the_searched_names_are_counted_without_their_vectors(hybrid: Path) -> None:
    assert count_names(hybrid) == len(LABELS)
    (hybrid / "names.safetensors").write_bytes(b"damaged")
    with pytest.raises(BundleError, match=r"names\.safetensors"):
        count_names(hybrid)


def test_vectors_that_are_not_finite_in_half_precision_are_not_saved(
    with_retriever: Trained, tmp_path: Path
) -> None:
    index = dictionary_of(with_retriever).index
    dictionary = Dictionary(NameIndex(index.names, index.vectors * 1e6))
    with pytest.raises(BundleError, match="not finite"):
        save_tiny(tmp_path / "b", with_retriever, retrieval=RETRIEVAL, dictionary=dictionary)
