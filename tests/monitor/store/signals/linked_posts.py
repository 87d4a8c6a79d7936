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


def post_of_two_drugs(tweet_id: str, first: str, second: str, pt: tuple[str, str] = TREMOR) -> ScoredPost:
    """Return a post with one effect of each of two drugs, both with the same PT."""
    text = f"{first} made me shaky, {second} too: trembling"
    mentions = [mention_of(text, words, pt=pt) for words in ("shaky", "trembling")]
    drugs = [
        DrugMention(text.index(drug), text.index(drug) + len(drug), drug, drug, DrugNaming.GENERIC)
        for drug in (first, second)
    ]
    links = {
        (mention.start, mention.end): DrugLink(drug, 0.9)
        for mention, drug in zip(mentions, drugs, strict=True)
    }
    post = scored(tweet_id, text, *mentions, author=f"author {tweet_id}")
    return replace(post, findings=Findings(links=links))


ADD_ITEMS = (
    'INSERT INTO review_items (tweet_id, bundle, version, start, "end", label, probability, ptid, drug) '
    "SELECT tweet_id, bundle, version, start, \"end\", 'ADE', 0.9, ptid, drug FROM mentions"
)
"""Makes each mention an item of the review."""
