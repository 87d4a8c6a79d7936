"""The public names of `training` and its packages: explicit, complete, and quick to import."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

import training

PACKAGES = [
    "training",
    *(f"training.{info.name}" for info in pkgutil.iter_modules(training.__path__) if info.ispkg),
]


def test_the_public_names_of_training() -> None:
    assert training.__all__ == [
        "PRESETS",
        "AnnotatedSpan",
        "CorpusError",
        "Example",
        "Method",
        "RunError",
        "TrainedBundle",
        "TrainingData",
        "TrainingError",
        "TrainingRun",
        "effective_method",
        "preset",
        "train_method",
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_can_be_imported(package: str) -> None:
    module = importlib.import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'training' has no attribute 'Nothing'"):
        training.Nothing  # noqa: B018


@pytest.mark.parametrize("statement", ["import training", "import training.cli.app"])
def test_an_import_does_not_load_torch(statement: str) -> None:
    code = f"{statement}; import sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
