"""`ade-train bundle add-exit`: what it finds and writes, what it refuses, and an interruption."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from models.bundle import load_bundle, read_config
from models.errors import BundleError
from models.scoring import Pipeline
from tests.tiny_int8 import needs_openvino, quantize_tiny
from tests.training.cli.tiny_scoring import ade_train, figures
from tests.training.exits.test_exit_search import examples
from training.corpora.prepared import write_examples
from training.errors import CorpusError, RunError

KEPT = ("--kept", "0.9", "--layer", "2")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain text file, with blank lines and a line without words."""
    path = tmp_path_factory.mktemp("texts") / "posts.txt"
    lines = [*(example.text for example in examples(12)), "", "   ", "🤢 \u202edizzy\u202c e\u0301 \x07"]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Annotated texts that are not among those of `texts`."""
    path = tmp_path_factory.mktemp("valid") / "valid.jsonl"
    write_examples(path, examples(16)[12 * 22 :])
    return path


@pytest.fixture
def copied(bundle: Path, tmp_path: Path) -> Path:
    """A copy of the bundle that a test may change."""
    return Path(shutil.copytree(bundle, tmp_path / "copied"))


@pytest.fixture
def any_gain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the best exit, whatever a tiny network gains by it on a busy machine."""
    monkeypatch.setattr("training.exits.exit_search._WORTHWHILE", 0.0)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("any_gain")
def test_an_exit_is_found_and_written_into_a_copy(
    copied: Path, texts: Path, valid: Path, tmp_path: Path
) -> None:
    before = content(copied)
    out = tmp_path / "fast"
    printed = figures("bundle", "add-exit", copied, "--texts", texts, "--valid", valid, *KEPT, "--out", out)
    assert content(copied) == before
    stored = load_bundle(out)
    assert printed["bundle"] == stored.version != load_bundle(copied).version
    assert stored.early_exit is not None
    assert stored.early_exit.below == printed["chosen"]["layer"] == 2
    assert printed["chosen"]["least_share"] >= 0.9
    assert set(printed["compared"]["f1"]) == {"1a", "1b"}
    assert [candidate["layer"] for candidate in printed["by_layer"]] == [2]
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["early_exit"]["trained_on"] <= len(examples(12)) + 1
    after = content(out)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"config.json", "metrics.json", "README.md", "SHA256SUMS", "exit.safetensors"}
    assert len(Pipeline.from_bundle(out, device="cpu").score(["so dizzy", ""])) == 2


@pytest.mark.usefixtures("any_gain")
def test_a_second_run_replaces_the_exit(copied: Path, texts: Path, valid: Path) -> None:
    versions = []
    for seed in ("1", "2"):
        arguments = ("--texts", texts, "--valid", valid, *KEPT, "--seed", seed)
        result = ade_train("bundle", "add-exit", copied, *arguments)
        assert result.exit_code == 0, result.output
        assert "F1 of 1a" in result.stdout
        versions.append(load_bundle(copied).version)
    assert versions[0] != versions[1]
    assert f"version {versions[1]}" in result.stderr
    shown = ade_train("bundle", "show", copied)
    assert shown.exit_code == 0, shown.output


def test_too_few_positives_store_nothing_and_name_the_number_that_is_needed(
    copied: Path, texts: Path
) -> None:
    before = content(copied)
    result = ade_train("bundle", "add-exit", copied, "--texts", texts)
    assert isinstance(result.exception, RunError)
    assert "598" in str(result.exception)
    assert "--valid" in str(result.exception)
    assert content(copied) == before


def test_an_exit_that_gains_nothing_is_not_stored(
    copied: Path, texts: Path, valid: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.exits.exit_search._WORTHWHILE", 100.0)
    before = content(copied)
    result = ade_train("bundle", "add-exit", copied, "--texts", texts, "--valid", valid, *KEPT)
    assert isinstance(result.exception, RunError)
    assert "saves time" in str(result.exception)
    assert "after layer" in result.stdout  # the table shows why
    assert content(copied) == before


@needs_openvino
def test_a_quantized_bundle_is_refused_before_any_work(bundle: Path, tmp_path: Path) -> None:
    quantized = quantize_tiny(bundle, tmp_path / "int8")
    before = content(quantized)
    result = ade_train("bundle", "add-exit", quantized, "--texts", tmp_path / "never-read.txt")
    assert isinstance(result.exception, BundleError)
    assert "quantized" in str(result.exception)
    assert content(quantized) == before


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        (["--texts", "{folder}/nowhere.txt"], CorpusError, "nowhere.txt"),
        (["--texts", "{folder}/empty"], CorpusError, "empty"),
        (["--texts", "{folder}/broken.jsonl"], CorpusError, "broken.jsonl"),
        (["--texts", "{folder}/blank.txt"], RunError, "no texts"),
        (["--texts", "{texts}", "--valid", "{folder}/nowhere.jsonl"], CorpusError, "nowhere.jsonl"),
        (["--texts", "{texts}", "--valid", "{folder}/broken.jsonl"], CorpusError, "broken.jsonl"),
        (["--texts", "{texts}", "--layer", "3"], RunError, "1 to 2"),
        (["--texts", "{texts}", "--out", "{folder}"], BundleError, "{folder}"),
    ],
)
def test_unreadable_texts_and_impossible_options_change_nothing(
    arguments: list[str], error: type[Exception], named: str, copied: Path, texts: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "texts"
    (folder / "empty").mkdir(parents=True)
    (folder / "broken.jsonl").write_text('{"text": "so dizzy", "label": 1}\n{"text": ')
    (folder / "blank.txt").write_text("\n  \n\n")
    before = content(tmp_path)
    filled = [argument.format(folder=folder, texts=texts) for argument in arguments]
    result = ade_train("bundle", "add-exit", copied, *filled)
    assert isinstance(result.exception, error), result.output
    assert named.format(folder=folder) in str(result.exception)
    assert content(tmp_path) == before


def test_a_bundle_of_the_package_needs_a_place_for_the_copy(texts: Path) -> None:
    result = ade_train("bundle", "add-exit", "default", "--texts", texts)
    assert isinstance(result.exception, BundleError)


@pytest.mark.usefixtures("any_gain")
@pytest.mark.parametrize(
    "where",
    ["training.exits.exit_search.train_head", "training.exits.compare_exit", "training.exits.store_exit"],
)
def test_ctrl_c_leaves_the_bundle_as_it_was(
    where: str, copied: Path, texts: Path, valid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(where, interrupted)
    before = content(tmp_path)
    result = ade_train("bundle", "add-exit", copied, "--texts", texts, "--valid", valid, *KEPT)
    assert result.exit_code == 130
    assert "the bundle is as it was" in result.stderr
    assert content(tmp_path) == before
    assert read_config(copied).version == load_bundle(copied).version
