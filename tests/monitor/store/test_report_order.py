"""Reading goes on after any effect, without a gap and without a row that comes twice."""

from __future__ import annotations

from datetime import timedelta

from monitor.settings import Settings
from monitor.store import ALL_BUNDLES, Filters, Store, find_effects
from monitor.store.report_order import EffectKey
from tests.monitor.store.batches import POSTED, mention_of, scored, write

TEXT = "shaky, sick and dizzy"


async def test_reading_goes_on_after_each_effect(store: Store, migrated: Settings) -> None:
    for bundle in ("old", "new"):
        posts = [
            scored(
                tweet_id,
                TEXT,
                *(mention_of(TEXT, span) for span in ("shaky", "sick", "dizzy")),
                posted_at=POSTED + timedelta(microseconds=number // 2),
            )
            for number, tweet_id in enumerate(["1", "bsky:did:plc:é/3k", "A", "a"])
        ]
        await write(store, posts, bundle=bundle)
    filters = Filters(bundle=ALL_BUNDLES)
    rows = list(find_effects(migrated, filters))
    assert len(rows) == 24
    for number in (1, 2, 3, 6, 7, 12, 24):
        key = EffectKey(*(getattr(rows[number - 1], name) for name in EffectKey.__dataclass_fields__))
        assert list(find_effects(migrated, filters, after=key, any_time=True)) == rows[number:]
