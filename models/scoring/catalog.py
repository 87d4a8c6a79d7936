"""Scorers and bundles by name: the bundles that ship with the package, folders, and the dummy.

Nothing here imports torch until `load_scorer` loads a bundle.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models.errors import BundleError, Problem
from models.languages import primary_language
from models.options import NormalizerChoice, ServingOptions, retriever_missing
from models.predictions import Scorer
from models.scoring.dummy import DUMMY, DummyScorer, dummy_delay, is_dummy

BUNDLES_FOLDER = Path(__file__).parents[1] / "bundles"
DEFAULTS = ServingOptions()


def load_scorer(name: str, options: ServingOptions = DEFAULTS) -> Scorer:
    """Load the scorer called `name`.

    Args:
        name: `default` or another bundle of the package, the folder of a bundle, `dummy`, or
            `dummy:SECONDS`, which takes that long for each tweet.
        options: where and how it runs. The dummy ignores them and is never cached, since it is there to
            show what each tweet costs.

    Raises:
        ModelError: there is no such bundle, it is damaged or lacks the chosen Normalizer, its trunk is
            missing, or there is no such device.
    """
    require_bundle(name, options.normalizer)
    if is_dummy(name):
        return DummyScorer(dummy_delay(name))
    from models.scoring.cache import CachingScorer
    from models.scoring.pipeline import Pipeline

    pipeline = Pipeline.from_bundle(
        bundle_folder(name),
        device=options.device,
        threads=options.threads,
        precision=options.precision,
        trunk=options.trunk,
        normalizer=options.normalizer,
    )
    if not options.cache:
        return pipeline
    return CachingScorer(pipeline, options.cache, reads_context=pipeline.reads_context)


def require_bundle(name: str, normalizer: NormalizerChoice | None = None) -> None:
    """Check, without loading anything, that there is a scorer called `name` with this Normalizer.

    Raises:
        BundleError: there is no such bundle, or it lacks the Normalizer.
    """
    if is_dummy(name):
        dummy_delay(name)
        return
    folder = bundle_folder(name)
    if normalizer not in (None, "classifier") and not _has_retriever(folder):
        raise retriever_missing(normalizer, folder)


def trained_languages(name: str) -> tuple[str, ...]:
    """Return the languages that a scorer was trained on, without loading it; none if they are not stated.

    Raises:
        BundleError: there is no scorer called `name`.
    """
    if is_dummy(name):
        return ()
    languages = (_read_config(bundle_folder(name)) or {}).get("languages")
    return tuple(filter(None, map(primary_language, languages))) if isinstance(languages, list) else ()


def reads_contexts(name: str) -> bool:
    """Return True if a scorer, or its second reader, reads the contexts of posts, without loading it.

    Raises:
        BundleError: there is no scorer called `name`.
    """
    if is_dummy(name):
        return False
    folder = bundle_folder(name)
    readers = (_read_config(folder), _read_config(folder / "second"))
    options = [reader.get("options") for reader in readers if reader]
    return any(isinstance(option, dict) and option.get("reads_context") is True for option in options)


def second_encoder(name: str) -> str | None:
    """Return the encoder of a scorer's second reader, without loading it; None if it has one reader.

    Raises:
        BundleError: there is no scorer called `name`.
    """
    if is_dummy(name):
        return None
    encoder = (_read_config(bundle_folder(name) / "second") or {}).get("encoder")
    return encoder if isinstance(encoder, str) else None


def _has_retriever(folder: Path) -> bool:
    document = _read_config(folder)
    return document is None or "retrieval" in document


def _read_config(folder: Path) -> dict[str, Any] | None:
    """Read `config.json` unchecked, or return None; loading reports a damaged config.json better."""
    try:
        document = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def packaged_bundles() -> dict[str, Path]:
    """Return the folders of the bundles that ship with the package, by name."""
    if not BUNDLES_FOLDER.is_dir():
        return {}
    return {
        folder.name: folder
        for folder in sorted(BUNDLES_FOLDER.iterdir())
        if (folder / "config.json").is_file()
    }


def bundle_folder(name: str) -> Path:
    """Return the folder of a bundle, given its name in the package or its path.

    Raises:
        BundleError: there is none; the message lists the available names.
    """
    packaged = packaged_bundles()
    if name in packaged:
        return packaged[name]
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if is_dummy(name):
        raise BundleError(
            f"{name} is a scorer without weights, and this needs a bundle: a folder, or "
            f"{', '.join(packaged)}",
            problem=Problem.UNKNOWN_BUNDLE,
        )
    names = ", ".join([*packaged, DUMMY])
    raise BundleError(
        f"there is no bundle {name!r}: it is neither a folder nor one of {names}",
        problem=Problem.UNKNOWN_BUNDLE,
    )


def bundle_to_change(name: str, out: Path | None) -> Path:
    """Return the folder of a bundle that is to be changed in place, or into a copy.

    Args:
        name: as for `bundle_folder`.
        out: folder of the copy; None changes the bundle itself.

    Raises:
        BundleError: there is none, or it is a bundle of the package, which stays as it is.
    """
    if out is None and name in packaged_bundles():
        raise BundleError(
            f"{name} is a bundle of the package, which cannot be changed in place",
            problem=Problem.PACKAGED_BUNDLE,
        )
    return bundle_folder(name)
