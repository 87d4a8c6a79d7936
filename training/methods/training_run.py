"""What a training needs before it begins: the effective settings, the processes, places to keep things."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import torch

from models.device import prefers_bfloat16
from training.augmentation import Synonyms, open_wordnet
from training.extras import require
from training.loop.callbacks import TrainingCallback
from training.loop.processes import Processes
from training.loop.states import KeptStates
from training.methods.networks import TrainingRun
from training.presets import Method, preset


def prepare_process(*, threads: int) -> None:
    """Set the CPU threads, and make sure, before hours of training, that curves and logs can be written.

    Raises:
        RunError: a package of the extra `train` is missing.
    """
    require("matplotlib", "curves")
    require("tensorboard", "the logs")
    torch.set_num_threads(threads)


def effective_method(name: str, settings: Sequence[str], *, device: torch.device) -> Method:
    """Give a preset with its changes.

    Unless a setting says otherwise, matrices are multiplied in bfloat16 where the device is faster so.

    Raises:
        RunError: an unknown preset or setting.
    """
    if not any(setting.partition("=")[0].strip() == "bfloat16" for setting in settings):
        settings = [*settings, f"bfloat16={str(prefers_bfloat16(device)).lower()}"]
    return preset(name, settings)


def open_synonyms(method: Method, folder: Path | None) -> Synonyms | None:
    """Open WordNet where the method needs the augmented set.

    Raises:
        RunError: it is needed, and there is none.
    """
    return open_wordnet(folder) if method.classifiers > 3 else None


def training_run(
    run: Path,
    *,
    keep: Literal["memory", "disk", "none"],
    limit: int,
    processes: Processes,
    callback: TrainingCallback,
    fresh: bool,
) -> TrainingRun:
    """Give the places of a training in its run folder.

    Args:
        run: the folder.
        keep: where the frozen layers' states are kept; on disk, in the run folder.
        limit: bytes of them that are kept at most.
        processes: that train together.
        callback: told of each stage.
        fresh: start over, whatever the folder holds.
    """
    return TrainingRun(
        run=run,
        networks=run / "networks",
        states=KeptStates(keep, limit=limit, folder=run / "states"),
        processes=processes,
        callback=callback,
        fresh=fresh,
    )
