"""Agreement above the PTs: predictions that are near the annotated PT, as near-synonyms are.

Sleepiness and Somnolence are two PTs that people confuse too; both lie below one High Level Term.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.terminology import Terminology


def agreement(
    predicted: Sequence[str | None], gold: Sequence[str], terminology: Terminology
) -> dict[str, float]:
    """Give the share of spans whose predicted PT lies near the annotated one.

    They agree at a level where they are the same PT or share a term of that level, on any of their ways up
    (MedDRA is multi-axial: a PT may belong to several SOCs). So agreement is at least the accuracy, and that
    at SOC level at least that at HLT level.

    Args:
        predicted: PT of each span, or None where it was left uncoded, which agrees with nothing.
        gold: annotated PT of each span, in the same order.
        terminology: lifts codes of LLTs to PTs; its hierarchy is used.

    Returns:
        "hlt" and "soc", in [0, 1]; empty where the terminology has no hierarchy, or there are no spans.

    Raises:
        ValueError: the two differ in length.
    """
    near = {"hlt": 0, "soc": 0}
    for said, meant in zip(predicted, gold, strict=True):
        if said is None:
            continue
        one, other = (terminology.pt_of(code) or code for code in (said, meant))
        near["hlt"] += one == other or bool(terminology.hlts(one) & terminology.hlts(other))
        near["soc"] += one == other or bool(terminology.socs(one) & terminology.socs(other))
    if not gold or not terminology.paths:
        return {}
    return {level: count / len(gold) for level, count in near.items()}
