"""A run of a training: its folders, kept states, processes and callback; and what commands do before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from models.device import prefers_bfloat16
from training.augmentation import Synonyms, open_wordnet
from training.errors import RunError
from training.extras import require
from training.loop import (
    SINGLE_PROCESS,
    KeepIn,
    KeptStates,
    NullCallback,
    Processes,
    TrainingCallback,
)
from training.methods.start import inherited_settings, with_start
from training.presets import Method, preset


@dataclass(frozen=True)
class TrainingRun:
    """Where and how a method is trained.

    Attributes:
        folder: the run folder, with the logs and curves of this training.
        networks: holds the state of each network after each epoch. Runs that share this folder train the
            networks that they have in common once.
        states: the frozen trunk's states, kept for all networks.
        processes: the processes that train together.
        callback: receives the events.
        fresh: start over, whatever the folders hold.
    """

    folder: Path
    networks: Path
    states: KeptStates
    processes: Processes = SINGLE_PROCESS
    callback: TrainingCallback = field(default_factory=NullCallback)
    fresh: bool = False

    @classmethod
    def in_folder(
        cls,
        folder: Path,
        *,
        keep: KeepIn,
        limit: int,
        processes: Processes,
        callback: TrainingCallback,
        fresh: bool,
    ) -> TrainingRun:
        """Create a run whose networks and kept states are in its run folder.

        Args:
            folder: the run folder.
            keep: where the frozen layers' states are kept; files are in the run folder.
            limit: bytes of states that are kept.
            processes: the processes that train together.
            callback: receives the events.
            fresh: start over, whatever the folder holds.
        """
        states = KeptStates(keep, limit=limit, folder=folder / "states")
        return cls(folder, folder / "networks", states, processes, callback, fresh)


def prepare_process(*, threads: int) -> None:
    """Set the number of CPU threads, and check early that curves and logs can be written.

    Raises:
        RunError: a package of the extra `train` is missing.
    """
    require("matplotlib", "curves")
    require("tensorboard", "the logs")
    torch.set_num_threads(threads)


def effective_method(
    name: str, settings: Sequence[str], *, device: torch.device, start_from: str | None = None
) -> Method:
    """Return a preset with changed settings.

    Unless a setting decides it, matrices are multiplied in bfloat16 if the device is faster with it. What is
    trained from a bundle reads spans and contexts as that does, and has its Normalizer.

    Args:
        name: of the preset.
        settings: each `key=value`.
        device: of the training.
        start_from: name or folder of a bundle that is trained further, in place of an encoder.

    Raises:
        RunError: an unknown preset or setting, both a bundle and an encoder to start from, or a bundle that
            cannot be trained further.
        BundleError: there is no such bundle.
    """
    keys = {setting.partition("=")[0].strip().replace("_", "-") for setting in settings}
    if "bfloat16" not in keys:
        settings = [*settings, f"bfloat16={str(prefers_bfloat16(device)).lower()}"]
    if start_from is not None:
        settings = [*settings, f"start-from={start_from}"]
    method = preset(name, settings)
    if not method.start_from:
        return method
    if "encoder" in keys:
        raise RunError(
            f"there are two things to start from, an encoder and the bundle {method.start_from}, which has "
            "one: give --encoder or --start-from"
        )
    return with_start(preset(name, [*settings, *inherited_settings(method.start_from, keys)]))


def open_synonyms(method: Method, folder: Path | None) -> Synonyms | None:
    """Open WordNet if the method needs the augmented set; otherwise return None.

    Raises:
        RunError: WordNet is needed, and was not found.
    """
    return open_wordnet(folder) if method.uses_augmented_set else None
