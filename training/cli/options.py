"""The options that several commands share, named and explained once, and what commands open with them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from models.options import NormalizerChoice
from training.errors import RunError

if TYPE_CHECKING:
    import torch

    from models.bundle import Bundle, Thresholds
    from models.predictions import Scorer
    from training.examples import Example

_SIZE: Final = re.compile(r"\s*(\d+(?:\.\d+)?(?:e\d+)?)\s*([KMGT]?)B?\s*", re.IGNORECASE)
_SIZE_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of the preset; can be repeated."),
]
EncoderSource = Annotated[
    str | None,
    typer.Option("--encoder", help="The pretrained encoder: a hub name, a folder, or package:NAME."),
]
TerminologyFolder = Annotated[
    Path | None,
    typer.Option("--terminology", help="MedDRA ASCII release: names PTs, lifts LLT codes of SMM4H files."),
]
WordNetFolder = Annotated[
    Path | None, typer.Option("--wordnet", help="Folder of WordNet's files, for the enhanced ensemble.")
]
KeepStates = Annotated[
    Literal["memory", "disk", "none"],
    typer.Option("--keep-states", help="Where the states of the frozen layers are kept for all epochs."),
]
KeepLimit = Annotated[
    str, typer.Option("--keep-limit", help="Maximum size of the kept states of the frozen layers.")
]
Threads = Annotated[int, typer.Option("--threads", min=1, help="CPU threads.")]
Trunk = Annotated[
    Path | None,
    typer.Option("--trunk", help="Folder of the pretrained encoder, if it is not where the bundle says."),
]
AlwaysCode = Annotated[
    bool, typer.Option("--always-code", help="Code each span, however unsure the Normalizer is.")
]
ChosenNormalizer = Annotated[
    NormalizerChoice | None,
    typer.Option("--normalizer", help="Which Normalizer codes the spans; by default the bundle's choice."),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")]
Json = Annotated[bool, typer.Option("--json", help="Print all figures as one JSON document.")]


def parse_size(text: str, *, option: str) -> int:
    """Return the bytes of an amount such as `4GB`, `500 MB` or `1e9`; units are powers of 1,000.

    Raises:
        RunError: it is not such an amount; the message names `option`.
    """
    match = _SIZE.fullmatch(text)
    amount = float(match[1]) * _SIZE_UNITS[match[2].upper()] if match else math.inf
    if not math.isfinite(amount):
        raise RunError(f"{option} is {text!r}: give an amount such as 4GB or 500MB")
    return round(amount)


def require_prevalence(prevalence: float | None) -> None:
    """Check the share of positives in a stream.

    Raises:
        RunError: it does not lie between 0 and 1.
    """
    if prevalence is not None and not 0 < prevalence < 1:
        raise RunError(f"--prevalence is {prevalence:g}: it must lie between 0 and 1")


def read_kinds(valid: Sequence[Path], split: str) -> list[tuple[str, list[Example]]]:
    """Read the validation texts of one kind of language or several.

    Args:
        valid: a prepared folder or a .jsonl file for each kind.
        split: of prepared folders.

    Returns:
        The name of each kind, which is that of its folder or file, and its texts.

    Raises:
        RunError: a kind lacks a class, or two have the same name.
        CorpusError: one cannot be read.
    """
    from training.corpora import read_split

    kinds: dict[str, list[Example]] = {}
    for path in valid:
        name = path.resolve().stem
        if name in kinds:
            name = str(path)
        if name in kinds:
            raise RunError(f"--valid {path} is given twice: give each kind of texts once")
        examples = read_split(path, split)
        positives = sum(example.label for example in examples)
        if positives in (0, len(examples)):
            raise RunError(
                f"of the {len(examples):,} texts in {path} {positives:,} report an adverse effect: give a "
                "file with texts of either class"
            )
        kinds[name] = examples
    return list(kinds.items())


@dataclass(frozen=True)
class OpenBundle:
    """A loaded bundle and the device that was chosen for it."""

    bundle: Bundle
    device: torch.device


def open_bundle(folder: Path, *, device: str, threads: int, trunk: Path | None) -> OpenBundle:
    """Load a bundle, and set the number of CPU threads.

    Args:
        folder: of the bundle.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        threads: CPU threads.
        trunk: folder of the pretrained encoder, instead of where the bundle says.

    Raises:
        ModelError: the bundle does not exist or is damaged, or there is no such device.
    """
    import torch

    from models.bundle import load_bundle
    from models.device import resolve_device

    torch.set_num_threads(threads)
    resolved = resolve_device(device)
    return OpenBundle(load_bundle(folder, trunk=trunk), resolved)


def open_pipeline(
    bundle: str,
    *,
    device: str,
    threads: int,
    trunk: Path | None,
    always_code: bool,
    normalizer: NormalizerChoice | None,
) -> Scorer:
    """Load a bundle, by its name or folder, into a pipeline; or the dummy.

    Args:
        bundle: a folder, a bundle of the package, such as `default`, or `dummy`, which ignores the rest.
        device: as for `open_bundle`.
        threads: as for `open_bundle`.
        trunk: as for `open_bundle`.
        always_code: give each span its likeliest PT, however unsure the Normalizer is.
        normalizer: which one codes the spans, instead of the bundle's choice.

    Raises:
        ModelError: there is no such bundle, it is damaged or has no such Normalizer, or there is no such
            device.
    """
    from models.scoring import Pipeline, bundle_folder, load_scorer, require_bundle
    from models.scoring.dummy import is_dummy

    require_bundle(bundle, normalizer)
    if is_dummy(bundle):
        return load_scorer(bundle)
    opened = open_bundle(bundle_folder(bundle), device=device, threads=threads, trunk=trunk)
    thresholds: Thresholds | None = None  # those of the bundle, which has one for each Normalizer
    if always_code:
        thresholds = opened.bundle.config.thresholds.model_copy(update={"normalizer": 0.0})
    return Pipeline.of(opened.bundle, device=opened.device, thresholds=thresholds, normalizer=normalizer)
