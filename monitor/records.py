"""The records that pass from stage to stage: a message, its posts and events, predictions, alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from models import TweetPrediction
from monitor.errors import PoisonError
from monitor.findings import NO_FINDINGS, Findings


class PostKind(StrEnum):
    """How a post refers to another one."""

    ORIGINAL = "original"
    REPOST = "repost"
    QUOTE = "quote"
    REPLY = "reply"


class ContextKind(StrEnum):
    """What a text in the context of a post is: a quoted post, the answered post, a thread's title, a place.

    A place is a forum, a group, or the page of a product.
    """

    QUOTED = "quoted"
    PARENT = "parent"
    TITLE = "title"
    PLACE = "place"


_CONTEXT_ORDER: Final = (ContextKind.TITLE, ContextKind.PLACE, ContextKind.QUOTED, ContextKind.PARENT)

LONGEST_CONTEXT: Final = 1_000
"""Most characters of a post's context that a model gets, more than any model reads."""


@dataclass(frozen=True, slots=True)
class ContextPart:
    """A text that the author answers or writes under; never part of the author's own words.

    Attributes:
        kind: what it is.
        text: the text.
        id: canonical id of the post that it is from, or None.
    """

    kind: ContextKind
    text: str
    id: str | None = None

    def record(self) -> dict[str, str]:
        """Return the part as a JSON object, as in the message contract."""
        record = {"kind": self.kind.value, "text": self.text}
        return record if self.id is None else record | {"id": self.id}


@dataclass(frozen=True, slots=True)
class Post:
    """A valid post of any platform, for example a tweet.

    Attributes:
        id: canonical id, as text. On X it is the number of the tweet, or of its first version if it was
            edited. Ids of other platforms have a prefix, as in `bsky:did:plc:…/3k…`; see `docs/sources.md`.
        text: the author's own words. Offsets of mentions count its code points.
        author_id: canonical id of the author, or None; never stored as it is.
        created_at: when it was posted, timezone-aware, or None.
        lang: BCP 47 language tag from the platform, or None.
        platform: name of the platform, such as "x" or "bluesky", or None if the producer does not state it.
        kind: how it refers to another post.
        referenced_id: canonical id of the post that it repeats, quotes or answers, or None.
        url: address of the post, or None.
        edited_at: when this version was written, timezone-aware, or None if the post was never edited.
        aliases: other ids under which the platform may name this post, for example those of its edits on X.
        context: what the author answers or writes under.
    """

    id: str
    text: str
    author_id: str | None = None
    created_at: datetime | None = None
    lang: str | None = None
    platform: str | None = None
    kind: PostKind = PostKind.ORIGINAL
    referenced_id: str | None = None
    url: str | None = None
    edited_at: datetime | None = None
    aliases: tuple[str, ...] = ()
    context: tuple[ContextPart, ...] = ()

    @property
    def context_text(self) -> str:
        """The context as one text, for the model: "Lipitor. How I sleep"; empty if there is none.

        Titles come first, then places, quoted posts, and answered posts: a model reads the beginning alone,
        and short texts name a medicine more often than long ones.
        """
        if not self.context:
            return ""
        parts = sorted(self.context, key=lambda part: _CONTEXT_ORDER.index(part.kind))
        return ". ".join(part.text.strip()[:LONGEST_CONTEXT] for part in parts)[:LONGEST_CONTEXT]


class EventKind(StrEnum):
    """What a platform reports about a post or an author."""

    DELETE = "delete"
    UNDELETE = "undelete"
    WITHHELD = "withheld"
    TWEET_EDIT = "tweet_edit"
    USER_DELETE = "user_delete"
    USER_UNDELETE = "user_undelete"
    USER_PROTECT = "user_protect"
    USER_UNPROTECT = "user_unprotect"
    USER_SUSPEND = "user_suspend"
    USER_UNSUSPEND = "user_unsuspend"
    USER_WITHHELD = "user_withheld"
    SCRUB_GEO = "scrub_geo"

    @property
    def about_author(self) -> bool:
        """True if the event is about all posts of an author, False if it is about one post."""
        return self.startswith("user_") or self is EventKind.SCRUB_GEO


@dataclass(frozen=True, slots=True)
class ComplianceEvent:
    """A deletion, an edit or another event that changes what may be stored.

    Attributes:
        kind: what happened.
        post_id: canonical id of the post, or an alias of it; None if the event is about an author.
        author_id: canonical id of the author, or None if the event is about a post.
        at: when it happened, timezone-aware, or None if the platform does not state it.
        aliases: other ids of the post; of a `tweet_edit`, the ids of its versions.
    """

    kind: EventKind
    post_id: str | None = None
    author_id: str | None = None
    at: datetime | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """The Kafka message that posts were read from.

    Attributes:
        topic: name of the topic.
        partition: partition of the topic.
        offset: offset in the partition.
        timestamp: when Kafka received the message, timezone-aware.
        key: key of the message as raw bytes, or None.
        value: value of the message as raw bytes, or None. Not part of `repr`: it holds a post.
        source: name of the source of the message, from its header `source`, or None.
        topic_id: id of the topic, which another topic with the same name does not have; None if it is not
            known.
    """

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: bytes | None = field(default=None, repr=False)
    value: bytes | None = field(default=None, repr=False)
    source: str | None = None
    topic_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReceivedPost:
    """A post and the message that it was read from."""

    post: Post
    origin: Origin

    @property
    def posted_at(self) -> datetime:
        """When it was posted, or Kafka's timestamp if the post has no date."""
        return self.post.created_at or self.origin.timestamp


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """A compliance event and the message that it was read from."""

    event: ComplianceEvent
    origin: Origin


@dataclass(frozen=True, slots=True)
class ScoredPost:
    """A received post, its prediction, and what the enrichment found in it."""

    received: ReceivedPost
    prediction: TweetPrediction
    findings: Findings = NO_FINDINGS


@dataclass(frozen=True, slots=True)
class RefusedMessage:
    """A message that cannot be used and becomes a dead letter, and the reason."""

    origin: Origin
    error: PoisonError


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a partition is done: each message before `next_offset` is in the database or a dead letter.

    Attributes:
        topic_id: id of the topic, or None if it is not known.
    """

    topic: str
    partition: int
    next_offset: int
    topic_id: str | None = None


@dataclass(frozen=True, slots=True)
class OffsetSpan:
    """Offsets of a partition that were read one after the other, from `first` to the one before `end`.

    Offsets without a message, such as those of aborted transactions, may lie between them.

    Attributes:
        topic_id: id of the topic, or None if it is not known.
    """

    topic: str
    topic_id: str | None
    partition: int
    first: int
    end: int


class RetractionReason(StrEnum):
    """Why an alert is retracted: what happened to its post or to the author's account, or an edit."""

    DELETED = "deleted"
    EDITED = "edited"
    WITHHELD = "withheld"
    PROTECTED = "protected"
    SUSPENDED = "suspended"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Alert:
    """One adverse effect in one post, published once.

    Attributes:
        alert_id: the same whenever the post is processed again, so that no second alert is raised.
        tweet_id: the post that reports the effect.
        payload: what subscribers receive, ready for JSON; `schemas/alert.schema.json` describes it.
    """

    alert_id: str
    tweet_id: str
    payload: Mapping[str, Any]
