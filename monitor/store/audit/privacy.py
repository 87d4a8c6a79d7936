"""What stands for posts, authors and search words in the audit, where nothing can be erased.

The digests are those of `tombstones` and `compliance_events`: people who know an id find its entries, and
nobody reads an id from an entry.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitor.store.ade_report import Filters
from monitor.store.digests import LENGTH, author_subject, post_subject

if TYPE_CHECKING:
    from monitor.store.cases import CaseFilters


def post_digest(post_id: str) -> str:
    """Return the hexadecimal digits that stand for a post."""
    return post_subject(post_id).hex()


def author_digest(author_id: str) -> str:
    """Return the hexadecimal digits that stand for an author."""
    return author_subject(author_id).hex()


def words_digest(words: str) -> str:
    """Return the hexadecimal digits that stand for a text: of a post, or the words of a search."""
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()[:LENGTH].hex()


def filters_for_audit(filters: Filters | CaseFilters) -> dict[str, Any]:
    """Return the conditions of a query for the details of an entry; words are digests."""
    values = {field.name: getattr(filters, field.name) for field in fields(filters)}
    chosen = {name: value for name, value in values.items() if value not in (None, ())}
    return {name: _json_value(name, value) for name, value in chosen.items()}


def _json_value(name: str, value: Any) -> Any:
    if name == "text":
        return words_digest(value)
    if name == "drug":
        return getattr(value, "drug", value)
    if name == "groups":
        return [f"{group.kind.value} {group.code}" for group in value]
    return value.isoformat() if isinstance(value, datetime) else value
