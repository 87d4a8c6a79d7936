"""The settings of E2B(R3) messages: who sends them, to whom, and the version of MedDRA."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from monitor.settings.value_types import OptionalText, Section

_VERSION: Final = re.compile(r"[0-9]{1,2}\.[0-9]")
_LONGEST: Final = 60
"""Characters of an identifier of a sender or receiver (N.1.3, N.1.4)."""


def _identifier(value: str | None) -> str | None:
    if value is None:
        return None
    if len(value.strip()) > _LONGEST:
        raise ValueError(f"has {len(value.strip())} characters, and E2B(R3) allows {_LONGEST}")
    return value.strip()


def _country(value: str | None) -> str | None:
    """Accept two letters in any case, and return capitals."""
    if value is not None and not re.fullmatch("[A-Za-z]{2}", value.strip()):
        raise ValueError("is not a country: write two letters of ISO 3166-1, such as US")
    return value.strip().upper() if value else None


def _version(value: str | None) -> str | None:
    if value is not None and not _VERSION.fullmatch(value.strip()):
        raise ValueError("is not a version of MedDRA: write it as in 27.1")
    return value.strip() if value else None


Identifier = Annotated[OptionalText, AfterValidator(_identifier)]


class E2bSettings(Section):
    """Who sends the messages of `ade-monitor export e2b`, and to whom."""

    organization: Identifier = Field(
        None, description="name of your organisation; it is also part of the identifier of each report"
    )
    country: Annotated[OptionalText, AfterValidator(_country)] = Field(
        None, description="your country, two letters of ISO 3166-1, such as US"
    )
    sender_type: Literal["1", "2", "3", "4", "5", "6", "7"] = Field(
        "1",
        description="1 pharmaceutical company, 2 regulatory authority, 3 health professional, 4 regional "
        "centre, 5 WHO centre, 6 other, 7 patient or consumer",
    )
    sender_id: Identifier = Field(None, description="identifier by which the receiver knows you")
    receiver_id: Identifier = Field(None, description="identifier of the receiver of your batches")
    message_receiver_id: Identifier = Field(
        None, description="identifier of the receiver of each message, by default receiver_id"
    )
    meddra_version: Annotated[OptionalText, AfterValidator(_version)] = Field(
        None,
        description="version of MedDRA of the codes, as in 27.1; by default that of the imported release",
    )

    @staticmethod
    def is_version(text: str) -> bool:
        """Return True if a text looks like a version of MedDRA, as in 27.1."""
        return bool(_VERSION.fullmatch(text))
