"""Bundles that commands let judge texts, and how far they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    import torch

    from models.bundle import Bundle, Thresholds
    from models.options import NormalizerChoice
    from models.scoring.pipeline import Pipeline


@dataclass(frozen=True)
class OpenBundle:
    """A bundle, loaded, and the device that was chosen for it."""

    bundle: Bundle
    device: torch.device


def open_bundle(folder: Path, *, device: str, threads: int, trunk: Path | None) -> OpenBundle:
    """Load a bundle, and set the threads that it is to have.

    Args:
        folder: of the bundle.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        threads: CPU threads.
        trunk: folder of the pretrained encoder, instead of where the bundle says.

    Raises:
        ModelError: the bundle is not there or damaged, or there is no such device.
    """
    import torch

    from models.bundle import load_bundle
    from models.device import resolve_device

    torch.set_num_threads(threads)
    chosen = resolve_device(device)
    return OpenBundle(load_bundle(folder, trunk=trunk), chosen)


def open_pipeline(
    bundle: str,
    *,
    device: str,
    threads: int,
    trunk: Path | None,
    always_code: bool,
    normalizer: NormalizerChoice | None,
) -> Pipeline:
    """Make a pipeline of a bundle by its name or folder.

    Args:
        bundle: a folder, or a bundle of the package, such as `default`.
        device: as `open_bundle`, like `threads` and `trunk`.
        threads: CPU threads.
        trunk: folder of the pretrained encoder, instead of where the bundle says.
        always_code: give each span its likeliest PT, however unsure the Normalizer is.
        normalizer: which one codes the spans, instead of the bundle's choice.

    Raises:
        ModelError: there is no such bundle, it is damaged or has no such Normalizer, or there is no such
            device.
    """
    from models.scoring.catalog import bundle_folder, require_bundle
    from models.scoring.pipeline import Pipeline

    require_bundle(bundle, normalizer)
    opened = open_bundle(bundle_folder(bundle), device=device, threads=threads, trunk=trunk)
    thresholds: Thresholds | None = None  # the bundle's: each Normalizer has one of its own
    if always_code:
        thresholds = opened.bundle.config.thresholds.model_copy(update={"normalizer": 0.0})
    return Pipeline.of(opened.bundle, device=opened.device, thresholds=thresholds, normalizer=normalizer)


@contextmanager
def text_progress(total: int, console: Console, *, what: str = "texts") -> Iterator[Callable[[int], None]]:
    """Show on `console` how many texts were judged; gives a function that adds to them."""
    with Progress(
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda texts: bar.advance(task, texts)
