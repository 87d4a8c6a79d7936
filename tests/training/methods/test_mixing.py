"""`--mix`: generated tweets, or another corpus, as a share of each epoch's texts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models import load_bundle
from models.encoder import TweetTokenizer, load_encoder
from models.terminology import Terminology
from tests.tiny import MAX_TOKENS
from tests.training.tiny_methods import Recorder, build, corpus, positive, tiny_method
from training.corpora.prepared import write_examples
from training.errors import CorpusError, RunError
from training.examples import CorpusMix, Example, TrainingData
from training.methods import add_mixes, prepare_datasets, read_mixes


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A prepared corpus of other texts."""
    folder = tmp_path / "other"
    write_examples(folder / "train.jsonl", [positive("now i have", "dizzy"), Example("-", "hello again", 0)])
    return folder


def with_terminology(terminology: Terminology) -> TrainingData:
    return replace(corpus(), terminology=terminology, pt_names=terminology.pt_names)


@pytest.mark.slow
def test_generated_tweets_are_enough_for_several_epochs(terminology: Terminology, tiny_encoder: Path) -> None:
    method = tiny_method("mtl", tiny_encoder, "epochs=20")
    data = read_mixes(["written=0.9"], with_terminology(terminology), method)
    [mix] = data.mixes
    assert (mix.name, mix.share) == ("written", 0.9)
    assert len(mix.examples) == 3 * 9 * len(data.train)
    prevalence = sum(example.label for example in mix.examples) / len(mix.examples)
    assert prevalence == pytest.approx(sum(e.label for e in data.train) / len(data.train), abs=0.01)
    assert read_mixes(["written=0.9"], with_terminology(terminology), method).digest() == data.digest()
    other_seed = tiny_method("mtl", tiny_encoder, "seed=2", "epochs=20")
    assert read_mixes(["written=0.9"], with_terminology(terminology), other_seed).digest() != data.digest()


def test_another_corpus_is_mixed_in(other: Path, tiny_encoder: Path) -> None:
    method = tiny_method("mtl", tiny_encoder, "fewest-examples=1")
    data = read_mixes([f"{other}=0.1"], corpus(), method)
    tokenizer = TweetTokenizer(load_encoder(str(tiny_encoder)).tokenizer, MAX_TOKENS)
    datasets = prepare_datasets(method, data, tokenizer)
    mixed = add_mixes(datasets, method, data, tokenizer)
    assert mixed.tasks["1a"].epoch_size == 45 + 5
    assert len(mixed.tasks["1a"]) == 45 + 2
    assert mixed.tasks["1b"].epoch_size == 20 + round(2.5)  # the one positive text, at the rate of its corpus
    assert mixed.valid == datasets.valid
    assert any("10%" in note and "other" in note for note in mixed.notes)
    assert add_mixes(datasets, method, corpus(), tokenizer) is datasets


def test_codes_of_a_mixed_corpus_become_classes(tiny_encoder: Path) -> None:
    data = corpus()
    known = [e for e in data.train if not e.label or e.spans[0].ptid == "90000001"]
    mix = CorpusMix("more", 0.5, tuple(e for e in data.train if e not in known))
    tokenizer = TweetTokenizer(load_encoder(str(tiny_encoder)).tokenizer, MAX_TOKENS)
    method = tiny_method("mtl", tiny_encoder)
    assert len(prepare_datasets(method, replace(data, train=known), tokenizer).labels) == 1
    assert len(prepare_datasets(method, replace(data, train=known, mixes=[mix]), tokenizer).labels) == 4


@pytest.mark.parametrize(
    ("mixes", "message"),
    [
        (["written"], "NAME=SHARE"),
        (["=0.3"], "NAME=SHARE"),
        (["written=much"], "NAME=SHARE"),
        (["written=0"], "NAME=SHARE"),
        (["written=1"], "NAME=SHARE"),
        (["written=nan"], "NAME=SHARE"),
        (["written=-0.3"], "NAME=SHARE"),
        (["written=0.3"], "--terminology"),
        (["{other}=0.5", "written=0.5"], "less than 1"),
        (["{other}=0.3", "{other}=0.2"], "twice"),
        (["{other}/empty.jsonl=0.3"], "empty.jsonl"),
    ],
)
def test_a_mix_that_cannot_be_made_is_refused(
    mixes: list[str], message: str, other: Path, tiny_encoder: Path
) -> None:
    (other / "empty.jsonl").write_text("")
    with pytest.raises(RunError, match=message):
        read_mixes([mix.format(other=other) for mix in mixes], corpus(), tiny_method("mtl", tiny_encoder))


def test_a_missing_corpus_is_named(tmp_path: Path, tiny_encoder: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere"):
        read_mixes([f"{tmp_path}/nowhere=0.3"], corpus(), tiny_method("mtl", tiny_encoder))


def test_an_ensemble_is_refused(other: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    data = read_mixes([f"{other}=0.3"], corpus(), tiny_method("boosting-ensemble", tiny_encoder))
    with pytest.raises(RunError, match="one classifier"):
        build(tmp_path / "runs", "boosting-ensemble", tiny_encoder, data=data)


def test_a_mixed_training_is_another_one_and_its_card_names_the_corpus(
    other: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    recorder = Recorder()
    build(tmp_path / "plain", "mtl", tiny_encoder, "epochs=1")
    data = read_mixes([f"{other}=0.3"], corpus(), tiny_method("mtl", tiny_encoder))
    build(tmp_path / "mixed", "mtl", tiny_encoder, "epochs=1", data=data, callback=recorder)
    bundles = [load_bundle(tmp_path / name / "mtl") for name in ("plain", "mixed")]
    assert bundles[0].version != bundles[1].version
    assert "mixed in: other" in (tmp_path / "mixed" / "mtl" / "README.md").read_text()
