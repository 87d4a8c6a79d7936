"""The types of settings: bounded numbers, texts that may be unset, languages, and the section of settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_settings import NoDecode

from models.languages import parse_languages

Seconds = Annotated[float, Field(gt=0, le=86_400)]
Probability = Annotated[float, Field(ge=0, le=1)]


def _languages(value: object) -> object:
    """Accept a list of language tags, also as JSON, or tags with commas between them."""
    if isinstance(value, str) and not value.strip():
        return None  # as a compose file writes a variable that is not set
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip().startswith("[") else value.split(",")
        except (ValueError, RecursionError):
            raise ValueError('is not a list of languages: write en,es or ["en", "es"]') from None
    if not isinstance(value, list | tuple):
        return value
    if not all(isinstance(tag, str) for tag in value):
        raise ValueError('is not a list of languages: write en,es or ["en", "es"]')
    return parse_languages(tag for tag in value if tag.strip())


Languages = Annotated[tuple[str, ...] | None, BeforeValidator(_languages), NoDecode]
"""Languages by their shortest code in ISO 639; `()` means every language, None those of the bundle."""

Port = Annotated[int, Field(ge=1, le=65_535)]

BrokerChoice = Literal["tansu", "kafka"]
"""The broker that `ade-monitor up` starts: Tansu, in memory only, or Apache Kafka, on disk."""


def _unset_if_empty(value: object) -> object:
    """Return None for an empty text: a compose file writes a variable that is not set in this way."""
    return None if isinstance(value, str) and not value.strip() else value


OptionalText = Annotated[str | None, BeforeValidator(_unset_if_empty)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_unset_if_empty)]
OptionalPort = Annotated[Annotated[int, Field(ge=0, le=65_535)] | None, BeforeValidator(_unset_if_empty)]
OptionalFile = Annotated[Path | None, BeforeValidator(_unset_if_empty)]
"""A path of a file, or None. Whether the file exists is checked where it is read."""

TlsMode = Annotated[
    Literal["disable", "prefer", "require", "verify-ca", "verify-full"] | None,
    BeforeValidator(_unset_if_empty),
]
"""How PostgreSQL's client uses TLS, by its own names; None means as the URL says."""


class Section(BaseModel):
    """A group of settings: frozen, and an unknown name in it is an error rather than a silent typo."""

    model_config = ConfigDict(frozen=True, extra="forbid")
