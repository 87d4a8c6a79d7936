"""Posts that link an effect to a drug, each a case of its own, for the tests of signals."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from monitor.findings import DrugLink, DrugMention, DrugNaming, Findings
from monitor.records import ScoredPost
from tests.monitor.store.batches import POSTED, mention_of, scored

TREMOR = ("10044565", "Tremor")
NAUSEA = ("10028813", "Nausea")


def linked_post(
    tweet_id: str,
    drug: str | None,
    pt: tuple[str, str] | None = TREMOR,
    *,
    at: datetime = POSTED,
    **fields: Any,
) -> ScoredPost:
    """Return a post with one effect of a drug, by an author of its own unless `author` is stated."""
    text = f"{drug} did {tweet_id} to me"
    mention = mention_of(text, f"did {tweet_id}", pt=pt)
    links = {}
    if drug is not None:
        named = DrugMention(0, len(drug), drug, drug, DrugNaming.GENERIC)
        links = {(mention.start, mention.end): DrugLink(named, 0.9)}
    post = scored(
        tweet_id, text, mention, posted_at=at, author=fields.pop("author", f"author {tweet_id}"), **fields
    )
    return replace(post, findings=Findings(links=links))
