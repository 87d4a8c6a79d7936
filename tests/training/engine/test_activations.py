from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.network import MultiTaskNetwork
from models.tokenization import TokenBatch
from tests.tiny import write_checkpoint
from tests.training.engine.tiny_training import CONFIG, STEADY, farthest, tiny_fit, tiny_network, tiny_tasks
from training.engine.activations import KeepIn, KeptStates
from training.engine.inputs import Inputs
from training.engine.watcher import Silence
from training.errors import RunError


@pytest.fixture(scope="module")
def tweets(tiny_encoder: Path) -> Inputs:
    return tiny_tasks(tiny_encoder)["1a"].inputs


@pytest.fixture(scope="module")
def spans(tiny_encoder: Path) -> Inputs:
    return tiny_tasks(tiny_encoder)["1c"].inputs


@pytest.fixture
def network(tiny_encoder: Path) -> MultiTaskNetwork:
    return tiny_network(tiny_encoder, CONFIG).eval()


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Rows of each run of the trunk."""
    run: list[int] = []
    plain = MultiTaskNetwork.trunk_states

    def counted(self: MultiTaskNetwork, ids: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        run.append(len(ids))
        return plain(self, ids, *rest)

    monkeypatch.setattr(MultiTaskNetwork, "trunk_states", counted)
    yield run


def keeping(keep: KeepIn, folder: Path, limit: int = 1 << 30) -> KeptStates:
    return KeptStates(keep, limit=limit, folder=folder)


def recomputed(network: MultiTaskNetwork, batch: TokenBatch) -> torch.Tensor:
    return network.trunk_states(batch.input_ids, batch.attention_mask, batch.token_type_ids)


def assert_alike(ours: torch.Tensor, network: MultiTaskNetwork, inputs: Inputs, rows: list[int]) -> None:
    batch = inputs.batch(rows)
    real = batch.attention_mask.bool()
    assert ours.shape[:2] == real.shape
    assert ours.dtype is torch.float32
    torch.testing.assert_close(ours[real], recomputed(network, batch)[real], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("limit", [1 << 30, 3_000, 0])
@pytest.mark.parametrize("keep", ["memory", "disk", "none"])
def test_kept_states_are_those_of_the_trunk(
    keep: KeepIn, limit: int, network: MultiTaskNetwork, tweets: Inputs, spans: Inputs, tmp_path: Path
) -> None:
    states = keeping(keep, tmp_path, limit)
    states.plan(network, [spans, tweets], bfloat16=False)
    states.fill(network, Silence())
    for rows in ([3], [0, 7, 1, 7], list(range(len(tweets)))):
        assert_alike(states.states(network, tweets, rows), network, tweets, rows)
    assert_alike(states.states(network, spans, [2, 0]), network, spans, [2, 0])


@pytest.mark.parametrize("keep", ["memory", "disk"])
def test_each_distinct_text_is_computed_once(
    keep: KeepIn,
    network: MultiTaskNetwork,
    tweets: Inputs,
    spans: Inputs,
    tmp_path: Path,
    passes: list[int],
) -> None:
    states = keeping(keep, tmp_path)
    for _ in range(2):
        states.plan(network, [tweets, spans, tweets], bfloat16=False)
        states.fill(network, Silence())
    assert sum(passes) == len({*tweets.keys(), *spans.keys()})
    done = len(passes)
    states.states(network, tweets, range(len(tweets)))
    assert len(passes) == done


def test_what_fits_is_kept_and_the_rest_computed(
    network: MultiTaskNetwork, tweets: Inputs, passes: list[int]
) -> None:
    half = int(tweets.starts[len(tweets) // 4]) * network.hidden_size * 4
    states = KeptStates("memory", limit=half)
    states.plan(network, [tweets], bfloat16=False)
    states.fill(network, Silence())
    kept = sum(passes)
    assert 0 < kept < len(set(tweets.keys()))
    states.states(network, tweets, range(len(tweets)))
    assert 0 < sum(passes) - kept < len(tweets)


def test_a_later_run_finds_the_files_of_an_earlier_one(
    network: MultiTaskNetwork, tweets: Inputs, spans: Inputs, tmp_path: Path, passes: list[int]
) -> None:
    for planned in (tweets, tweets, spans):
        states = keeping("disk", tmp_path)
        states.plan(network, [planned], bfloat16=False)
        states.fill(network, Silence())
        assert_alike(states.states(network, planned, [1, 0]), network, planned, [1, 0])
    assert sum(passes) - 3 * 2 == len(set(tweets.keys())) + len(set(spans.keys()))
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("change", ["trunk", "dtype", "layers", "short"])
def test_files_of_other_states_are_not_taken(
    change: str, network: MultiTaskNetwork, tweets: Inputs, tmp_path: Path, passes: list[int]
) -> None:
    states = keeping("disk", tmp_path / "states")
    states.plan(network, [tweets], bfloat16=False)
    states.fill(network, Silence())
    [file] = (tmp_path / "states").iterdir()
    passes.clear()
    if change == "short":
        file.write_bytes(file.read_bytes()[:-1])
    seed, frozen = int(change == "trunk"), 1 if change == "layers" else -1
    encoder = write_checkpoint(tmp_path / "other", seed=seed)
    other = tiny_network(encoder, replace(CONFIG, frozen_layers=frozen)).eval()
    states = keeping("disk", tmp_path / "states")
    states.plan(other, [tweets], bfloat16=change == "dtype")
    states.fill(other, Silence())
    assert sum(passes) == len(set(tweets.keys()))
    if change != "dtype":
        assert_alike(states.states(other, tweets, [4, 2]), other, tweets, [4, 2])


def test_networks_on_one_trunk_share_states_and_another_trunk_drops_them(
    network: MultiTaskNetwork, tweets: Inputs, tiny_encoder: Path, tmp_path: Path, passes: list[int]
) -> None:
    states = KeptStates()
    sibling = tiny_network(tiny_encoder, replace(CONFIG, seed=9))
    for one in (network, sibling):
        states.plan(one, [tweets], bfloat16=False)
        states.fill(one, Silence())
    assert sum(passes) == len(set(tweets.keys()))
    other = tiny_network(write_checkpoint(tmp_path / "other", seed=3), CONFIG)
    states.plan(other, [tweets], bfloat16=False)
    states.fill(other, Silence())
    assert_alike(states.states(other, tweets, [5]), other, tweets, [5])


def test_states_do_not_depend_on_what_was_trained_before(
    network: MultiTaskNetwork, tweets: Inputs, spans: Inputs
) -> None:
    """A resumed ensemble plans for all its networks, but fills only for those that are not finished."""
    both, late = KeptStates(), KeptStates()
    for states in (both, late):
        states.plan(network, [spans], bfloat16=False)
        if states is both:
            states.fill(network, Silence())
        states.plan(network, [tweets, spans], bfloat16=False)
        states.fill(network, Silence())
    rows = range(len(tweets))
    assert torch.equal(both.states(network, tweets, rows), late.states(network, tweets, rows))


def test_embeddings_alone_are_not_kept(
    tiny_encoder: Path, tweets: Inputs, tmp_path: Path, passes: list[int]
) -> None:
    network = tiny_network(tiny_encoder, replace(CONFIG, frozen_layers=0)).eval()
    states = keeping("disk", tmp_path / "states")
    states.plan(network, [tweets], bfloat16=False)
    states.fill(network, Silence())
    assert passes == []
    assert not (tmp_path / "states").exists()
    assert_alike(states.states(network, tweets, [0, 3]), network, tweets, [0, 3])


def test_bfloat16_is_kept_in_half_the_room(network: MultiTaskNetwork, tweets: Inputs, tmp_path: Path) -> None:
    for bfloat16 in (False, True):
        states = keeping("disk", tmp_path / str(bfloat16))
        states.plan(network, [tweets], bfloat16=bfloat16)
        states.fill(network, Silence())
    [whole], [half] = (list((tmp_path / name).iterdir()) for name in ("False", "True"))
    assert whole.stat().st_size == 2 * half.stat().st_size
    rows = list(range(len(tweets)))
    batch = tweets.batch(rows)
    real = batch.attention_mask.bool()
    kept = states.states(network, tweets, rows)[real]
    torch.testing.assert_close(kept, recomputed(network, batch)[real], atol=0.1, rtol=0.1)


def test_a_network_is_served_what_is_kept(
    network: MultiTaskNetwork, tweets: Inputs, spans: Inputs, passes: list[int]
) -> None:
    states = KeptStates()
    states.plan(network, [tweets], bfloat16=False)
    states.fill(network, Silence())
    passes.clear()
    batch, unknown = tweets.batch([0, 5]), spans.batch([0, 1])
    wider = TokenBatch(  # padded beyond the longest
        batch.rows,
        *(torch.nn.functional.pad(t, (0, 3)) for t in (batch.input_ids, batch.attention_mask)),
        torch.nn.functional.pad(batch.token_type_ids, (0, 3)),
    )
    with states.serving(network):
        kept, padded, fresh = (recomputed(network, b) for b in (batch, wider, unknown))
    assert passes == [2]
    assert padded.shape == (*wider.input_ids.shape, network.hidden_size)
    assert_alike(kept, network, tweets, [0, 5])
    assert_alike(padded[:, :-3], network, tweets, [0, 5])
    assert_alike(fresh, network, spans, [0, 1])


@pytest.mark.parametrize("keep", ["disk", "none"])
def test_a_training_is_the_same_wherever_states_are_kept(
    keep: KeepIn, tiny_encoder: Path, tmp_path: Path
) -> None:
    _, memory = tiny_fit(tiny_encoder, tmp_path / "memory", STEADY)
    _, other = tiny_fit(tiny_encoder, tmp_path / keep, STEADY, states=keeping(keep, tmp_path / "states"))
    for ours, theirs in zip(memory.history, other.history, strict=True):
        assert ours["losses"] == pytest.approx(theirs["losses"], abs=1e-5)
    if keep == "disk":
        assert farthest(memory.network, other.network) == 0


def test_further_inputs_are_kept_for_the_validation(
    tiny_encoder: Path, spans: Inputs, tmp_path: Path, passes: list[int]
) -> None:
    seen = []

    def validate(network: MultiTaskNetwork) -> object:
        before = len(passes)
        recomputed(network, spans.batch([0, 2]))
        seen.append(len(passes) - before)
        from training.engine.trainer import Validation

        return Validation({"1a": 0.5})

    tasks = tiny_tasks(tiny_encoder)
    tiny_fit(
        tiny_encoder, tmp_path, replace(STEADY, epochs=2), validate=validate, keep_beside=[tasks["1c"].inputs]
    )
    assert seen == [0, 0]


def test_a_full_disk_is_named(network: MultiTaskNetwork, tweets: Inputs, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    states = keeping("disk", tmp_path / "file")
    states.plan(network, [tweets], bfloat16=False)
    with pytest.raises(RunError, match="--keep-states"):
        states.fill(network, Silence())


def test_a_run_that_is_cut_short_leaves_no_file_that_passes_for_whole(
    network: MultiTaskNetwork, tweets: Inputs, tmp_path: Path
) -> None:
    class Cut(Silence):
        def keeping(self, done: int, total: int) -> None:
            raise KeyboardInterrupt

    states = keeping("disk", tmp_path)
    states.plan(network, [tweets], bfloat16=False)
    with pytest.raises(KeyboardInterrupt):
        states.fill(network, Cut())
    assert not list(tmp_path.glob("*.states"))
    again = keeping("disk", tmp_path)
    again.plan(network, [tweets], bfloat16=False)
    again.fill(network, Silence())
    assert_alike(again.states(network, tweets, [1]), network, tweets, [1])
    assert [path.suffix for path in tmp_path.iterdir()] == [".states"]
