"""The files of a run folder: what was asked for, where it ran, what it came to.

config.json        the method with all its settings, the digest of the data, the command
environment.json   versions, processor, GPUs
metrics.json       the figures of the finished bundle
bundle.json        its version
curves-*.png       loss and validation scores by epoch, for each network
tensorboard/       the same, and losses by step
networks/          what each network leaves after an epoch, to go on from
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models.bundle.files import read_config
from models.errors import BundleError
from training.errors import RunError
from training.methods.materials import TrainingData
from training.methods.presets import Method
from training.reports.environment import environment
from training.whole_files import read_json, write_json


class RunFiles:
    """Writes the files of one run.

    Args:
        folder: made when the run begins.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def refuse_taken(self, out: Path, *, overwrite: bool) -> None:
        """Make sure, before a long training, that its bundle can be written.

        Raises:
            RunError: something is at `out` that neither this run has written nor may be overwritten.
        """
        if not out.exists() or (out.is_dir() and not any(out.iterdir())):
            return
        try:
            version = read_config(out).version
        except BundleError:
            raise RunError(f"{out} is there already and is no bundle: choose another --out") from None
        ours = read_json(self._folder / "bundle.json") or {}
        if not overwrite and ours.get("version") != version:
            raise RunError(
                f"{out} holds another bundle, {version}: choose another --out, or replace it with --overwrite"
            )

    def begin(self, method: Method, data: TrainingData, *, command: str, fresh: bool) -> None:
        """Write what is to be trained, and where.

        Raises:
            RunError: the folder holds another training, of which an epoch or more is done.
        """
        config = {
            "method": asdict(method),
            "data": {"digest": data.digest(), "train": len(data.train), "valid": len(data.valid)},
        }
        held = read_json(self._folder / "config.json")
        begun = any(self._folder.glob("networks/*/*.pt"))
        if held is not None and begun and not fresh:
            # As it is read: a setting may be a number that JSON writes in another way.
            differences = _differences(held, json.loads(json.dumps(config)))
            if differences:
                raise RunError(
                    f"{self._folder} holds a training with other {' and '.join(differences)}: start over "
                    "with --fresh, or choose another folder with --run"
                )
        write_json(self._folder / "config.json", {**config, "command": command})
        write_json(self._folder / "environment.json", environment())

    def finish(self, version: str, metrics: Mapping[str, Any]) -> None:
        """Write what came of it."""
        write_json(self._folder / "metrics.json", metrics)
        write_json(self._folder / "bundle.json", {"version": version})


def _differences(held: Any, wanted: Mapping[str, Any]) -> list[str]:
    if not isinstance(held, dict):
        return ["settings"]
    named = {"method": "settings", "data": "data"}
    return [name for key, name in named.items() if held.get(key) != wanted[key]]
