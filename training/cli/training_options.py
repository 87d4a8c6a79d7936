"""What `train` and `distill` have in common: their options, and what these do to a method and its data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from training.errors import RunError

if TYPE_CHECKING:
    from models.terminology import Terminology
    from training.presets import Method

Preset = Annotated[
    str,
    typer.Option(help="mtl, boosting-ensemble, enhanced-ensemble, enhanced-normalizer or full."),
]
AdversarialMethod = Annotated[
    Literal["none", "fgm", "freelb"] | None,
    typer.Option("--adversarial", help="Also train on the worst small change of the embeddings."),
]
TrainedLanguages = Annotated[
    str | None,
    typer.Option(
        "--languages",
        metavar="LANGS",
        help="Languages of the texts, such as en,es; by default en. Workers skip posts in others.",
    ),
]
Mixes = Annotated[
    list[str] | None,
    typer.Option(
        "--mix",
        metavar="NAME=SHARE",
        help="Mix in another corpus: written=0.3 makes 30% of each epoch's texts generated tweets (needs "
        "--terminology), FOLDER=0.2 takes a prepared corpus. Can be repeated.",
    ),
]
WithTerminology = Annotated[
    bool,
    typer.Option(
        "--with-terminology",
        help="Put the names of the release into the bundle, which must then not be passed on.",
    ),
]
AllowModelLabels = Annotated[
    bool,
    typer.Option(
        "--allow-model-labels",
        help="Take labels that a language model gave (`ade-train label`) for annotations.",
    ),
]
RunFolder = Annotated[
    Path | None,
    typer.Option("--run", help="Run folder, to resume from; by default runs/ and the bundle's name."),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Start over, whatever the run folder holds.")]
OverwriteBundle = Annotated[bool, typer.Option("--overwrite", help="Replace another bundle at --out.")]


def changed_settings(
    settings: Sequence[str] | None, *, encoder: str | None, adversarial: str | None, languages: str | None
) -> list[str]:
    """Return all changes of a preset, as `--set` takes them."""
    options = {"encoder": encoder, "adversarial": adversarial, "languages": languages}
    return [*(settings or []), *(f"{key}={value}" for key, value in options.items() if value is not None)]


def require_searched_names(with_terminology: bool, release: Terminology | None, method: Method) -> None:
    """Check that a bundle with the names of a release searches them.

    Raises:
        RunError: it does not, or there is no release.
    """
    if with_terminology and (release is None or method.normalizer == "classifier"):
        raise RunError(
            "--with-terminology puts the names of a release into the bundle: give --terminology, and "
            "--set normalizer=hybrid or retrieval, which search them"
        )


def shown_options(option: str, values: Sequence[str]) -> list[str]:
    """Return a repeated option for the model card, which shows only the last part of a folder."""
    shown = []
    for value in values:
        name, equals, rest = value.partition("=")
        shown += [option, f"{last_part(name)}{equals}{last_part(rest)}"]
    return shown


def last_part(value: str) -> str:
    """Return the last part of a folder; anything else as it is."""
    return Path(value).resolve().name if Path(value).is_dir() else value
