"""Training that starts from a bundle: what is taken, what is stored, and what is refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from models import BundleError, load_bundle
from models.bundle import read_config
from tests.families import write_family
from tests.tiny import EFFECTS, make_tiny_bundle
from tests.training.tiny_methods import (
    SLOW,
    Recorder,
    build,
    corpus,
    method_from,
    positive,
    tiny_method,
    train_from,
    training_run,
)
from training.errors import RunError
from training.examples import AnnotatedSpan, Example, TrainingData
from training.methods import effective_method, train_method
from training.methods.start import open_start


@pytest.fixture(scope="module")
def start(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with a retriever, all of whose layers are trained; it carries its embeddings."""
    folder = tmp_path_factory.mktemp("start")
    build(folder, "full", tiny_encoder, "normalizer=hybrid", "retriever-layers=1", "epochs=4")
    return folder / "full"


@pytest.fixture(scope="module")
def compact_start(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with adapters on its two upper layers."""
    folder = tmp_path_factory.mktemp("start")
    settings = ("lora-rank=2", "frozen-layers=1", "normalizer=hybrid", "retriever-layers=1")
    build(folder, "full", tiny_encoder, *settings)
    return folder / "full"


def whole_encoder(folder: Path) -> dict[str, torch.Tensor]:
    """Return the weights of all layers of a bundle, by the names in BERT."""
    bundle = open_start(replace(tiny_method("mtl", folder), start_from=str(folder)))
    assert bundle is not None
    return bundle.encoder.model.state_dict()


@pytest.mark.parametrize(
    "preset",
    [
        "mtl",
        "full",
        pytest.param("boosting-ensemble", marks=pytest.mark.slow),
        pytest.param("enhanced-normalizer", marks=pytest.mark.slow),
    ],
)
def test_every_preset_starts_from_the_layers_and_heads_of_a_bundle(
    preset: str, start: Path, tmp_path: Path
) -> None:
    outcome = train_from(start, tmp_path, preset, *SLOW)
    before, after = load_bundle(start), load_bundle(tmp_path / "bundle")
    expected = whole_encoder(start)
    for name, tensor in whole_encoder(tmp_path / "bundle").items():
        assert torch.allclose(tensor, expected[name], atol=1e-3), name
    for head in ("classifier", "extractor"):
        weight = f"{head}.weight"
        assert torch.allclose(after.weights.tensors[weight], before.weights.tensors[weight], atol=1e-3)
    assert after.labels == before.labels
    assert outcome.metrics["started_from"] == before.version
    assert f"starting from the bundle `{before.version}`" in (tmp_path / "bundle" / "README.md").read_text()


def test_frozen_layers_of_a_bundle_are_stored_once_and_the_encoder_keeps_its_name(
    start: Path, tmp_path: Path
) -> None:
    train_from(start, tmp_path, "mtl", *SLOW, "normalizer=classifier")
    config, stored = read_config(tmp_path / "bundle"), load_file(tmp_path / "bundle" / "model.safetensors")
    assert (config.frozen_layers, config.encoder_layers, config.encoder) == (2, 0, read_config(start).encoder)
    layers = {".".join(name.split(".")[:2]) for name in stored if name.startswith(("trunk.", "shared."))}
    assert layers == {"trunk.0", "trunk.1", "shared.0"}
    embeddings = load_file(tmp_path / "bundle" / "trunk.safetensors")
    assert not any(name.startswith("encoder.layer") for name in embeddings)
    before = load_file(start / "model.safetensors")
    assert torch.equal(stored["trunk.1.output.dense.weight"], before["shared.1.output.dense.weight"])


def test_a_bundle_of_a_bundle_of_a_bundle(start: Path, tmp_path: Path) -> None:
    train_from(start, tmp_path / "2", "mtl", *SLOW)
    train_from(tmp_path / "2" / "bundle", tmp_path / "3", "full", *SLOW)
    config = read_config(tmp_path / "3" / "bundle")
    assert (config.frozen_layers, config.encoder_layers, config.trunk_digest) == (
        0,
        None,
        read_config(start).trunk_digest,
    )
    load_bundle(tmp_path / "3" / "bundle")


def test_the_frozen_states_are_kept(start: Path, tmp_path: Path) -> None:
    method = method_from(start, "mtl", "epochs=2", "normalizer=classifier")
    trained = {}
    for keep in ("memory", "none"):
        from training.loop import KeptStates

        run = replace(training_run(tmp_path / keep), states=KeptStates(keep))
        train_method(method, corpus(), out=tmp_path / keep / "bundle", run=run, command="")
        trained[keep] = load_bundle(tmp_path / keep / "bundle").weights.tensors
    for name, tensor in trained["memory"].items():
        assert torch.allclose(tensor, trained["none"][name], atol=1e-2), name


def test_known_classes_keep_their_rows_and_new_ones_are_added(start: Path, tmp_path: Path) -> None:
    text = "so my hair falls out"
    bald = [
        Example(f"{n}", f"{text} {n}", 1, (AnnotatedSpan(6, len(text), "80000001", "Alopecia"),))
        for n in range(4)
    ]
    data = TrainingData([*bald, positive("so", "dizzy"), *corpus().train[-9:]], corpus().valid)
    recorder = Recorder()
    train_from(start, tmp_path, "full", *SLOW, data=data, callback=recorder)
    before, after = load_bundle(start), load_bundle(tmp_path / "bundle")
    assert [label.ptid for label in after.labels.classes] == ["80000001", *(c for c, _ in EFFECTS.values())]
    rows = after.weights.tensors["normalizer.weight"]
    assert torch.allclose(rows[1:], before.weights.tensors["normalizer.weight"], atol=1e-3)
    assert any("1 of the Normalizer's 5 classes start untrained" in text for text in recorder.messages)
    train_from(start, tmp_path / "own", "full", *SLOW, "keep-labels=false", data=data)
    assert len(load_bundle(tmp_path / "own" / "bundle").labels) == 2


def test_a_normalizer_that_reads_something_else_starts_untrained(start: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    train_from(start, tmp_path, "mtl", *SLOW, "pooling=cls", callback=recorder)
    assert any("pooling=mean" in text for text in recorder.messages)
    before, after = load_bundle(start), load_bundle(tmp_path / "bundle")
    name = "normalizer.weight"
    assert not torch.allclose(after.weights.tensors[name], before.weights.tensors[name], atol=1e-2)


def test_texts_without_spans_leave_extractor_normalizer_and_retriever_as_they_are(
    start: Path, tmp_path: Path
) -> None:
    plain = TrainingData(*([replace(e, spans=()) for e in part] for part in (corpus().train, corpus().valid)))
    recorder = Recorder()
    train_from(start, tmp_path, "full", *SLOW, data=plain, callback=recorder)
    before, after = load_bundle(start), load_bundle(tmp_path / "bundle")
    assert after.config.options.feedback
    assert after.config.retrieval == before.config.retrieval
    for name in ("extractor.weight", "normalizer.weight", "retriever.layers.0.output.dense.weight"):
        assert torch.equal(after.weights.tensors[name], before.weights.tensors[name]), name
    kept = [text for text in recorder.messages if "is that of" in text or "are those of" in text]
    assert len(kept) == 2  # of the heads, and of the retriever


def test_the_settings_of_the_heads_are_those_of_the_bundle_unless_given(start: Path) -> None:
    method = method_from(start, "mtl")
    assert (method.training.pooling, method.normalizer, method.retriever.layers) == ("mean", "hybrid", 1)
    assert method.training.encoder == read_config(start).encoder
    method = method_from(start, "mtl", "pooling=cls", "normalizer=classifier")
    assert (method.training.pooling, method.normalizer) == ("cls", "classifier")


def test_adapters_on_a_bundle_with_adapters_stay_adapters(compact_start: Path, tmp_path: Path) -> None:
    train_from(compact_start, tmp_path, "mtl", "lora-rank=3", "epochs=2")
    before, config = read_config(compact_start), read_config(tmp_path / "bundle")
    assert config.adapters is not None
    assert (config.adapters.rank, config.encoder_layers, config.frozen_layers) == (5, 1, 2)
    assert (config.trunk_digest, config.encoder) == (before.trunk_digest, before.encoder)
    stored = load_file(tmp_path / "bundle" / "model.safetensors")
    ranks = {name: len(t) for name, t in stored.items() if name.endswith("output.dense.lora_A")}
    assert ranks["trunk.1.output.dense.lora_A"] == 2  # frozen, with the adapter of the start
    assert ranks["shared.0.output.dense.lora_A"] == ranks["retriever.layers.0.output.dense.lora_A"] == 5


def test_a_frozen_layer_with_adapters_is_what_it_was(compact_start: Path, tmp_path: Path) -> None:
    train_from(compact_start, tmp_path, "mtl", *SLOW, "lora-rank=3")
    expected = whole_encoder(compact_start)
    for name, tensor in whole_encoder(tmp_path / "bundle").items():
        assert torch.allclose(tensor, expected[name], atol=2e-3), name


@pytest.mark.parametrize("settings", [(), ("lora-rank=2",)])
def test_whole_layers_are_stored_where_the_start_or_the_training_has_them(
    settings: tuple[str, ...], start: Path, compact_start: Path, tmp_path: Path
) -> None:
    train_from(start if settings else compact_start, tmp_path, "full", *SLOW, *settings)
    assert read_config(tmp_path / "bundle").adapters is None
    load_bundle(tmp_path / "bundle")


def test_an_mpnet_is_started_from_too(tmp_path: Path) -> None:
    encoder = write_family(tmp_path / "encoder", "mpnet")
    build(tmp_path, "mtl", encoder, "lora-rank=2", "epochs=1")
    train_from(tmp_path / "mtl", tmp_path / "further", "mtl", *SLOW, "lora-rank=2")
    expected = whole_encoder(tmp_path / "mtl")
    for name, tensor in whole_encoder(tmp_path / "further" / "bundle").items():
        assert torch.allclose(tensor, expected[name], atol=2e-3), name


def test_a_run_of_another_start_is_refused_and_a_finished_one_is_not_repeated(
    start: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(start, tmp_path / "start"))
    settings = ("epochs=1", "normalizer=classifier")
    run = replace(training_run(tmp_path), networks=tmp_path / "run" / "networks")
    arguments = {"out": tmp_path / "bundle", "run": run, "command": ""}
    first = train_method(method_from(copy, "mtl", *settings), corpus(), **arguments)
    assert train_method(method_from(copy, "mtl", *settings), corpus(), **arguments).version == first.version
    shutil.rmtree(copy)
    build_folder = tmp_path / "other"
    make_tiny_bundle(build_folder)
    shutil.copytree(build_folder, copy)
    with pytest.raises(RunError, match="start from"):
        train_method(method_from(copy, "mtl", *settings), corpus(), **arguments)


def test_what_cannot_be_started_from_is_refused(start: Path, tmp_path: Path) -> None:
    device = torch.device("cpu")
    with pytest.raises(RunError, match="--encoder or --start-from"):
        effective_method("mtl", ["encoder=somewhere"], device=device, start_from=str(start))
    with pytest.raises(BundleError, match="nowhere"):
        effective_method("mtl", [], device=device, start_from="nowhere")
    with pytest.raises(RunError, match="no weights"):
        effective_method("mtl", [], device=device, start_from="dummy")
    arguments = {"out": start, "run": training_run(tmp_path), "command": "", "overwrite": True}
    with pytest.raises(RunError, match="starts from"):
        train_method(method_from(start, "mtl", *SLOW), corpus(), **arguments)
    quantized = Path(shutil.copytree(start, tmp_path / "quantized"))
    path = quantized / "config.json"
    config = json.loads(path.read_text())
    scores = {"1a": 1, "1b": 1}
    config["quantization"] = {"texts": 1, "judged_on": 1, "before": scores, "after": scores}
    config["files"] |= {"body.xml": "0" * 64, "body.bin": "0" * 64}
    config["format_version"] = max(4, config["format_version"])
    path.write_text(json.dumps(config))
    with pytest.raises(RunError, match="quantized"):
        effective_method("mtl", [], device=device, start_from=str(quantized))


def test_adapters_need_a_layer_that_is_not_frozen(start: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="frozen-layers=-1"):
        train_from(start, tmp_path, "mtl", "lora-rank=2", "frozen-layers=3", "normalizer=classifier")
