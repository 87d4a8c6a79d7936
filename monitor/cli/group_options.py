"""Options that choose effects by groups of PTs (SOC, HLGT, HLT, SMQ, lists of events), and by labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from monitor.settings import Settings
    from monitor.store.group_filters import GroupFilter

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


def group_filters_of(
    settings: Settings,
    *,
    soc: str | None = None,
    hlgt: str | None = None,
    hlt: str | None = None,
    smq: str | None = None,
    ime: bool = False,
    dme: bool = False,
) -> tuple[GroupFilter, ...]:
    """Return the filters of these options; the database is not asked if there is none.

    Raises:
        UnknownGroupError: the imported release has no such group; the message has names that are close.
        MonitorError: the database is away or refuses.
    """
    from models.terminology import GroupKind
    from monitor.store.group_filters import find_groups

    requests: list[tuple[GroupKind, str]] = []
    if soc is not None:
        name, is_primary = _without_suffix(soc, ":primary")
        requests.append((GroupKind.PRIMARY_SOC if is_primary else GroupKind.SOC, name))
    if hlgt is not None:
        requests.append((GroupKind.HLGT, hlgt))
    if hlt is not None:
        requests.append((GroupKind.HLT, hlt))
    if smq is not None:
        name, is_broad = _without_suffix(smq, ":broad")
        name, _ = _without_suffix(name, ":narrow")
        requests.append((GroupKind.SMQ_BROAD if is_broad else GroupKind.SMQ_NARROW, name))
    lists = {GroupKind.IME: ime, GroupKind.DME: dme}
    requests.extend((kind, kind.value) for kind, is_chosen in lists.items() if is_chosen)
    return find_groups(settings, requests)


def _without_suffix(text: str, suffix: str) -> tuple[str, bool]:
    """Return a text without a suffix in any case, and whether it had it."""
    if text.casefold().endswith(suffix):
        return text[: -len(suffix)], True
    return text, False
