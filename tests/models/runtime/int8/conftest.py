"""Tiny bundles with an exact and with a quantized body."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from models.runtime.int8 import body
from tests.tiny import make_tiny_bundle
from tests.tiny_int8 import quantize_tiny
from training.quantization import post_training


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `exact`, and with `int8` that was quantized from it. Tests must not change it."""
    folder = tmp_path_factory.mktemp("bundles")
    make_tiny_bundle(folder / "exact")
    quantize_tiny(folder / "exact", folder / "int8")
    return folder


@pytest.fixture
def int8(bundles: Path, tmp_path: Path) -> Path:
    """A copy of `int8` that a test may change."""
    return Path(shutil.copytree(bundles / "int8", tmp_path / "int8"))


@pytest.fixture(scope="session")
def full_range(bundles: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with weights of full 8 bits, as earlier versions made them. Tests must not change it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            post_training, "advanced_parameters", lambda nncf: nncf.AdvancedQuantizationParameters()
        )
        patch.setattr(body, "products_overflow", lambda: False)
        return quantize_tiny(bundles / "exact", tmp_path_factory.mktemp("bundles") / "full-range")
