"""Whether a verdict fits its item, and which PT a reviewer means."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import Connection, text

from monitor.store.reviews.review_records import MISSED, ReviewDecision, ReviewError, ReviewVerdict
from monitor.store.reviews.shown_items import ShownItem

NO_TERM: Final = "none"
"""The right PT, or the right drug, if there is none."""

_ALLOWED: Final = {
    "mention": tuple(decision for decision in ReviewDecision if decision is not ReviewDecision.MISSED_ADE),
    "post": (
        ReviewDecision.CORRECT,
        ReviewDecision.NOT_AN_ADE,
        ReviewDecision.WRONG_SPAN,
        ReviewDecision.CANNOT_TELL,
    ),
    "missed": (ReviewDecision.MISSED_ADE,),
    "negative": (ReviewDecision.CORRECT, ReviewDecision.MISSED_ADE, ReviewDecision.CANNOT_TELL),
}
_KINDS: Final = {
    "mention": "a mention",
    "post": "a post in which the model found no words",
    "missed": "an effect that a reviewer has added",
    "negative": "a post without an effect",
}
_NEEDS: Final = {
    ReviewDecision.WRONG_SPAN: ("right_span", "--span START:END"),
    ReviewDecision.MISSED_ADE: ("right_span", "--span START:END"),
    ReviewDecision.WRONG_PT: ("right_ptid", "--pt CODE"),
    ReviewDecision.WRONG_DRUG: ("right_drug", "--drug NAME"),
}

_KNOWN: Final = text(
    "SELECT ptid, pt_name FROM mentions WHERE ptid = :label OR lower(pt_name) = lower(:label) LIMIT 1"
)
_RELEASE: Final = text(
    "SELECT (SELECT release FROM terminology_releases ORDER BY imported_at DESC LIMIT 1) AS release, "
    "EXISTS (SELECT FROM pt_groups WHERE ptid = :code) AS has_code"
)
_CODE: Final = re.compile(r"[0-9]{8}")


def check_verdict(item: ShownItem, verdict: ReviewVerdict) -> None:
    """Check that a verdict can be given about an item, with the values that it needs.

    Raises:
        ReviewError: it cannot.
    """
    kind = _kind(item)
    if verdict.decision not in _ALLOWED[kind]:
        raise ReviewError(
            f"item {item.item_id} is {_KINDS[kind]}: it cannot be {verdict.decision}",
            f"use {', '.join(_ALLOWED[kind])}",
        )
    needed = _NEEDS.get(verdict.decision)
    if needed is None and any(value is not None for value in verdict.values[1:]):
        raise ReviewError(f"{verdict.decision} takes no right value", "leave out --span, --pt and --drug")
    if needed is not None and getattr(verdict, needed[0]) is None:
        raise ReviewError(f"{verdict.decision} needs the right value", f"add {needed[1]}")
    check_span(item, verdict.right_span)
    same = {
        "span": verdict.right_span is not None and verdict.right_span == item.span,
        "PT": verdict.right_ptid is not None and verdict.right_ptid == (item.ptid or NO_TERM),
        "drug": verdict.right_drug is not None and verdict.right_drug == (item.drug or NO_TERM),
    }
    if kind in ("mention", "post") and (names := [name for name, is_same in same.items() if is_same]):
        raise ReviewError(
            f"the right {' and '.join(names)} of item {item.item_id} is what the model said",
            "leave it out, or decide `correct`",
        )


def _kind(item: ShownItem) -> str:
    if item.label == "NoADE":
        return "negative"
    if MISSED in item.reasons:
        return "missed"
    return "post" if item.span is None else "mention"


def check_span(item: ShownItem, span: tuple[int, int] | None) -> None:
    """Check that the text of an item has a span.

    Raises:
        ReviewError: it does not, or the span has only white space.
    """
    if span is None:
        return
    start, end = span
    if not 0 <= start < end <= len(item.text):
        raise ReviewError(
            f"the span {start}:{end} is not in the text of item {item.item_id}, which has "
            f"{len(item.text)} characters",
            "write its start and its end, such as 12:18; both count characters from 0",
        )
    if not item.text[start:end].strip():
        raise ReviewError(f"the span {start}:{end} of item {item.item_id} has only white space", "correct it")


def find_pt(connection: Connection, label: str) -> tuple[str, str | None]:
    """Return code and name of the PT that a reviewer means, by its code or by its name in any case.

    A PT counts if a stored mention has it, or the imported release has its code. Without a release, every
    code of 8 digits counts.

    Raises:
        ReviewError: there is no such PT.
    """
    label = label.strip()
    if label.casefold() == NO_TERM:
        return NO_TERM, None
    known = connection.execute(_KNOWN, {"label": label}).first()
    if known is not None:
        return known.ptid, known.pt_name
    if not _CODE.fullmatch(label):
        raise ReviewError(f"no stored mention has the PT '{label:.60}'", "write its code of 8 digits")
    release = connection.execute(_RELEASE, {"code": label}).one()
    if release.release is not None and not release.has_code:
        raise ReviewError(f"MedDRA {release.release} has no PT with the code {label}", "correct the code")
    return label, None
