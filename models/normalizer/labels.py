"""The classes of the classifier: PTIDs with the names of their Preferred Terms (`labels.json`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter

from models.terminology import LONGEST_TERM, Terminology

Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TERM)]


class Label(BaseModel):
    """One class: the PT's code, as in `pt.asc`, and its name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ptid: Text
    pt_name: Text


_FILE = TypeAdapter(list[Label])


@dataclass(frozen=True)
class Labels:
    """All classes, in the order of the Normalizer's outputs; empty if the training had no codes.

    Raises:
        ValueError: a PTID is repeated.
    """

    classes: tuple[Label, ...]

    def __post_init__(self) -> None:
        counts = Counter(label.ptid for label in self.classes)
        repeated = [ptid for ptid, count in counts.items() if count > 1]
        if repeated:
            raise ValueError(f"the PTID {repeated[0]} occurs more than once")

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Labels:
        """Make labels from pairs of PTID and PT name.

        Raises:
            ValueError: one is empty, or a PTID is repeated.
        """
        return cls(tuple(Label(ptid=ptid, pt_name=pt_name) for ptid, pt_name in pairs))

    @classmethod
    def from_json(cls, data: bytes) -> Labels:
        """Parse `labels.json`, a list of `{"ptid", "pt_name"}`.

        Raises:
            ValueError: it is not JSON, or not such a list.
        """
        return cls(tuple(_FILE.validate_json(data)))

    def to_json(self) -> bytes:
        """Return the content of `labels.json`, one class a line."""
        lines = ",\n".join(label.model_dump_json() for label in self.classes)
        return f"[\n{lines}\n]\n".encode() if lines else b"[]\n"

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, index: int) -> Label:
        return self.classes[index]


def lift_labels(labels: Labels, terminology: Terminology | None) -> tuple[Label | None, ...]:
    """Return the PT of each label in a release.

    A PT that has become an LLT of another PT is lifted to that PT; a renamed PT gets its new name.

    Args:
        labels: the classes of the classifier.
        terminology: the release; without one, the labels stay as they are.

    Returns:
        A PT for each label, in their order; None if the release does not have its code.
    """
    if terminology is None:
        return labels.classes
    return tuple(_lift(label, terminology) for label in labels.classes)


def _lift(label: Label, terminology: Terminology) -> Label | None:
    ptid = terminology.pt_of(label.ptid)
    return Label(ptid=ptid, pt_name=terminology.pt_names[ptid]) if ptid is not None else None
