"""Bundles that commands let judge texts, and how far they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from models.pipeline import Pipeline


def open_pipeline(
    bundle: str, *, device: str, threads: int, trunk: Path | None, always_code: bool
) -> Pipeline:
    """Load a bundle by its name or folder.

    Args:
        bundle: a folder, or a bundle of the package, such as `default`.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        threads: CPU threads.
        trunk: folder of the pretrained encoder, instead of where the bundle says.
        always_code: give each span its likeliest PT, however unsure the Normalizer is.

    Raises:
        ModelError: there is no such bundle, it is damaged, or there is no such device.
    """
    import torch

    from models.bundle import load_bundle
    from models.catalog import bundle_folder
    from models.device import resolve_device
    from models.pipeline import Pipeline

    torch.set_num_threads(threads)
    chosen = resolve_device(device)
    loaded = load_bundle(bundle_folder(bundle), trunk=trunk)
    thresholds = loaded.config.believed_from
    if always_code:
        thresholds = thresholds.model_copy(update={"normalizer": 0.0})
    return Pipeline.of(loaded, device=chosen, thresholds=thresholds)


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
