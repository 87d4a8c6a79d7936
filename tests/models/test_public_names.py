"""The public names of `models`: the list is explicit, complete, and quick to import."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import models

PACKAGES = [
    "models",
    "models.bundle",
    "models.encoder",
    "models.network",
    "models.normalizer",
    "models.runtime",
    "models.runtime.cuda",
    "models.runtime.int8",
    "models.scoring",
    "models.terminology",
]


def test_the_public_names_of_models() -> None:
    assert models.__all__ == [
        "BundleError",
        "Candidate",
        "DummyScorer",
        "Mention",
        "ModelError",
        "MultiTaskNetwork",
        "NormalizerChoice",
        "Pipeline",
        "PrecisionChoice",
        "Problem",
        "Scorer",
        "ServingOptions",
        "TerminologyError",
        "TrunkError",
        "TweetPrediction",
        "load_bundle",
        "load_encoder",
        "load_scorer",
        "message_with_advice",
        "save_bundle",
        "stream",
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_can_be_imported(package: str) -> None:
    module = importlib.import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is not None


@pytest.mark.parametrize("package", ["models", "models.network", "models.encoder", "models.scoring"])
def test_an_unknown_name_is_an_attribute_error(package: str) -> None:
    with pytest.raises(AttributeError, match=f"'{package}' has no attribute 'Nothing'"):
        importlib.import_module(package).Nothing  # noqa: B018


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import models", "torch"),
        ("from models.network import HEADS, NetworkShape", "torch"),
        ("from models import Pipeline", "transformers"),
        ("from models.encoder import TweetTokenizer", "transformers"),
    ],
)
def test_an_import_does_not_load_what_it_does_not_need(statement: str, absent: str) -> None:
    code = f"{statement}; import sys; assert {absent!r} not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
