"""The columns that a batch writes, table by table: the name of each column, and where its value comes from.

`tables.py` has the type of each column, and `statements.py` builds the SQL from both. So a new column of
`predictions` is one line there and one line here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from models import Mention
from models.predictions import clamp_optional, clamp_probability
from monitor.effect_reports import EffectKey, effect_of
from monitor.findings import DrugLink, DrugMention, Fact
from monitor.records import Alert, ContextPart, Progress, ScoredPost
from monitor.store.author_keys import AuthorKeys
from monitor.store.versions import History

Record = TypeVar("Record")

ColumnValues = Mapping[str, Callable[[Record], Any]]
"""For each column, the function that takes its value from the record of a row."""


class PostRow(NamedTuple):
    """A row of `tweets`.

    Attributes:
        posted_at: when it was posted, as its first version said: that decides its month, and the hour that
            counts it.
        current: the post that has the current version.
        history: the versions so far.
        shows_text: True if the text is stored, with its address and its context. That needs an adverse effect
            in the prediction that is kept: one that comes again, with another label, is not. Negative posts
            that are sampled for review have their text, too.
    """

    posted_at: datetime
    current: ScoredPost
    history: History
    shows_text: bool

    @property
    def tweet_id(self) -> str:
        """Id of the post."""
        return self.current.received.post.id


class AliasRow(NamedTuple):
    """A row of `post_aliases`."""

    alias: str
    tweet_id: str


class PredictionRow(NamedTuple):
    """A row of `predictions`: a scored post, and which version of the post it is.

    Attributes:
        posted_at: when the post was posted, as its row has it.
        inclusion: probability with which the prediction is stored; less than 1 for a sample of negative ones.
    """

    scored: ScoredPost
    version: int
    posted_at: datetime
    inclusion: float = 1.0

    @property
    def tweet_id(self) -> str:
        """Id of the post."""
        return self.scored.received.post.id


class MentionRow(NamedTuple):
    """A row of `mentions`: a mention of an effect, its drug and its case if it has them, and its tags."""

    tweet_id: str
    version: int
    posted_at: datetime
    mention: Mention
    drug: DrugLink | None = None
    case_id: str | None = None
    tags: Sequence[str] = ()


class DrugRow(NamedTuple):
    """A row of `post_drugs`."""

    tweet_id: str
    version: int
    posted_at: datetime
    mention: DrugMention


class FactRow(NamedTuple):
    """A row of `post_facts`."""

    tweet_id: str
    version: int
    posted_at: datetime
    fact: Fact


class HourlyDrugCount(NamedTuple):
    """A row of `hourly_drug_counts`: what a batch adds to one hour (UTC) of a drug."""

    hour: datetime
    drug: str
    seen: int
    positive: int


class HourlyCount(NamedTuple):
    """A row of `hourly_counts`: what a batch adds to one hour (UTC)."""

    hour: datetime
    seen: int
    positive: int


def tweet_columns(keys: AuthorKeys) -> ColumnValues[PostRow]:
    """Return the columns of `tweets`; `keys` are those of the authors' hashes."""
    post = "current.received.post"
    key_id = keys.current_id
    return {
        "tweet_id": attrgetter("tweet_id"),
        "posted_at": attrgetter("posted_at"),
        "lang": attrgetter(f"{post}.lang"),
        "text": lambda row: row.current.received.post.text if row.shows_text else None,
        "author_hash": lambda row: keys.hash(row.current.received.post.author_id),
        "author_key_id": lambda row: key_id if row.current.received.post.author_id is not None else None,
        "platform": attrgetter(f"{post}.platform"),
        "kind": attrgetter(f"{post}.kind.value"),
        "referenced_id": attrgetter(f"{post}.referenced_id"),
        "url": lambda row: row.current.received.post.url if row.shows_text else None,
        "context": lambda row: _context(row.current.received.post.context) if row.shows_text else None,
        "edited_at": attrgetter("history.edited_at"),
        "version": attrgetter("history.version"),
        "text_digests": lambda row: b"".join(row.history.digests).hex(),
    }


TIME_COLUMNS: ColumnValues[PostRow] = {
    "tweet_id": attrgetter("tweet_id"),
    "posted_at": attrgetter("posted_at"),
}

ALIAS_COLUMNS: ColumnValues[AliasRow] = {
    "alias": attrgetter("alias"),
    "tweet_id": attrgetter("tweet_id"),
}

PREDICTION_COLUMNS: ColumnValues[PredictionRow] = {
    "tweet_id": attrgetter("tweet_id"),
    "posted_at": attrgetter("posted_at"),
    "version": attrgetter("version"),
    "label": attrgetter("scored.prediction.label"),
    "probability": lambda row: clamp_probability(row.scored.prediction.probability),
    "topic": attrgetter("scored.received.origin.topic"),
    "partition": attrgetter("scored.received.origin.partition"),
    "offset": attrgetter("scored.received.origin.offset"),
    "first_probability": lambda row: clamp_optional(row.scored.prediction.first_probability),
    "second_probability": lambda row: clamp_optional(row.scored.prediction.second_probability),
    "inclusion": attrgetter("inclusion"),
}

