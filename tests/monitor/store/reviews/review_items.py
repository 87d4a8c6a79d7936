"""Items and reviewers for the tests of the review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from monitor.findings import DrugLink, DrugMention, DrugNaming, Fact, FactKind, Findings
from monitor.records import ScoredPost
from monitor.review import take_sample
from monitor.settings import Settings
from monitor.store import Store
from monitor.store.reviews import DrawnSample, SampleRequest, Strategy
from tests.monitor.store.batches import POSTED, mention_of, scored, write

TEXT = "zoloft made me shaky and i cannot sleep"
TREMOR = ("10044565", "Tremor")
INSOMNIA = ("10022437", "Insomnia")
SINCE, UNTIL = POSTED - timedelta(days=1), POSTED + timedelta(days=6)


def reported(
    tweet_id: str,
    *words: str,
    drug: str = "sertraline",
    serious: bool = False,
    text: str = TEXT,
    **fields: object,
) -> ScoredPost:
    """Return a post with these effects ("shaky" by default), all linked to the drug."""
    codes = {"shaky": TREMOR, "cannot sleep": INSOMNIA}
    mentions = [mention_of(text, word, pt=codes[word]) for word in words or ("shaky",)]
    named = DrugMention(0, 6, text[:6], drug, DrugNaming.BRAND)
    links = {(mention.start, mention.end): DrugLink(named, 0.9) for mention in mentions}
    facts = (Fact(FactKind.HOSPITAL, 0, 6, text[:6]),) if serious else ()
    post = scored(tweet_id, text, *mentions, **fields)  # type: ignore[arg-type]
    return replace(post, findings=Findings((named,), links, facts))


async def fill(settings: Settings, posts: Sequence[ScoredPost]) -> None:
    """Write posts."""
    store = Store(settings)
    await write(store, posts)
    await store.close()


def draw(
    settings: Settings,
    strategy: Strategy = Strategy.RANDOM,
    *,
    size: int = 50,
    reviewers: int = 1,
    seed: int = 0,
) -> DrawnSample:
    """Draw a sample of the week of the tests."""
    return take_sample(settings, SampleRequest(strategy, SINCE, UNTIL, seed, size, reviewers))
