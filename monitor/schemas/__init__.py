"""The JSON Schemas (2020-12) of the messages: tweets come in, alerts and retractions go out."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

__all__ = ["SchemaName", "schema_text"]

SchemaName = Literal["tweet", "alert", "retraction"]


def schema_text(name: SchemaName) -> str:
    """Return the text of a schema."""
    return files(__name__).joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
