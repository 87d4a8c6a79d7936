"""Options that choose effects by groups of PTs (SOC, HLGT, HLT, SMQ, lists of events), and by labels."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

SocOption = Annotated[
    str | None,
    typer.Option(
        "--soc",
        metavar="NAME|CODE[:primary]",
        help="SOC of the PT; with :primary only PTs of which it is the primary one.",
    ),
]
HlgtOption = Annotated[str | None, typer.Option("--hlgt", metavar="NAME|CODE", help="HLGT of the PT.")]
HltOption = Annotated[str | None, typer.Option("--hlt", metavar="NAME|CODE", help="HLT of the PT.")]
SmqOption = Annotated[
    str | None,
    typer.Option(
        "--smq",
        metavar="NAME|CODE[:broad]",
        help="SMQ that has the PT: by the narrow search, or with :broad by the broad one.",
    ),
]
ImeOption = Annotated[
    bool, typer.Option("--ime", help="Only important medical events (list of `terminology import`).")
]
DmeOption = Annotated[
    bool, typer.Option("--dme", help="Only designated medical events (list of `terminology import`).")
]
ListednessOption = Annotated[
    Literal["listed", "listed-milder", "unlisted", "unknown"] | None,
    typer.Option("--listedness", help="Whether the imported labels of the drug list the effect."),
]
