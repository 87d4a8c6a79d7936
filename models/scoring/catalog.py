"""A scorer without weights, for load tests and for tests of everything around the model.

The scorers that can be asked for by name.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from pathlib import Path

from models.errors import BundleError
from models.options import Choice, ServingOptions, no_retriever
from models.predictions import Mention, Scorer, TweetPrediction

# The codes are of MedDRA's form, but lie outside the range that MedDRA uses.
_CUES = {
    "headache": ("90000001", "Headache"),
    "nausea": ("90000002", "Nausea"),
    "nauseous": ("90000002", "Nausea"),
    "dizzy": ("90000003", "Dizziness"),
    "insomnia": ("90000004", "Insomnia"),
    "shaking": ("90000005", "Tremor"),
}
_CUE = re.compile(rf"\b(?:{'|'.join(_CUES)})\b", re.ASCII | re.IGNORECASE)
_NOTHING = TweetPrediction("NoADE", 0.1)


class DummyScorer:
    """Finds a few fixed words and codes them; always the same answer, about 1 µs a tweet.

    Args:
        delay: seconds that each tweet is made to take, for tests of a slow model.
    """

    version = "dummy-1"

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay

    def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
        """Judge each text, in order."""
        if self.delay:
            time.sleep(self.delay * len(texts))
        return [_judge(text) for text in texts]


def _judge(text: str) -> TweetPrediction:
    mentions = tuple(
        Mention(found.start(), found.end(), found[0], 0.9, *_CUES[found[0].lower()], pt_score=0.9)
        for found in _CUE.finditer(text)
    )
    return TweetPrediction("ADE", 0.9, mentions) if mentions else _NOTHING


BUNDLES_FOLDER = Path(__file__).parents[1] / "bundles"
DEFAULTS = ServingOptions()
_DUMMY = "dummy"


def load_scorer(name: str, options: ServingOptions = DEFAULTS) -> Scorer:
    """Load what `name` stands for.

    Args:
        name: `default` or another bundle of the package, the folder of a bundle, `dummy`, or
            `dummy:SECONDS`, which takes that long for each tweet.
        options: where and how it runs; of them, the dummy has no use. Nothing is cached for it, since it is
            there to show what each tweet costs.

    Raises:
        ModelError: there is no such bundle, it is damaged or has no such Normalizer, its trunk is missing, or
            there is no such device.
    """
    require_bundle(name, options.normalizer)
    if name.partition(":")[0] == _DUMMY:
        return DummyScorer(_dummy_delay(name))
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
    return CachingScorer(pipeline, options.cache) if options.cache else pipeline


def require_bundle(name: str, normalizer: Choice | None = None) -> None:
    """Check, without loading anything, that `name` stands for a scorer with this Normalizer.

    Raises:
        BundleError: there is no such bundle, or it has no such Normalizer.
    """
    if name.partition(":")[0] == _DUMMY:
        _dummy_delay(name)
        return
    folder = bundle_folder(name)
    if normalizer not in (None, "classifier") and not _has_retriever(folder):
        raise no_retriever(normalizer, folder)


def _has_retriever(folder: Path) -> bool:
    """Look into `config.json`; what is wrong with it is told by whoever loads the bundle."""
    try:
        document = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return True
    return not isinstance(document, dict) or "retrieval" in document


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


def bundle_to_change(name: str, out: Path | None) -> Path:
    """Find the folder of a bundle that is to be changed, or from which a changed one is to be made.

    Args:
        name: as in `bundle_folder`.
        out: folder of the changed one; None is in place of the old one.

    Raises:
        BundleError: there is none, or it is one of the package, which stays as it is.
    """
    if out is None and name in packaged_bundles():
        raise BundleError(
            f"{name} is a bundle of the package, which stays as it is: name a folder for a copy with --out"
        )
    return bundle_folder(name)


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
