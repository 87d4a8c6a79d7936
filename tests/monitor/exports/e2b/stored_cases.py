"""Cases in a database, for exports of E2B(R3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from monitor.findings import DrugLink, DrugMention, DrugNaming, Fact, FactKind, Findings
from monitor.records import ScoredPost
from monitor.settings import E2bSettings, PrivacySettings, Settings
from monitor.store import Store
from tests.monitor.store.batches import mention_of, scored, write

TEXT = "zoloft made me shaky\x0b, i ended up in the hospital, thanks @pete"
SENDER = E2bSettings(
    organization="Example Pharma",
    country="us",
    sender_id="EXAMPLE",
    receiver_id="AUTHORITY",
    meddra_version="27.1",
)


def post(
    tweet_id: str,
    *,
    drug: str | None = "sertraline",
    missing: Sequence[str] = (),
    effects: Sequence[tuple[str, str]] = (("shaky", "10044565"),),
    **fields: Any,
) -> ScoredPost:
    mentions = [mention_of(TEXT, words, pt=(code, f"Term {code}")) for words, code in effects]
    links = {}
    if drug is not None:
        named = DrugMention(0, 6, "zoloft", drug, DrugNaming.BRAND, "N06AB06")
        links = {(mention.start, mention.end): DrugLink(named, 0.9) for mention in mentions}
    start = TEXT.index("hospital")
    facts = (
        Fact(FactKind.HOSPITAL, start, start + 8, "hospital"),
        Fact(FactKind.PATIENT, 12, 14, "me", "self"),
    )
    return replace(
        scored(tweet_id, TEXT, *mentions, **fields),
        findings=Findings(links=links, facts=facts, missing=tuple(missing)),
    )


async def with_cases(settings: Settings) -> Settings:
    """Store two reports of a post, a candidate, and a case without a drug. Return settings with a sender."""
    privacy = PrivacySettings(author_key=SecretStr("k" * 32))
    settings = settings.model_copy(update={"privacy": privacy, "e2b": SENDER})
    store = Store(settings)
    rows = [
        post("1", author="ann", effects=[("shaky", "10044565"), ("hospital", "10020057")]),
        post("2", author="bob", missing=["patient"]),
        post("3", author="cem", drug=None, missing=["product"]),
    ]
    await write(store, rows)
    await store.close()
    return settings
