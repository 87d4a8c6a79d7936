"""How to read a corpus, where its format leaves that open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, get_args

OffsetUnit = Literal["codepoints", "utf16", "bytes"]
OFFSET_UNITS: Final[tuple[OffsetUnit, ...]] = get_args(OffsetUnit)
"""What offsets may count: characters as Python does, as Java and JavaScript do, or bytes of UTF-8."""


@dataclass(frozen=True)
class CorpusOptions:
    """How to read a corpus. Each format takes some of these; the defaults suit most files.

    Attributes:
        offsets: what offsets count; None detects it from the spans.
        effect_labels: the labels of spans that are adverse effects; empty for the usual names.
        effect_relations: the relations that make their argument an adverse effect; empty for the usual names.
        whole_documents: keep a long document as one text, instead of cutting it at its sentences.
        fields: the corpus's name of a field by ours: text, label, id, context, document, tokens, tags, spans.
        allow_model_labels: read labels that a language model gave, see `training.corpora.model_labels`.
    """

    offsets: OffsetUnit | None = None
    effect_labels: tuple[str, ...] = ()
    effect_relations: tuple[str, ...] = ()
    whole_documents: bool = False
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    allow_model_labels: bool = False


DEFAULT_OPTIONS: Final = CorpusOptions()