MENTION_COLUMNS: ColumnValues[MentionRow] = {
    "tweet_id": attrgetter("tweet_id"),
    "posted_at": attrgetter("posted_at"),
    "version": attrgetter("version"),
    "start": attrgetter("mention.start"),
    "end": attrgetter("mention.end"),
    "text": attrgetter("mention.text"),
    "score": lambda row: clamp_probability(row.mention.score),
    "ptid": attrgetter("mention.ptid"),
    "pt_name": attrgetter("mention.pt_name"),
    "pt_score": lambda row: clamp_optional(row.mention.pt_score),
    "runners_up": lambda row: _runners_up(row.mention),
    "drug": lambda row: row.drug and row.drug.drug.drug,
    "drug_text": lambda row: row.drug and row.drug.drug.text,
    "drug_atc": lambda row: row.drug and row.drug.drug.atc,
    "drug_score": lambda row: clamp_optional(row.drug.score if row.drug else None),
    "drug_place": lambda row: row.drug and row.drug.drug.place.value,
    "case_id": attrgetter("case_id"),
    "tags": lambda row: _json(list(row.tags)),
}

DRUG_COLUMNS: ColumnValues[DrugRow] = {
    "tweet_id": attrgetter("tweet_id"),
    "posted_at": attrgetter("posted_at"),
    "version": attrgetter("version"),
    "part": lambda row: 0 if row.mention.part is None else row.mention.part + 1,
    "start": attrgetter("mention.start"),
    "end": attrgetter("mention.end"),
    "drug": attrgetter("mention.drug"),
    "text": attrgetter("mention.text"),
    "atc": attrgetter("mention.atc"),
    "naming": attrgetter("mention.naming.value"),
    "place": attrgetter("mention.place.value"),
}

FACT_COLUMNS: ColumnValues[FactRow] = {
    "tweet_id": attrgetter("tweet_id"),
    "posted_at": attrgetter("posted_at"),
    "version": attrgetter("version"),
    "kind": attrgetter("fact.kind.value"),
    "start": attrgetter("fact.start"),
    "end": attrgetter("fact.end"),
    "text": attrgetter("fact.text"),
    "value": attrgetter("fact.value"),
}

DRUG_COUNT_COLUMNS: ColumnValues[HourlyDrugCount] = {
    "hour": attrgetter("hour"),
    "drug": attrgetter("drug"),
    "seen": attrgetter("seen"),
    "positive": attrgetter("positive"),
}

ALERT_COLUMNS: ColumnValues[Alert] = {
    "alert_id": attrgetter("alert_id"),
    "tweet_id": attrgetter("tweet_id"),
    "payload": lambda alert: _json(dict(alert.payload)),
}

COUNT_COLUMNS: ColumnValues[HourlyCount] = {
    "hour": attrgetter("hour"),
    "seen": attrgetter("seen"),
    "positive": attrgetter("positive"),
}

PROGRESS_COLUMNS: ColumnValues[Progress] = {
    "topic": attrgetter("topic"),
    "partition": attrgetter("partition"),
    "next_offset": attrgetter("next_offset"),
    "topic_id": attrgetter("topic_id"),
}


def is_positive(row: ScoredPost) -> bool:
    """Return True if the post reports an adverse effect."""
    return row.prediction.label == "ADE"


def alias_rows(posts: Iterable[ScoredPost]) -> list[AliasRow]:
    """Return the rows of `post_aliases` for `posts`, in the order of the aliases."""
    tweet_ids = {
        alias: row.received.post.id
        for row in posts
        for alias in row.received.post.aliases
        if alias != row.received.post.id
    }
    return [AliasRow(alias, tweet_ids[alias]) for alias in sorted(tweet_ids)]


def mention_rows(
    predictions: Iterable[PredictionRow],
    cases: Mapping[EffectKey, str],
    tags: Mapping[EffectKey, Sequence[str]],
) -> list[MentionRow]:
    """Return the rows of `mentions` for `predictions`, with the cases and the tags of their effects."""
    return [
        MentionRow(
            row.tweet_id,
            row.version,
            row.posted_at,
            mention,
            row.scored.findings.links.get((mention.start, mention.end)),
            cases.get((row.tweet_id, effect_of(mention))),
            tags.get((row.tweet_id, effect_of(mention)), ()),
        )
        for row in predictions
        for mention in row.scored.prediction.mentions
    ]


def drug_rows(predictions: Iterable[PredictionRow]) -> list[DrugRow]:
    """Return the rows of `post_drugs` for those of `predictions` that are positive or for review."""
    return [
        DrugRow(row.tweet_id, row.version, row.posted_at, drug)
        for row in predictions
        if is_positive(row.scored) or row.inclusion < 1
        for drug in row.scored.findings.drugs
    ]


def fact_rows(predictions: Iterable[PredictionRow]) -> list[FactRow]:
    """Return the rows of `post_facts` for `predictions`."""
    return [
        FactRow(row.tweet_id, row.version, row.posted_at, fact)
        for row in predictions
        for fact in row.scored.findings.facts
    ]


def with_distinct_spans(scored: ScoredPost) -> ScoredPost:
    """Return a scored post with one mention for each span, the first: the table has no place for another.

    An alert of another one would name an effect that is not stored.
    """
    mentions = scored.prediction.mentions
    distinct = {(mention.start, mention.end): mention for mention in reversed(mentions)}
    if len(distinct) == len(mentions):
        return scored
    kept = tuple(mention for mention in mentions if distinct[mention.start, mention.end] is mention)
    return replace(scored, prediction=replace(scored.prediction, mentions=kept))


def _context(parts: Sequence[ContextPart]) -> str | None:
    return _json([part.record() for part in parts]) if parts else None


def _runners_up(mention: Mention) -> str:
    return _json(
        [
            {"ptid": candidate.ptid, "pt_name": candidate.pt_name, "score": candidate.score}
            for candidate in mention.runners_up
        ]
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
