"""The classes of a Normalizer: PTIDs with the names of their Preferred Terms (`labels.json`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter

from models.terminology.terms import LONGEST_TERM

Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TERM)]


class Label(BaseModel):
    """One class: the PT's code, as in `pt.asc`, and its name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ptid: Text
    pt_name: Text


_FILE = TypeAdapter(list[Label])


@dataclass(frozen=True)
class Labels:
    """All classes, in the order of the Normalizer's outputs; none where no code was learnt."""

    classes: tuple[Label, ...]

    def __post_init__(self) -> None:
        repeated = [
            ptid for ptid, count in Counter(label.ptid for label in self.classes).items() if count > 1
        ]
        if repeated:
            raise ValueError(f"the PTID {repeated[0]} is there more than once")

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Labels:
        """Make labels from pairs of PTID and PT name.

        Raises:
            ValueError: one is empty, or a PTID is repeated.
        """
        return cls(tuple(Label(ptid=ptid, pt_name=pt_name) for ptid, pt_name in pairs))

    @classmethod
    def from_json(cls, data: bytes) -> Labels:
        """Read `labels.json`, a list of `{"ptid", "pt_name"}`.

        Raises:
            ValueError: it is not JSON, or not such a list.
        """
        return cls(tuple(_FILE.validate_json(data)))

    def to_json(self) -> bytes:
        """Write `labels.json`, one class a line."""
        lines = ",\n".join(label.model_dump_json() for label in self.classes)
        return f"[\n{lines}\n]\n".encode() if lines else b"[]\n"

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, index: int) -> Label:
        return self.classes[index]
