"""From texts to a bundle whose Normalizer searches names, with and without a MedDRA release."""

import json
from pathlib import Path

import pytest

from models import ServingOptions, load_bundle, load_scorer
from models.terminology import Llt, Terminology
from tests.training.tiny_methods import NAMES, Recorder, corpus, tiny_method, training_run
from training.errors import RunError
from training.examples import TrainingData
from training.methods.method import TrainedBundle, train_method

SETTINGS = ("normalizer=hybrid", "retriever-epochs=2", "retriever-layers=1", "retriever-learning-rate=5e-3")
UNSEEN = ("90000005", "Rash")


def release() -> Terminology:
    """Return the four PTs of the corpus with an LLT each, and a PT that no text has."""
    names = {**NAMES, UNSEEN[0]: UNSEEN[1]}
    llts = [Llt(ptid, name, ptid) for ptid, name in names.items()]
    llts += [Llt(f"91{ptid[2:]}", f"Feeling of {name.lower()}", ptid) for ptid, name in names.items()]
    return Terminology(names, tuple(llts), version="27.0")


def build(
    folder: Path,
    encoder: Path,
    *settings: str,
    terminology: Terminology | None = None,
    callback: Recorder | None = None,
    preset: str = "mtl",
    include_terminology: bool = False,
    data: TrainingData | None = None,
) -> TrainedBundle:
    data = data or corpus()
    return train_method(
        tiny_method(preset, encoder, *SETTINGS, *settings),
        TrainingData(data.train, data.valid, terminology.pt_names if terminology else {}, terminology),
        out=folder / "bundle",
        run=training_run(folder, callback),
        command="ade-train train",
        include_terminology=include_terminology,
        overwrite=True,
    )


def test_without_a_release_the_names_of_the_labels_are_searched(tiny_encoder: Path, tmp_path: Path) -> None:
    outcome = build(tmp_path, tiny_encoder)
    bundle = load_bundle(tmp_path / "bundle")
    assert bundle.config.retrieval is not None
    assert (bundle.config.retrieval.choice, bundle.config.retrieval.release) == ("hybrid", None)
    assert bundle.dictionary is not None
    assert bundle.dictionary.index.names.names == tuple(label.pt_name for label in bundle.labels.classes)
    assert len(outcome.metrics["retrieval"]["retriever"]["epochs"]) == 2
    assert set(outcome.metrics["retrieval"]["fusions"]) == {"retrieval", "hybrid"}


def test_a_release_is_learned_from_but_put_into_the_bundle_only_on_request(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    build(tmp_path, tiny_encoder, terminology=release())
    bundle = load_bundle(tmp_path / "bundle")
    assert bundle.config.retrieval is not None
    assert bundle.config.retrieval.release is None
    assert not (tmp_path / "bundle" / "terminology.json.gz").exists()
    build(tmp_path, tiny_encoder, terminology=release(), include_terminology=True)
    bundle = load_bundle(tmp_path / "bundle")
    assert bundle.config.retrieval is not None
    assert bundle.config.retrieval.release == "27.0"
    assert bundle.dictionary is not None
    assert UNSEEN[1] in bundle.dictionary.index.names.names


def test_a_bundle_is_evaluated_with_the_normalizer_that_it_chooses(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    from training.evaluation import evaluate

    outcome = build(tmp_path, tiny_encoder, "epochs=4", terminology=release(), include_terminology=True)
    scorer = load_scorer(str(tmp_path / "bundle"), ServingOptions(device="cpu"))
    config = json.loads((tmp_path / "bundle" / "config.json").read_text())
    assert config["retrieval"]["fusions"]["hybrid"]["threshold"] > 0
    scores = evaluate(scorer, corpus().valid).to_json()
    assert scores["1a"]["f1"] == pytest.approx(outcome.metrics["validation"]["1a"]["f1"], abs=0.02)


def test_a_finished_retriever_is_not_trained_again(tiny_encoder: Path, tmp_path: Path) -> None:
    first, second = Recorder(), Recorder()
    version = build(tmp_path, tiny_encoder, callback=first).version
    assert [epoch for epoch in first.epochs if epoch[0] == "retriever"] == [
        ("retriever", 1),
        ("retriever", 2),
    ]
    assert build(tmp_path, tiny_encoder, callback=second).version == version
    assert second.epochs == []


@pytest.mark.slow
def test_an_ensemble_can_have_a_retriever(tiny_encoder: Path, tmp_path: Path) -> None:
    build(tmp_path, tiny_encoder, "epochs=1", preset="boosting-ensemble")
    network = load_bundle(tmp_path / "bundle").network
    assert (network.classifiers, network.retriever_layers) == (3, 1)


def test_a_retriever_with_too_many_layers_is_cut_with_a_message(tiny_encoder: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    build(tmp_path, tiny_encoder, "retriever-layers=3", callback=recorder)
    assert load_bundle(tmp_path / "bundle").network.retriever_layers == 1
    assert any("retriever has 1 layers" in message for message in recorder.messages)
    with pytest.raises(RunError, match="frozen-layers"):
        build(tmp_path / "frozen", tiny_encoder, "frozen-layers=3")


def test_a_corpus_without_codes_has_no_retriever(tiny_encoder: Path, tmp_path: Path) -> None:
    build(tmp_path, tiny_encoder, data=corpus(coded=False))
    bundle = load_bundle(tmp_path / "bundle")
    assert (bundle.config.retrieval, bundle.network.retriever_layers) == (None, 0)


def test_validation_without_codes_keeps_the_weights_set_by_hand(tiny_encoder: Path, tmp_path: Path) -> None:
    from models.normalizer import BY_HAND

    recorder = Recorder()
    data = TrainingData(corpus().train, corpus(coded=False).valid)
    build(tmp_path, tiny_encoder, data=data, callback=recorder)
    retrieval = load_bundle(tmp_path / "bundle").config.retrieval
    assert retrieval is not None
    assert retrieval.fusions == dict(BY_HAND)
    assert any("by hand" in message for message in recorder.messages)
