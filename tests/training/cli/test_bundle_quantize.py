"""The command `ade-train bundle quantize`."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner, Result

from models.bundle import load_bundle
from models.network import NetworkWeights
from tests.tiny import make_tiny_bundle
from tests.tiny_int8 import needs_openvino, tiny_examples
from training.cli import main
from training.cli.app import app
from training.corpora.prepared import write_examples
from training.quantization import body_graph, post_training

pytestmark = needs_openvino


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundle `plain`, `tweets.jsonl`, and `int8`, made of both; not to be changed."""
    folder = tmp_path_factory.mktemp("bundles")
    make_tiny_bundle(folder / "plain")
    write_examples(folder / "tweets.jsonl", tiny_examples())
    assert quantize(folder, "--out", str(folder / "int8")).exit_code == 0
    return folder


@pytest.fixture
def plain(folder: Path, tmp_path: Path) -> Path:
    """A copy of `plain` that a test may change."""
    return Path(shutil.copytree(folder / "plain", tmp_path / "plain"))


def quantize(folder: Path, *options: str, bundle: Path | None = None) -> Result:
    source, tweets = str(bundle or folder / "plain"), str(folder / "tweets.jsonl")
    return CliRunner().invoke(app, ["bundle", "quantize", source, "--calibrate", tweets, *options])


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int | str | None:
    """Run `ade-train` as its entry point does, and return its exit status."""
    monkeypatch.setattr(sys, "argv", ["ade-train", *map(str, arguments)])
    with pytest.raises(SystemExit) as exit_:
        main()
    return exit_.value.code


def make_quantization_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make quantizing destroy the network: the graph of its body has zeros for weights."""

    def graph_of_zeros(weights: NetworkWeights) -> Any:
        zeros = {name: torch.zeros_like(tensor) for name, tensor in weights.tensors.items()}
        return body_graph.build_body_graph(replace(weights, tensors=zeros))

    monkeypatch.setattr(post_training, "build_body_graph", graph_of_zeros)


def test_a_bundle_is_quantized_in_place(plain: Path, folder: Path) -> None:
    before = load_bundle(plain)
    result = quantize(folder, bundle=plain)
    assert result.exit_code == 0, result.output
    after = load_bundle(plain)
    assert after.version in result.stderr
    assert after.version != before.version
    assert after.config.quantization is not None
    assert (after.config.quantization.texts, after.config.quantization.judged_on) == (20, 20)
    assert after.config.quantization.before.keys() == {"1a", "1b"}
    assert before.version in (plain / "README.md").read_text()
    assert "quantization" in json.loads((plain / "metrics.json").read_text())
    shown = json.loads(CliRunner().invoke(app, ["bundle", "show", str(plain), "--json"]).stdout)
    assert (shown["version"], shown["format"], shown["quantized"]) == (after.version, 4, "int8")


def test_out_leaves_the_bundle_unchanged_and_is_reproducible(folder: Path, tmp_path: Path) -> None:
    before = content(folder / "plain")
    result = quantize(folder, "--out", str(tmp_path / "again"), "--json")
    assert content(folder / "plain") == before
    assert content(tmp_path / "again") == content(folder / "int8")
    report = json.loads(result.stdout)
    assert (report["bundle"], report["stored"]) == (load_bundle(folder / "int8").version, True)
    assert (report["calibrated_on"], report["judged_on"]) == (20, 20)
    assert report["before"].keys() == report["after"].keys() == {"1a", "1b"}


def test_a_loss_over_the_margin_stores_nothing(
    plain: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_quantization_fail(monkeypatch)
    before = content(plain)
    status = run(monkeypatch, "bundle", "quantize", plain, "--calibrate", folder / "tweets.jsonl")
    printed = capsys.readouterr()
    assert status == 1
    assert content(plain) == before
    assert "1a f1" in printed.out
    assert "margin" in printed.err
    result = quantize(folder, "--margin", "1", bundle=plain)
    assert result.exit_code == 0, result.output
    assert content(plain) != before


@pytest.mark.parametrize(
    "place", ["training.quantization.quantize.refit_head", "models.bundle.quantized.write_changed_bundle"]
)
def test_ctrl_c_leaves_the_bundle_unchanged(
    place: str, plain: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    before = content(plain)
    monkeypatch.setattr(place, stop)
    assert run(monkeypatch, "bundle", "quantize", plain, "--calibrate", folder / "tweets.jsonl") == 130
    assert content(plain) == before
    assert [path.name for path in plain.parent.iterdir()] == ["plain"]
    assert "as it was" in capsys.readouterr().err


def test_invalid_arguments_fail_before_any_work(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    examples = tiny_examples()
    for name, some in {"empty": [], "positive": examples[:9], "single": examples[19:22]}.items():
        write_examples(tmp_path / f"{name}.jsonl", some)
    (tmp_path / "file").touch()
    plain, tweets, out = folder / "plain", folder / "tweets.jsonl", tmp_path / "out"
    monkeypatch.setattr("models.scoring.catalog.BUNDLES_FOLDER", folder)
    monkeypatch.setattr(
        "training.quantization.quantize.quantize_with_nncf", lambda *_: pytest.fail("quantizing started")
    )
    for arguments, message in (
        ((tmp_path / "none", "--calibrate", tweets), "none"),
        ((folder / "int8", "--calibrate", tweets, "--out", out), "already quantized"),
        ((plain, "--calibrate", tweets, "--out", folder), "already exists"),
        ((plain, "--calibrate", tweets, "--out", plain / "copy"), "within the bundle"),
        ((plain, "--calibrate", tweets, "--out", tmp_path / "file" / "copy"), "cannot be written"),
        (("plain", "--calibrate", tweets), "--out"),
        ((plain, "--calibrate", tmp_path / "none.jsonl", "--out", out), "none.jsonl"),
        ((plain, "--calibrate", tmp_path / "empty.jsonl", "--out", out), "0 of the 0 texts"),
        ((plain, "--calibrate", tmp_path / "positive.jsonl", "--out", out), "5 of the 5 texts"),
        (
            (plain, "--calibrate", tweets, "--validation", tmp_path / "positive.jsonl", "--out", out),
            "9 of the 9",
        ),
        ((plain, "--calibrate", tmp_path / "single.jsonl", "--validation", tweets, "--out", out), "no text"),
    ):
        assert run(monkeypatch, "bundle", "quantize", *arguments) == 1, arguments
        printed = capsys.readouterr()
        assert message in " ".join(printed.err.split()), arguments
        assert printed.out == ""
        assert not out.exists()


@pytest.mark.parametrize("value", [None, "", "0"])
def test_importing_nncf_leaves_the_environment_unchanged(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NNCF_CI", raising=False)
    if value is not None:
        monkeypatch.setenv("NNCF_CI", value)
    before = dict(os.environ)
    post_training.require_nncf()
    assert dict(os.environ) == before


@pytest.mark.parametrize("missing", ["openvino", "nncf"])
def test_missing_packages_are_named_before_any_work(
    missing: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    arguments = ("--calibrate", folder / "tweets.jsonl", "--out", tmp_path / "out")
    assert run(monkeypatch, "bundle", "quantize", folder / "plain", *arguments) == 1
    assert "ade-monitor[openvino]" in capsys.readouterr().err
