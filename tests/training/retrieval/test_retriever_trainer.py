"""The retriever learns, resumes after a kill to the same weights, and nothing else changes."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.encoder import TweetTokenizer
from models.network import MultiTaskNetwork
from models.normalizer import Names
from training.errors import RunError
from training.examples import CodedPhrase
from training.loop.callbacks import NullCallback
from training.retrieval.retriever_config import RetrieverConfig
from training.retrieval.retriever_trainer import TrainedRetriever, train_retriever
from training.retrieval.vectors import accuracy_at

CONFIG = RetrieverConfig(layers=1, epochs=3, batch_size=4, learning_rate=5e-3, hard_negatives=1)


class _KilledError(Exception):
    pass


class _Recorder(NullCallback):
    def __init__(self, kill_after: int | None = None) -> None:
        self.epochs: list[int] = []
        self.figures: list[Mapping[str, Any]] = []
        self._kill_after = kill_after

    def on_epoch_start(self, epoch: int, steps: int) -> None:
        if len(self.epochs) == self._kill_after:
            raise _KilledError
        self.epochs.append(epoch + 1)

    def on_epoch_end(self, figures: Mapping[str, Any]) -> None:
        self.figures.append(figures)


@pytest.fixture
def train(
    network: MultiTaskNetwork,
    tokenizer: TweetTokenizer,
    names: Names,
    phrases: list[CodedPhrase],
    tmp_path: Path,
) -> Any:
    def start(other: MultiTaskNetwork | None = None, **changes: Any) -> TrainedRetriever:
        arguments = {"phrases": phrases, "config": CONFIG, "folder": tmp_path / "run", "names": names}
        arguments |= changes
        return train_retriever(other or network, tokenizer, **arguments)

    return start


def test_phrases_move_near_the_names_of_their_pts(
    train: Any, network: MultiTaskNetwork, phrases: list[CodedPhrase]
) -> None:
    before = deepcopy(network.state_dict())
    config = RetrieverConfig(layers=1, epochs=12, batch_size=6, learning_rate=1e-2, misspelt=0.0)
    callback = _Recorder()
    trained = train(config=config, held_out=phrases, callback=callback)
    first, last = callback.figures[0], callback.figures[-1]
    assert last["losses"]["1c"] < first["losses"]["1c"] / 2
    assert trained.history[trained.best_epoch - 1]["accuracy"]["1"] > 0.7
    assert trained.queries == len(phrases)
    assert not network.training
    changed = {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed
    assert all(name.startswith("retriever.") for name in changed)


def test_the_weights_are_those_of_the_best_epoch(
    train: Any, network: MultiTaskNetwork, phrases: list[CodedPhrase]
) -> None:
    trained = train(held_out=phrases[:3])
    scores = [figures["accuracy"]["1"] for figures in trained.history]
    assert trained.best_epoch == 1 + scores.index(max(scores))


def test_a_killed_training_resumes_to_the_same_weights(
    train: Any, network: MultiTaskNetwork, tmp_path: Path
) -> None:
    other = deepcopy(network)
    uninterrupted = train(folder=tmp_path / "uninterrupted")
    copy = deepcopy(other)
    with pytest.raises(_KilledError):
        train(other, callback=_Recorder(kill_after=1))
    resumed = _Recorder()
    assert train(copy, callback=resumed).to_json() == uninterrupted.to_json()
    assert resumed.epochs == [2, 3]
    assert network.retriever is not None
    assert copy.retriever is not None
    resumed_weights = copy.retriever.state_dict()
    assert all(
        torch.equal(tensor, resumed_weights[name]) for name, tensor in network.retriever.state_dict().items()
    )


def test_a_finished_training_is_repeated_only_with_fresh(train: Any, network: MultiTaskNetwork) -> None:
    again, restarted = deepcopy(network), deepcopy(network)
    train()
    recorder = _Recorder()
    train(again, callback=recorder)
    assert recorder.epochs == []
    train(restarted, callback=recorder, fresh=True)
    assert recorder.epochs == [1, 2, 3]


def test_another_training_in_the_folder_is_refused(
    train: Any, network: MultiTaskNetwork, phrases: list[CodedPhrase]
) -> None:
    untrained = deepcopy(network)
    train()
    for changes in ({"seed": 2}, {"phrases": phrases[1:]}, {"held_out": phrases[:1]}):
        with pytest.raises(RunError, match="--fresh"):
            train(untrained, **changes)


def test_the_context_is_read_if_the_settings_say_so(
    train: Any, network: MultiTaskNetwork, phrases: list[CodedPhrase]
) -> None:
    texts = [CodedPhrase(phrase.text, phrase.ptid, f"zoloft gives me {phrase.text}") for phrase in phrases]
    other = deepcopy(network)
    alone = train(phrases=texts)
    config = RetrieverConfig(**{**CONFIG.__dict__, "context": True})
    with_texts = train(other, phrases=texts, config=config, fresh=True)
    assert alone.history[0]["losses"] != with_texts.history[0]["losses"]


def test_nothing_to_learn_from_is_an_error_with_what_to_do(train: Any, names: Names) -> None:
    pt_rows = [row for row in range(len(names)) if row in set(names.starts.tolist())]
    single = Names(names.concepts, tuple(names.names[row] for row in pt_rows), np.arange(len(pt_rows)))
    with pytest.raises(RunError, match="--terminology"):
        train(phrases=[CodedPhrase("ouch", "1")], names=single)


def test_a_retriever_with_another_number_of_layers_is_refused(train: Any) -> None:
    with pytest.raises(ValueError, match="2"):
        train(config=RetrieverConfig(layers=2))


def test_accuracy_counts_concepts_and_not_names(names: Names) -> None:
    vectors = torch.eye(len(names))
    nauseous = names.names.index("Nauseous")
    query = torch.zeros(2, len(names))
    query[0, nauseous], query[0, names.names.index("Dizzy")] = 0.9, 0.5
    query[1] = query[0]
    nausea = int(names.owners[nauseous])
    other = int(names.owners[names.names.index("Dizzy")])
    assert accuracy_at(query, vectors, np.array([nausea, other]), names) == {"1": 0.5, "5": 1.0}


@pytest.mark.parametrize(
    "setting", ["layers=0", "temperature=0", "misspelt=1", "warmup=nan", "layer_decay=2"]
)
def test_settings_out_of_range_are_refused_by_name(setting: str) -> None:
    name, _, value = setting.partition("=")
    with pytest.raises(RunError, match=f"retriever-{name.replace('_', '-')}"):
        RetrieverConfig(**{name: float(value)})  # type: ignore[arg-type]


def test_dropout_is_active_during_the_steps_and_inactive_in_the_validation(
    train: Any, network: MultiTaskNetwork, phrases: list[CodedPhrase], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert network.retriever is not None
    modes: dict[bool, set[bool]] = {True: set(), False: set()}
    forward = type(network.retriever).forward

    def recorded(self: Any, *tensors: torch.Tensor) -> torch.Tensor:
        dropouts = [module for module in self.modules() if isinstance(module, torch.nn.Dropout)]
        assert {module.p for module in dropouts} == {0.3}
        modes[torch.is_grad_enabled()] |= {module.training for module in dropouts}
        return forward(self, *tensors)

    monkeypatch.setattr(type(network.retriever), "forward", recorded)
    train(config=RetrieverConfig(**{**CONFIG.__dict__, "dropout": 0.3}), held_out=phrases)
    assert modes == {True: {True}, False: {False}}  # with gradients in the steps, without in searches
    assert not any(module.training for module in network.retriever.modules())
