"""The table of families, and which one a checkpoint belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from models.encoder.architectures.bert import BERT
from models.encoder.architectures.family import EncoderFamily
from models.encoder.architectures.mpnet import MPNET
from models.encoder.architectures.roberta import ROBERTA
from models.encoder.architectures.xlm_roberta import XLM_ROBERTA
from models.errors import TrunkError

FAMILIES: Final[Mapping[str, EncoderFamily]] = {
    family.model_type: family for family in (BERT, ROBERTA, XLM_ROBERTA, MPNET)
}


def family_of(config: Mapping[str, Any], path: Path) -> EncoderFamily:
    """Return the family of a checkpoint; without a `model_type` it is BERT, as in the oldest ones.

    Args:
        config: the content of its `config.json`.
        path: of that file, for the message.

    Raises:
        TrunkError: it belongs to another family; the message lists those that work.
    """
    model_type = config.get("model_type", BERT.model_type)
    family = FAMILIES.get(model_type) if isinstance(model_type, str) else None
    if family is None:
        raise TrunkError(
            f"{path} describes an encoder of type {model_type!r}, which is not supported: choose one of "
            f"{supported_encoders()}"
        )
    return family


def supported_encoders() -> str:
    """Return the families and some of their encoders, for messages."""
    return "; ".join(f"{family.title} ({', '.join(family.examples)})" for family in FAMILIES.values())
