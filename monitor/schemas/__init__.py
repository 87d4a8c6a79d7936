"""The JSON Schemas (2020-12) of what goes in and what comes out: `tweet.schema.json`, `alert.schema.json`."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

SchemaName = Literal["tweet", "alert"]


def schema_text(name: SchemaName) -> str:
    """Give a schema as it is written in the package."""
    return files(__name__).joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
