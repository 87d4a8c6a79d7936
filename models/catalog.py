"""The scorers that can be asked for by name."""

from __future__ import annotations

from pathlib import Path

from models.dummy import DummyScorer
from models.errors import BundleError
from models.predictions import Scorer

BUNDLES_FOLDER = Path(__file__).parent / "bundles"
_DUMMY = "dummy"


def load_scorer(
    name: str, *, device: str = "auto", threads: int = 1, trunk: str | Path | None = None
) -> Scorer:
    """Load what `name` stands for.

    Args:
        name: `default` or another bundle of the package, the folder of a bundle, `dummy`, or
            `dummy:SECONDS`, which takes that long for each tweet.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        threads: CPU threads of the forward pass.
        trunk: folder of the pretrained encoder, instead of where the bundle says.

    Raises:
        ModelError: there is no such bundle, it is damaged, its trunk is missing, or there is no such device.
    """
    if name.partition(":")[0] == _DUMMY:
        return DummyScorer(_dummy_delay(name))
    folder = bundle_folder(name)
    from models.pipeline import Pipeline

    return Pipeline.from_bundle(folder, device=device, threads=threads, trunk=trunk)


def require_bundle(name: str) -> None:
    """Check, without loading anything, that `name` stands for a scorer.

    Raises:
        BundleError: there is no such bundle.
    """
    if name.partition(":")[0] == _DUMMY:
        _dummy_delay(name)
    else:
        bundle_folder(name)


def bundle_folder(name: str) -> Path:
    """Find the folder of a bundle by its name in the package, or by its path.

    Raises:
        BundleError: it is neither; the message lists the names there are.
    """
    packaged = packaged_bundles()
    if name in packaged:
        return packaged[name]
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    known = ", ".join([*packaged, _DUMMY])
    raise BundleError(
        f"there is no bundle {name!r}: it is neither a folder nor one of {known}; correct --bundle or "
        "ADE_MODEL__BUNDLE"
    )


def _dummy_delay(name: str) -> float:
    _, _, seconds = name.partition(":")
    try:
        delay = float(seconds or 0)
    except ValueError:
        delay = -1
    if not 0 <= delay <= 60:
        raise BundleError(f"{name!r}: the dummy takes 0 to 60 seconds a tweet, such as dummy:0.01")
    return delay


def packaged_bundles() -> dict[str, Path]:
    """Give the bundles that ship with the package, by name."""
    if not BUNDLES_FOLDER.is_dir():
        return {}
    return {
        folder.name: folder
        for folder in sorted(BUNDLES_FOLDER.iterdir())
        if (folder / "config.json").is_file()
    }
