"""Tiny but real encoders and bundles, created once for all tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from models import Pipeline
from tests.tiny import Layout, Trained, save_tiny, trained_once, write_checkpoint
from tests.tiny_retrieval import save_tiny_hybrid, trained_retriever_once


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[Layout, Path]:
    """The same encoder in each layout in which encoders are published."""
    root = tmp_path_factory.mktemp("encoders")
    layouts: tuple[Layout, ...] = ("safetensors", "prefixed", "biobert")
    return {layout: write_checkpoint(root / layout, layout) for layout in layouts}


@pytest.fixture(scope="session")
def trained(checkpoints: dict[Layout, Path]) -> Trained:
    """A network that knows the tweets of `tests.tiny`; do not change it."""
    return trained_once(checkpoints["safetensors"])


@pytest.fixture(scope="session")
def tiny_bundle(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that contains its trunk; do not change it."""
    return save_tiny(tmp_path_factory.mktemp("bundles") / "tiny", trained)


@pytest.fixture(scope="session")
def pipeline(tiny_bundle: Path) -> Pipeline:
    """A pipeline of the tiny bundle."""
    return Pipeline.from_bundle(tiny_bundle, device="cpu")


@pytest.fixture
def bundle_copy(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy of the tiny bundle that a test may change."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))


@pytest.fixture(scope="session")
def with_retriever(checkpoints: dict[Layout, Path]) -> Trained:
    """The same with a retriever; do not change it."""
    return trained_retriever_once(checkpoints["safetensors"])


@pytest.fixture(scope="session")
def _hybrid(with_retriever: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_hybrid(tmp_path_factory.mktemp("bundles") / "hybrid", with_retriever)


@pytest.fixture
def hybrid(_hybrid: Path, tmp_path: Path) -> Path:
    """A copy of a hybrid bundle over its labels that a test may change."""
    return Path(shutil.copytree(_hybrid, tmp_path / "hybrid"))
