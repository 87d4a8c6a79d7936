"""The options that several commands share, so that each is named and explained in one way."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from models.options import NormalizerChoice


class KeepIn(StrEnum):
    """Where the frozen layers' states are kept."""

    MEMORY = "memory"
    DISK = "disk"
    NONE = "none"


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
    KeepIn,
    typer.Option("--keep-states", help="Where the frozen layers' states are kept for all epochs."),
]
KeepLimit = Annotated[str, typer.Option("--keep-limit", help="How much of them is kept at most.")]
Threads = Annotated[int, typer.Option("--threads", min=1, help="CPU threads.")]
Trunk = Annotated[
    Path | None,
    typer.Option("--trunk", help="Folder of the pretrained encoder, if not where the bundle says."),
]
AlwaysCode = Annotated[
    bool, typer.Option("--always-code", help="Code each span, however unsure the Normalizer is.")
]
NormalizerOption = Annotated[
    NormalizerChoice | None,
    typer.Option("--normalizer", help="Which one codes the spans; by default the bundle's choice."),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")]
