"""Adapting an encoder: every family, resuming, and nothing half-written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from models.encoder import load_encoder
from models.errors import TrunkError
from tests.families import MODEL_TYPES, write_family
from tests.tiny import write_checkpoint
from tests.training.adaptation.masked_checkpoints import POSTS, write_masked_family, write_posts
from training.adaptation import AdaptedEncoder, AdaptSettings, adapt_encoder
from training.errors import CorpusError, RunError

QUICK = AdaptSettings(epochs=2, batch_size=16, learning_rate=3e-3, max_tokens=32, valid_share=0.2)


class Steps:
    """Records the losses of steps; can stop like Ctrl-C."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.done: list[int] = []
        self.losses: list[float] = []
        self._stop_after = stop_after

    @contextmanager
    def __call__(self, done: int, total: int) -> Iterator[Callable[[float], None]]:
        self.done.append(done)
        yield self._advance

    def _advance(self, loss: float) -> None:
        self.losses.append(loss)
        if len(self.losses) == self._stop_after:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty posts of ten words, one of them twice, and a long one."""
    path = tmp_path_factory.mktemp("posts") / "posts.txt"
    return write_posts(path, [*POSTS, POSTS[0], " ".join(POSTS[:10]), "   "])


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("masked") / "encoder")


def adapt(encoder: Path, posts: Path, folder: Path, **options: Any) -> AdaptedEncoder:
    torch.set_num_threads(1)
    return adapt_encoder(
        str(encoder),
        [posts],
        folder / "adapted",
        options.pop("settings", QUICK),
        run=folder / "run",
        device=torch.device("cpu"),
        progress=options.pop("progress", Steps()),
        **options,
    )


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_encoder(str(folder)).model.state_dict()


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_each_family_learns_and_becomes_a_checkpoint(model_type: str, posts: Path, tmp_path: Path) -> None:
    source = write_masked_family(tmp_path / "encoder", model_type)
    steps = Steps()
    settings = replace(QUICK, epochs=8)
    adapted = adapt(source, posts, tmp_path, settings=settings, progress=steps)
    assert adapted.perplexity_before is not None
    assert adapted.perplexity_after is not None
    assert adapted.perplexity_after < adapted.perplexity_before
    assert len(steps.losses) == adapted.steps
    before, after = load_encoder(str(source)), load_encoder(str(tmp_path / "adapted"))
    assert after.architecture == before.architecture
    assert after.has_safetensors
    changed, kept = after.model.state_dict(), before.model.state_dict()
    assert changed.keys() == kept.keys()
    assert all(not torch.equal(changed[name], kept[name]) for name in changed if "layer.0.attention" in name)
    text = "zoloft gives me naïve café"
    assert after.tokenizer.encode(text).ids == before.tokenizer.encode(text).ids


def test_transformers_reads_the_checkpoint_and_its_head(encoder: Path, posts: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForMaskedLM

    adapt(encoder, posts, tmp_path)
    network, info = AutoModelForMaskedLM.from_pretrained(
        str(tmp_path / "adapted"), output_loading_info=True, local_files_only=True
    )
    assert not info["missing_keys"]
    expected = weights(tmp_path / "adapted")["embeddings.word_embeddings.weight"]
    assert torch.equal(network.get_output_embeddings().weight, expected)


@pytest.mark.parametrize("layout", ["prefixed", "biobert"])
def test_pretraining_checkpoints_with_vocabulary_files_are_read(
    layout: Any, posts: Path, tmp_path: Path
) -> None:
    source = write_checkpoint(tmp_path / "encoder", layout)
    adapt(source, posts, tmp_path, settings=replace(QUICK, steps=1))
    assert load_encoder(str(tmp_path / "adapted")).has_safetensors


def test_an_adapted_encoder_keeps_its_head_when_it_is_adapted_again(
    encoder: Path, posts: Path, tmp_path: Path
) -> None:
    first = adapt(encoder, posts, tmp_path / "first")
    second = adapt(
        tmp_path / "first" / "adapted", posts, tmp_path / "second", settings=replace(QUICK, steps=1)
    )
    assert (first.has_own_head, second.has_own_head) == (False, True)
    assert second.perplexity_before == pytest.approx(first.perplexity_after, rel=1e-4)


def test_texts_are_distinct_long_ones_are_cut_and_some_are_held_out(
    encoder: Path, posts: Path, tmp_path: Path
) -> None:
    adapted = adapt(encoder, posts, tmp_path, settings=replace(QUICK, steps=1))
    assert (adapted.texts, adapted.duplicates) == (61, 1)
    assert adapted.windows + adapted.held_out > 61
    assert 0 < adapted.held_out < 30
    everything = adapt(encoder, posts, tmp_path / "all", settings=replace(QUICK, steps=1, valid_share=0.0))
    assert everything.held_out == 0
    assert everything.perplexity_before is None


def test_a_killed_training_resumes_to_the_same_weights(encoder: Path, posts: Path, tmp_path: Path) -> None:
    whole = adapt(encoder, posts, tmp_path / "whole", save_every=2)
    with pytest.raises(KeyboardInterrupt):
        adapt(encoder, posts, tmp_path / "killed", progress=Steps(stop_after=5), save_every=2)
    assert not (tmp_path / "killed" / "adapted").exists()
    steps = Steps()
    resumed = adapt(encoder, posts, tmp_path / "killed", progress=steps, save_every=2)
    assert steps.done == [4]
    assert resumed == whole
    resumed_weights = weights(tmp_path / "killed" / "adapted")
    for name, tensor in weights(tmp_path / "whole" / "adapted").items():
        assert torch.equal(tensor, resumed_weights[name]), name


def test_a_finished_training_is_not_repeated(encoder: Path, posts: Path, tmp_path: Path) -> None:
    adapted = adapt(encoder, posts, tmp_path)
    again = Steps()
    assert adapt(encoder, posts, tmp_path, progress=again) == adapted
    assert again.losses == []
    assert not list((tmp_path / "run").glob("*.pt"))
    assert adapt(encoder, posts, tmp_path, progress=again, fresh=True) == adapted
    assert len(again.losses) == adapted.steps


def test_other_settings_and_texts_do_not_mix(encoder: Path, posts: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        adapt(encoder, posts, tmp_path, progress=Steps(stop_after=3), save_every=2)
    other = replace(QUICK, learning_rate=1e-3)
    with pytest.raises(RunError, match="--fresh"):
        adapt(encoder, posts, tmp_path, settings=other)
    adapt(encoder, posts, tmp_path, settings=other, fresh=True)
    with pytest.raises(RunError, match="--overwrite"):
        adapt(encoder, posts, tmp_path)
    changed = write_posts(tmp_path / "changed.txt", ["hello you", *POSTS])
    assert adapt(encoder, changed, tmp_path, overwrite=True).texts == 61


def test_an_incomplete_or_damaged_run_folder(encoder: Path, posts: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        adapt(encoder, posts, tmp_path, progress=Steps(stop_after=3), save_every=2)
    (tmp_path / "run" / "index" / "about.json").write_text("{")
    (tmp_path / "run" / "index" / "tokens.bin").write_bytes(b"")
    whole = adapt(encoder, posts, tmp_path, save_every=2)
    assert whole == adapt(encoder, posts, tmp_path / "other")
    (tmp_path / "other" / "run" / "last-step.pt").write_bytes(b"nonsense")
    with pytest.raises(RunError, match="--fresh"):
        adapt(encoder, posts, tmp_path / "other", settings=replace(QUICK, seed=2), overwrite=True)


def test_a_full_disk_leaves_nothing_half_written(
    encoder: Path, posts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(RunError, match="make room"):
            adapt(encoder, posts, tmp_path, save_every=2)
    assert not (tmp_path / "adapted").exists()
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["index"]
    adapt(encoder, posts, tmp_path, save_every=2)
    assert (tmp_path / "adapted" / "README.md").is_file()


def test_the_card_names_encoder_and_texts_without_paths(encoder: Path, posts: Path, tmp_path: Path) -> None:
    adapt(encoder, posts, tmp_path)
    card = (tmp_path / "adapted" / "README.md").read_text()
    assert "posts.txt" in card
    assert f"`{encoder.name}`" in card
    assert str(tmp_path) not in card
    assert str(posts.parent) not in card
    about = json.loads((tmp_path / "adapted" / "adaptation.json").read_text())
    assert about["settings"]["learning_rate"] == QUICK.learning_rate


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"max_tokens": 500}, "--max-tokens"),
        ({"max_tokens": 3}, "--max-tokens"),
        ({"valid_share": 1.0}, "--valid-share"),
        ({"learning_rate": float("nan")}, "--learning-rate"),
        ({"batch_size": 0}, "--batch-size"),
        ({"learning_rate": 1e30, "warmup": 0.0, "epochs": 20}, "--learning-rate"),
    ],
)
def test_impossible_settings_are_named(
    changes: dict[str, Any], named: str, encoder: Path, posts: Path, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match=named):
        adapt(encoder, posts, tmp_path, settings=replace(QUICK, **changes))
    assert not (tmp_path / "adapted").exists()


def test_missing_and_empty_texts_and_encoders_without_a_mask(
    encoder: Path, posts: Path, tmp_path: Path
) -> None:
    with pytest.raises(CorpusError, match=r"nowhere\.txt"):
        adapt(encoder, tmp_path / "nowhere.txt", tmp_path)
    with pytest.raises(RunError, match="--texts"):
        adapt(encoder, write_posts(tmp_path / "empty.txt", [""]), tmp_path / "empty")
    maskless = write_family(tmp_path / "maskless", "roberta")
    with pytest.raises(TrunkError, match="<mask>"):
        adapt(maskless, posts, tmp_path / "maskless-run")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "adapted").mkdir()
    (tmp_path / "taken" / "adapted" / "thesis.txt").touch()
    with pytest.raises(RunError, match=r"thesis\.txt"):
        adapt(encoder, posts, tmp_path / "taken", overwrite=True)
