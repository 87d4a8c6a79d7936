"""The settings of the enrichment: drugs and copies."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from monitor.settings.value_types import Section


class EnrichSettings(Section):
    """What is found out about posts in addition to their effects."""

    enabled: bool = Field(True, description="whether drugs, facts, copies and cases of posts are looked for")
    drugs: Path | None = Field(
        None, description="file with further drugs and names, in addition to those of the package"
    )
    duplicates: bool = Field(True, description="whether copies of a post count as its spread, without alerts")
    duplicate_window: int = Field(
        30, ge=1, le=3_650, description="days for which a text is remembered, to recognize its copies"
    )
