"""From the labels that a classifier learnt to the Preferred Terms of the release in use."""

from __future__ import annotations

from models.labels import Label, Labels
from models.terminology import Terminology


def lifted(labels: Labels, terminology: Terminology | None) -> tuple[Label | None, ...]:
    """Say what each label is in a release.

    A PT that has become an LLT of another PT is lifted to that; a PT that was renamed has its new name.

    Args:
        labels: the classes of the classifier.
        terminology: the release; None where the labels serve.

    Returns:
        One for each label, in their order; None where the release has no such code.
    """
    if terminology is None:
        return labels.classes
    return tuple(_lifted(label, terminology) for label in labels.classes)


def _lifted(label: Label, terminology: Terminology) -> Label | None:
    ptid = terminology.pt_of(label.ptid)
    return Label(ptid=ptid, pt_name=terminology.pt_names[ptid]) if ptid is not None else None
