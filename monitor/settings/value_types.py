"""The types of settings: bounded numbers, languages, and the section that rejects unknown names."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
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
        except ValueError:
            raise ValueError('is not a list of languages: write en,es or ["en", "es"]') from None
    if not isinstance(value, list | tuple):
        return value
    if not all(isinstance(tag, str) for tag in value):
        raise ValueError('is not a list of languages: write en,es or ["en", "es"]')
    return parse_languages(tag for tag in value if tag.strip())


Languages = Annotated[tuple[str, ...] | None, BeforeValidator(_languages), NoDecode]
"""Languages by their shortest code in ISO 639; `()` means every language, None those of the bundle."""

Port = Annotated[int, Field(ge=1, le=65_535)]


class Section(BaseModel):
    """A group of settings: frozen, and an unknown name in it is an error rather than a silent typo."""

    model_config = ConfigDict(frozen=True, extra="forbid")
