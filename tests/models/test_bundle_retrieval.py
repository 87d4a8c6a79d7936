"""Bundles with a retriever: what they carry, which Normalizer they choose, and another release for them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from safetensors.torch import load_file

from models import BundleError, Pipeline, load_bundle, load_scorer
from models.assembly import span_reader
from models.bundle import BundleConfig, Retrieval, Thresholds, revise_bundle
from models.bundle.files import read_config
from models.bundle.set_terminology import set_terminology
from models.catalog import packaged_bundles, require_bundle
from models.normalizer.choice import Choice
from models.terminology import Llt, Terminology
from tests.tiny import POSITIVE, Trained, save_tiny, write_checkpoint
from tests.tiny_retrieval import FUSION, RETRIEVAL, dictionary_of, save_tiny_hybrid, train_tiny_retriever

RELEASE = Terminology(
    {"90000001": "Nausea", "90000004": "Dizziness", "90000003": "Insomnia", "5": "Dry mouth"},
    (Llt("90000002", "Headache", "90000001", True), Llt("51", "Mouth is dry", "5", True)),
    version="99.0",
)


@pytest.fixture(scope="module")
def with_retriever(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train_tiny_retriever(write_checkpoint(tmp_path_factory.mktemp("checkpoint") / "encoder"))


@pytest.fixture(scope="module")
def _hybrid(with_retriever: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_hybrid(tmp_path_factory.mktemp("bundles") / "hybrid", with_retriever)


@pytest.fixture
def hybrid(_hybrid: Path, tmp_path: Path) -> Path:
    """A hybrid bundle over its labels, that a test may change."""
    return Path(shutil.copytree(_hybrid, tmp_path / "hybrid"))


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def with_release(bundle: Path, terminology: Terminology = RELEASE, out: Path | None = None) -> Any:
    loaded = load_bundle(bundle)
    return set_terminology(loaded, terminology, span_reader(loaded, torch.device("cpu")), out=out)


def test_a_bundle_with_retrieval_is_of_format_3_and_comes_back_as_it_was(
    hybrid: Path, with_retriever: Trained
) -> None:
    loaded = load_bundle(hybrid)
    assert loaded.config.format_version == 3
    assert loaded.config.retrieval == RETRIEVAL
    dictionary = dictionary_of(with_retriever)
    assert loaded.dictionary is not None
    assert loaded.dictionary.terminology is None
    assert loaded.dictionary.index.names.names == dictionary.index.names.names
    kept = loaded.dictionary.index.vectors
    assert kept.dtype == torch.float16
    torch.testing.assert_close(kept.float(), dictionary.index.vectors, atol=1e-3, rtol=0)
    for name, tensor in with_retriever.network.trained_state().items():
        torch.testing.assert_close(loaded.network.state_dict()[name], tensor, atol=1e-3, rtol=1e-3)


def test_a_bundle_without_retrieval_is_written_as_before(trained: Trained, tmp_path: Path) -> None:
    document = json.loads((save_tiny(tmp_path / "b", trained) / "config.json").read_bytes())
    assert document["format_version"] == 1
    assert "retrieval" not in document
    assert read_config(tmp_path / "b").choice == "classifier"


def test_the_version_of_a_bundle_of_before_is_what_it_was() -> None:
    """A hash of its config as it stands on the disk, without the parts that it does not know."""
    folder = packaged_bundles()["default"]
    config = read_config(folder)
    assert json.loads(config.to_json()) == json.loads((folder / "config.json").read_bytes())


def test_a_choice_at_run_time_changes_the_version_and_the_coding_alone(hybrid: Path) -> None:
    choices = get_args(Choice)
    pipelines = {choice: Pipeline.from_bundle(hybrid, device="cpu", normalizer=choice) for choice in choices}
    assert len({pipeline.version for pipeline in pipelines.values()}) == 3
    own = Pipeline.from_bundle(hybrid, device="cpu")
    assert own.version == pipelines["hybrid"].version == load_bundle(hybrid).version
    said = {choice: pipeline.score(POSITIVE) for choice, pipeline in pipelines.items()}
    for predictions in said.values():
        for left, right in zip(predictions, said["hybrid"], strict=True):
            assert (left.label, left.probability) == (right.label, right.probability)
            assert [(m.start, m.end) for m in left.mentions] == [(m.start, m.end) for m in right.mentions]
            assert left.mentions
    assert own.score(POSITIVE) == said["hybrid"]
    revised = revise_bundle(hybrid, choice="classifier")
    assert revised == pipelines["classifier"].version == Pipeline.from_bundle(hybrid).version
    assert Pipeline.from_bundle(hybrid, device="cpu").score(POSITIVE) == said["classifier"]


def test_below_the_threshold_a_mention_stays_without_a_code_but_with_candidates(
    hybrid: Path,
) -> None:
    thresholds = Thresholds(classifier=0.5, normalizer=1.0)
    strict = Pipeline.of(load_bundle(hybrid), thresholds=thresholds).score(POSITIVE)
    mentions = [mention for one in strict for mention in one.mentions]
    assert mentions
    assert {mention.ptid for mention in mentions} == {None}
    assert all(mention.runners_up for mention in mentions)


def test_each_choice_believes_from_a_threshold_of_its_own(with_retriever: Trained, tmp_path: Path) -> None:
    fusions = {
        "retrieval": FUSION.model_copy(update={"threshold": 1.0}),
        "hybrid": FUSION.model_copy(update={"threshold": 0.0}),
    }
    retrieval = RETRIEVAL.model_copy(update={"fusions": fusions})
    bundle = load_bundle(save_tiny_hybrid(tmp_path / "b", with_retriever, retrieval=retrieval))
    codes = {
        choice: {
            mention.ptid
            for said in Pipeline.of(bundle, normalizer=choice).score(POSITIVE)
            for mention in said.mentions
        }
        for choice in ("retrieval", "hybrid")
    }
    assert codes["retrieval"] == {None}
    assert None not in codes["hybrid"]


def test_a_choice_that_a_bundle_has_not_is_refused_with_the_mend(tiny_bundle: Path, own_bundle: Path) -> None:
    for ask in (
        lambda: Pipeline.from_bundle(tiny_bundle, device="cpu", normalizer="hybrid"),
        lambda: load_scorer(str(tiny_bundle), device="cpu", normalizer="retrieval"),
        lambda: require_bundle(str(tiny_bundle), "hybrid"),
        lambda: revise_bundle(own_bundle, choice="hybrid"),
    ):
        with pytest.raises(BundleError, match=r"retriever.*ADE_MODEL__NORMALIZER"):
            ask()
    assert (
        load_scorer(str(tiny_bundle), device="cpu", normalizer="classifier").version
        == load_bundle(tiny_bundle).version
    )
    require_bundle(str(tiny_bundle), "classifier")


def test_parts_that_do_not_fit_are_not_saved(
    trained: Trained, with_retriever: Trained, tmp_path: Path
) -> None:
    dictionary = dictionary_of(with_retriever)
    two_layers = RETRIEVAL.model_copy(update={"layers": 2})
    for given, changes in (
        (trained, {"retrieval": RETRIEVAL, "dictionary": dictionary}),
        (with_retriever, {}),
        (with_retriever, {"retrieval": RETRIEVAL}),
        (with_retriever, {"retrieval": two_layers, "dictionary": dictionary}),
    ):
        with pytest.raises(BundleError, match="fit together"):
            save_tiny(tmp_path / "b", given, **changes)
    from models.labels import Labels

    others = Labels.of([(str(number), f"PT {number}") for number in range(4)])
    with pytest.raises(BundleError, match="labels"):
        save_tiny(tmp_path / "b", with_retriever, retrieval=RETRIEVAL, dictionary=dictionary, labels=others)
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("name", ["names.safetensors", "terminology.json.gz"])
def test_a_changed_or_missing_file_is_named(hybrid: Path, name: str) -> None:
    with_release(hybrid)
    whole = (hybrid / name).read_bytes()
    (hybrid / name).write_bytes(whole[:-1])
    with pytest.raises(BundleError, match=name):
        load_bundle(hybrid)
    (hybrid / name).unlink()
    with pytest.raises(BundleError, match=name):
        load_bundle(hybrid)


def test_vectors_of_other_names_are_refused(hybrid: Path, tmp_path: Path) -> None:
    """Both files are whole, but of two dictionaries."""
    import hashlib

    with_release(hybrid, out=tmp_path / "other")
    data = (tmp_path / "other" / "names.safetensors").read_bytes()
    (hybrid / "names.safetensors").write_bytes(data)
    document = json.loads((hybrid / "config.json").read_bytes())
    document["files"]["names.safetensors"] = hashlib.sha256(data).hexdigest()
    (hybrid / "config.json").write_text(json.dumps(document))
    with pytest.raises(BundleError, match=r"names\.safetensors.*labels\.json"):
        load_bundle(hybrid)


@pytest.mark.parametrize(
    "change",
    [
        {"retrieval": {"layers": 9}},
        {"retrieval": {"release": "27.0"}},
        {"retrieval": {"fusions": {"hybrid": {"weights": {}, "nothing": 0}}}},
        {"retrieval": None},
        {"format_version": 2},
    ],
)
def test_a_config_that_contradicts_itself_is_refused(hybrid: Path, change: dict[str, Any]) -> None:
    document = json.loads((hybrid / "config.json").read_bytes())
    for key, value in change.items():
        document[key] = {**document[key], **value} if isinstance(value, dict) else value
    with pytest.raises(ValueError, match=r"Value error|Input should"):
        BundleConfig.model_validate(document)


def test_another_release_needs_no_training(hybrid: Path) -> None:
    before = content(hybrid)
    done = with_release(hybrid)
    after = content(hybrid)
    assert after.keys() == before.keys() | {"terminology.json.gz"}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"config.json", "names.safetensors", "README.md"}
    loaded = load_bundle(hybrid)
    assert (done.after, done.before != done.after) == (loaded.version, True)
    assert loaded.config.retrieval is not None
    assert loaded.config.retrieval.release == "99.0"
    assert load_file(hybrid / "names.safetensors")["vectors"].dtype == torch.float16
    assert loaded.dictionary is not None
    assert loaded.dictionary.terminology == RELEASE
    assert [label.pt_name for label in done.missing] == []
    assert [(old.pt_name, new.pt_name) for old, new in done.moved] == [("Headache", "Nausea")]


def test_labels_that_a_release_lacks_are_told(hybrid: Path) -> None:
    done = with_release(hybrid, Terminology({"90000001": "Nausea"}))
    assert [label.pt_name for label in done.missing] == ["Headache", "Insomnia", "Dizziness"]
    retrieval = read_config(hybrid).retrieval
    assert retrieval is not None
    assert retrieval.release == ""


def test_the_same_release_gives_the_same_version_and_a_later_one_takes_its_place(hybrid: Path) -> None:
    first = with_release(hybrid)
    assert with_release(hybrid).after == first.after
    assert with_release(hybrid, Terminology({"1": "Rash"})).after != first.after
    loaded = load_bundle(hybrid)
    assert loaded.dictionary is not None
    assert loaded.dictionary.index.names.names == ("Rash",)


def test_a_copy_leaves_the_bundle_as_it_was(hybrid: Path, tmp_path: Path) -> None:
    before = content(hybrid)
    with_release(hybrid, out=tmp_path / "copy")
    assert content(hybrid) == before
    assert load_bundle(tmp_path / "copy").version != load_bundle(hybrid).version
    with pytest.raises(BundleError, match="there already"):
        with_release(hybrid, out=tmp_path / "copy")


def test_ctrl_c_leaves_the_bundle_as_it_was(hybrid: Path) -> None:
    before = content(hybrid)
    loaded = load_bundle(hybrid)

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        set_terminology(loaded, RELEASE, span_reader(loaded, torch.device("cpu")), advance=stop)
    assert content(hybrid) == before
    assert [path.name for path in hybrid.parent.iterdir()] == ["hybrid"]


def test_a_bundle_that_another_has_changed_meanwhile_is_left_as_it_is(hybrid: Path) -> None:
    loaded = load_bundle(hybrid)
    revise_bundle(hybrid, choice="retrieval")
    before = content(hybrid)
    with pytest.raises(BundleError, match="changed"):
        set_terminology(loaded, RELEASE, span_reader(loaded, torch.device("cpu")))
    assert content(hybrid) == before


def test_a_place_that_cannot_be_written_to_is_told_before_any_name_is_embedded(
    hybrid: Path, tmp_path: Path
) -> None:
    loaded = load_bundle(hybrid)
    (tmp_path / "file").touch()
    embedded: list[int] = []
    for out in (tmp_path / "file" / "copy", hybrid / "copy"):
        with pytest.raises(BundleError, match="copy"):
            set_terminology(
                loaded, RELEASE, span_reader(loaded, torch.device("cpu")), out=out, advance=embedded.append
            )
    assert not embedded
    load_bundle(hybrid)


def test_a_full_disk_leaves_the_bundle_as_it_was(hybrid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import models.disk

    before, write = content(hybrid), models.disk._write

    def full(path: Path, data: bytes) -> None:
        if path.name == "names.safetensors":
            write(path, data[:100])
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr("models.disk._write", full)
    with pytest.raises(BundleError, match="No space left"):
        with_release(hybrid)
    assert content(hybrid) == before
    assert [path.name for path in hybrid.parent.iterdir()] == ["hybrid"]


def test_a_bundle_without_a_retriever_searches_nothing(own_bundle: Path) -> None:
    with pytest.raises(BundleError, match="no retriever"):
        with_release(own_bundle)


def test_both_fusions_are_needed() -> None:
    with pytest.raises(ValueError, match="both"):
        Retrieval(layers=1, fusions={"hybrid": RETRIEVAL.fusions["hybrid"]})
