"""A finished run of the boosting ensemble, with its bundle."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.tiny_methods import corpus, tiny_method, training_run
from training.methods import train_method


@pytest.fixture(scope="session")
def finished(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run in `run`, and its bundle in `bundle`."""
    folder = tmp_path_factory.mktemp("reports")
    train_method(
        tiny_method("boosting-ensemble", tiny_encoder, "seed=4"),
        corpus(),
        out=folder / "bundle",
        run=training_run(folder),
        command="ade-train train --set 'seed=4'",
    )
    return folder
