"""What labels of corpora mean: the class of a text, and the kind of a span or of a relation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from training.errors import CorpusError

_CLASSES: Final = {
    **dict.fromkeys(("ade", "adr", "ae", "1", "true", "yes", "positive", "pos", "related"), 1),
    **dict.fromkeys(("noade", "noadr", "noae", "nonade", "nonadr", "0", "false", "no", "negative"), 0),
    **dict.fromkeys(("neg", "notrelated", "unrelated", "none", "notade", "other"), 0),
}
_EFFECTS: Final = frozenset(
    {"adr", "ade", "ae", "sideeffect"}
    | {f"adverse{drug}{noun}" for drug in ("", "drug") for noun in ("effect", "event", "reaction")}
)
_RELATIONS: Final = _EFFECTS | {"outcomenegative", "causes", "adedrug", "drugade", "adrdrug", "drugadr"}
_DRUGS: Final = frozenset(
    ("drug", "drugs", "medication", "medicine", "chemical", "substance", "treatment", "compound")
)
_MOST_NAMED: Final = 10


def parse_class(value: Any) -> int | None:
    """Return 1 if a label means that a text reports an adverse effect, 0 if it means none, else None.

    Args:
        value: a number, true or false, or a word such as "ADE", "noADE" or "Not-Related", in any case.
    """
    if isinstance(value, bool | int | float):
        return int(value) if value in (0, 1) else None
    return _CLASSES.get(plain_label(value)) if isinstance(value, str) else None


def is_effect(label: str, chosen: Sequence[str] = ()) -> bool:
    """Return True if the label of a span means an adverse effect.

    Args:
        label: such as "ADR" or "Adverse_Effect"; case and punctuation do not matter.
        chosen: the labels that the user chose; without any, the usual names count.
    """
    return _is_among(label, chosen, _EFFECTS)


def is_adverse_relation(label: str, chosen: Sequence[str] = ()) -> bool:
    """Return True if a relation, such as "Outcome-negative" or "causes", leads to an adverse effect."""
    return _is_among(label, chosen, _RELATIONS)


def is_drug(label: str) -> bool:
    """Return True if the label of a span means a medicine."""
    return plain_label(label) in _DRUGS


def plain_label(label: str) -> str:
    """Return the letters and digits of a label, in lower case."""
    return "".join(filter(str.isalnum, label)).lower()


def require_effects(
    source: Path, labels: Iterable[str], chosen: Sequence[str], *, option: str = "--effect-label"
) -> None:
    """Check that one of the labels of a corpus means an adverse effect.

    Args:
        source: the corpus, for the message.
        labels: all labels of its spans, the most frequent first; none passes.
        chosen: as for `is_effect`.
        option: the option that chooses labels.

    Raises:
        CorpusError: none of them does; the message lists them.
    """
    names = list(dict.fromkeys(labels))
    if names and not any(is_effect(name, chosen) for name in names):
        expected = f"one of {', '.join(chosen)}" if chosen else "a type such as ADR, ADE or Adverse_Effect"
        raise CorpusError(
            f"{source} has no span of {expected}; its types: {', '.join(names[:_MOST_NAMED])}. "
            f"Name those of adverse effects with {option}"
        )


def _is_among(label: str, chosen: Sequence[str], usual: frozenset[str]) -> bool:
    names = {plain_label(name) for name in chosen} or usual
    return plain_label(label) in names
