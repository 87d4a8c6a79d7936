"""Scored tweets for the tests of the store, and plain SQL to look into its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import psycopg

from models import Candidate, Mention, TweetPrediction
from monitor.effect_reports import EffectReport
from monitor.findings import DrugLink, DrugMention, Findings
from monitor.records import Alert, Origin, Post, Progress, ReceivedPost, ScoredPost
from monitor.settings import Settings
from monitor.store import Store, Written
from monitor.store.cooldowns import CooldownRequest, Granted

POSTED = datetime(2026, 7, 1, 12, 34, 56, tzinfo=UTC)
TEXT = "day 3 on zoloft and i can't stop shaking"


def mention_of(text: str, span: str, *, pt: tuple[str, str] | None = None, score: float = 0.9) -> Mention:
    """Return a mention of the first `span` in `text`, with one runner-up if it is coded."""
    start = text.index(span)
    ptid, name = pt or (None, None)
    others = (Candidate("10001497", "Agitation", 0.125),) if pt else ()
    return Mention(start, start + len(span), span, score, ptid, name, 0.75 if pt else None, others)


def scored(
    tweet_id: str = "1",
    text: str = TEXT,
    *mentions: Mention,
    positive: bool | None = None,
    probability: float = 0.875,
    posted_at: datetime | None = POSTED,
    author: str | None = "author 7",
    lang: str | None = "en",
    offset: int | None = None,
    **fields: Any,
) -> ScoredPost:
    """Return a tweet that is positive if it has mentions, or if `positive` is True.

    Its message has an offset that depends on its id, unless `offset` is passed. `fields` are other fields of
    `Post`.
    """
    tweet = Post(tweet_id, text, author, posted_at, lang, **fields)
    place = crc32(tweet_id.encode(errors="surrogatepass")) if offset is None else offset
    received = ReceivedPost(tweet, Origin("tweets", 2, place, POSTED))
    label = "ADE" if (bool(mentions) if positive is None else positive) else "NoADE"
    return ScoredPost(received, TweetPrediction(label, probability, mentions))


def linked_to(drug: DrugMention, post: ScoredPost) -> ScoredPost:
    """Return a post whose effects are all linked to a drug."""
    links = {(mention.start, mention.end): DrugLink(drug, 0.9) for mention in post.prediction.mentions}
    return replace(post, findings=Findings((drug,), links))


def positive_tweet(tweet_id: str = "1", **changes: Any) -> ScoredPost:
    """Return a positive tweet with one coded mention."""
    return scored(tweet_id, TEXT, mention_of(TEXT, "shaking", pt=("10044565", "Tremor")), **changes)


def negative_tweet(tweet_id: str = "1", **changes: Any) -> ScoredPost:
    """Return a negative tweet."""
    return scored(tweet_id, "just picked up my zoloft", **changes)


@dataclass(frozen=True)
class EffectAlerts:
    """Decisions without rules: alerts as they are, without tags and cooldowns."""

    detected_at: datetime
    raised: Sequence[Alert]
    cooldowns: Sequence[CooldownRequest] = ()

    def tags_of(self, tweet_id: str, effect: str) -> tuple[str, ...]:
        return ()

    def alerts(self, granted: Granted) -> Sequence[Alert]:
        return self.raised


@dataclass(frozen=True)
class GivenAlerts:
    """Decisions that raise given alerts, without cooldowns and tags."""

    raising: Sequence[Alert]
    detected_at: datetime = POSTED
    cooldowns: Sequence[CooldownRequest] = ()

    def tags_of(self, tweet_id: str, effect: str) -> tuple[str, ...]:
        return ()

    def alerts(self, granted: Granted) -> Sequence[Alert]:
        return self.raising


def raised(*alerts: Alert) -> GivenAlerts:
    """Return decisions that raise these alerts."""
    return GivenAlerts(alerts)


def alert(alert_id: str, tweet_id: str = "1") -> Alert:
    """Return an alert of a tweet."""
    return Alert(alert_id, tweet_id, {"alert_id": alert_id, "text": 'he said "¿qué?" 💊'})


async def write(
    store: Store,
    tweets: Sequence[ScoredPost],
    *,
    bundle: str = "old",
    alerts: Sequence[Alert] = (),
    next_offset: int = 1,
) -> Written:
    """Write a batch of partition 2 for the group `watchers`; `alerts` are those of all its tweets."""

    def raise_alerts(reports: Sequence[EffectReport]) -> GivenAlerts:
        new_ids = {report.key[0] for report in reports}
        return raised(*(alert for alert in alerts if alert.tweet_id in new_ids))

    progress = [Progress("tweets", 2, next_offset)]
    return await store.write_batch(
        tweets, bundle=bundle, raise_alerts=raise_alerts, progress=progress, group="watchers"
    )


class Tables:
    """The tables of a database, read and changed with plain SQL."""

    def __init__(self, settings: Settings) -> None:
        self.connection = psycopg.connect(settings.database.url.get_secret_value(), autocommit=True)

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.connection.execute(statement, values or None).fetchall()

    def run(self, statement: str) -> None:
        """Run a statement that returns no rows."""
        self.connection.execute(statement)

    def sizes(self) -> dict[str, int]:
        """Return the number of rows of every table that a batch writes to."""
        names = ("tweets", "predictions", "mentions", "alert_outbox", "hourly_counts", "progress")
        return {name: self.rows(f"SELECT count(*) FROM {name}")[0][0] for name in names}

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return everything that does not depend on when it was written."""
        return {
            "tweets": self.rows("SELECT tweet_id, posted_at, lang, text, author_hash FROM tweets ORDER BY 1"),
            "predictions": self.rows(
                'SELECT tweet_id, bundle, version, label, probability, topic, partition, "offset" '
                "FROM predictions ORDER BY 1, 2, 3"
            ),
            "mentions": self.rows(
                'SELECT tweet_id, bundle, start, "end", text, score, ptid, pt_name, pt_score, runners_up '
                "FROM mentions ORDER BY tweet_id, bundle, version, start"
            ),
            "alerts": self.rows("SELECT alert_id, tweet_id, payload FROM alert_outbox ORDER BY 1"),
            "counts": self.rows("SELECT hour, bundle, seen, positive FROM hourly_counts ORDER BY 1, 2"),
        }

    def recounted(self) -> list[tuple[Any, ...]]:
        """Return what `hourly_counts` must be, counted from the predictions."""
        return self.rows(
            "SELECT date_trunc('hour', posted_at, 'UTC'), bundle, count(*), "
            "count(*) FILTER (WHERE label = 'ADE') FROM ("
            "SELECT DISTINCT ON (tweet_id, bundle) t.posted_at, bundle, label "
            "FROM predictions p JOIN tweets t USING (tweet_id) ORDER BY tweet_id, bundle, p.version DESC"
            ") AS counted GROUP BY 1, 2 ORDER BY 1, 2"
        )

    def fail_on(self, table: str, sqlstate: str) -> None:
        """Make every insert into a table fail with this SQLSTATE."""
        self.run(
            "CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN RAISE EXCEPTION 'a failure on purpose' USING ERRCODE = '{sqlstate}'; END $$"
        )
        self.run(f"CREATE TRIGGER fail BEFORE INSERT ON {table} EXECUTE FUNCTION fail()")
