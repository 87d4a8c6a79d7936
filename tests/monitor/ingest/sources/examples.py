"""Example objects of every source, for tests over all sources."""

from __future__ import annotations

from typing import Any, Final

from tests.monitor.ingest.sources.examples_platforms import PLATFORM_EXAMPLES
from tests.monitor.ingest.sources.examples_x import X_EXAMPLES

CONTRACT_EXAMPLES: Final[dict[str, list[dict[str, Any]]]] = {
    "contract": [
        {"id": "1", "text": "dizzy"},
        {"id": "1", "text": "dizzy", "author_id": "5", "lang": "en", "created_at": "2024-05-01T09:00:00Z"},
        {
            "id": "bsky:did:plc:x/3k",
            "text": "dizzy",
            "platform": "bluesky",
            "kind": "quote",
            "aliases": ["2"],
        },
        {"tombstone": {"event": "delete", "id": "1"}},
    ]
}

EXAMPLES: Final[dict[str, list[dict[str, Any]]]] = {**X_EXAMPLES, **PLATFORM_EXAMPLES, **CONTRACT_EXAMPLES}
"""Names of sources, and objects that each of them must recognize."""
