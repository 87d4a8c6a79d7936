"""Labels that a language model gave, marked so that nobody takes them for those of a person.

Their records are those of `ade-train prepare`, with three more fields: `"source": "model"`, `"model"` (its
name) and `"prompt"` (the version of the prompt). Somebody who has reviewed a record removes `source`, or
writes something else there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from training.corpora.corpus_options import CorpusOptions
from training.errors import CorpusError

SOURCE_FIELD: Final = "source"
MODEL_SOURCE: Final = "model"


def mark_model_labels(record: Mapping[str, Any], *, model: str, prompt: str) -> dict[str, Any]:
    """Return a record with the marks of a model's labels.

    Args:
        record: as `example_record` returns it.
        model: its name.
        prompt: version of the prompt.
    """
    return {**record, SOURCE_FIELD: MODEL_SOURCE, "model": model, "prompt": prompt}


def has_model_labels(record: Any) -> bool:
    """Return True if a record says that a model labelled it."""
    return isinstance(record, Mapping) and record.get(SOURCE_FIELD) == MODEL_SOURCE


def refuse_model_labels(record: Any, options: CorpusOptions, path: Path, line: int) -> None:
    """Refuse a record that a model labelled, unless the options allow it.

    Raises:
        CorpusError: a model labelled it.
    """
    if has_model_labels(record) and not options.allow_model_labels:
        name = record.get("model") or "a language model"
        raise CorpusError(
            f"{path}, line {line}: {name} gave these labels, not a person. Review them and remove "
            f'"{SOURCE_FIELD}", or take the texts alone: `ade-train distill --texts`. `ade-train train` and '
            "`ade-train evaluate` read such labels with --allow-model-labels"
        )
