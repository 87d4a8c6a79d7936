"""What the review is about: verdicts, items, samples, and the error of a command that cannot be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from monitor.errors import MonitorError


class ReviewError(MonitorError):
    """An item, a verdict or a sample is not possible as requested: the user corrects the command."""


class Strategy(StrEnum):
    """How a sample is chosen. Only `RANDOM` says something about all posts."""

    RANDOM = "random"
    ACTIVE = "active"
    UNCERTAIN = "uncertain"
    SERIOUS = "serious"
    UNLISTED = "unlisted"


MISSED: Final = "missed"
"""The reason of items that a reviewer adds, because the model has missed their effects."""

PRIORITIES: Final = {
    Strategy.SERIOUS: 40,
    Strategy.UNLISTED: 30,
    Strategy.RANDOM: 20,
    Strategy.UNCERTAIN: 10,
    Strategy.ACTIVE: 10,
}
"""Items with a higher number come first: what may harm, then what the statistics wait for."""


class ReviewDecision(StrEnum):
    """What a reviewer says about an item."""

    CORRECT = "correct"
    NOT_AN_ADE = "not-an-ade"
    WRONG_SPAN = "wrong-span"
    WRONG_PT = "wrong-pt"
    WRONG_DRUG = "wrong-drug"
    MISSED_ADE = "missed-ade"
    CANNOT_TELL = "cannot-tell"


STATES_AN_EFFECT: Final = (
    ReviewDecision.WRONG_SPAN,
    ReviewDecision.WRONG_PT,
    ReviewDecision.WRONG_DRUG,
    ReviewDecision.MISSED_ADE,
)
"""The verdicts after which a post reports an effect. After `correct` it does if the model said so."""


class VerdictRole(StrEnum):
    """Whether a verdict is independent, or decides between two that differ."""

    REVIEWER = "reviewer"
    ADJUDICATOR = "adjudicator"


@dataclass(frozen=True, slots=True)
class ReviewVerdict:
    """What a reviewer says about an item, and the right value of what is wrong.

    Attributes:
        decision: the verdict.
        right_span: start and end of the right words, in code points of the post.
        right_ptid: code of the right PT.
        right_pt_name: its name.
        right_drug: canonical name of the right drug; "none" if the effect has no drug.
        seconds: how long it took; None to count from the start of the lease.
    """

    decision: ReviewDecision
    right_span: tuple[int, int] | None = None
    right_ptid: str | None = None
    right_pt_name: str | None = None
    right_drug: str | None = None
    seconds: float | None = None

    @property
    def values(self) -> tuple[object, ...]:
        """All that two reviewers must agree on."""
        return (self.decision, self.right_span, self.right_ptid, self.right_drug)


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """A sample to draw; strategy, window and seed name it.

    Attributes:
        strategy: how it is chosen.
        since: the posts are from this time or later.
        until: and from before this time.
        seed: of the draw.
        size: number of posts.
        reviewers: independent verdicts for each item, 1 or 2.
    """

    strategy: Strategy
    since: datetime
    until: datetime
    seed: int = 0
    size: int = 200
    reviewers: int = 1


@dataclass(frozen=True, slots=True)
class DrawnSample:
    """A sample that is in the database.

    Attributes:
        sample_id: its number.
        strategy: how it was chosen.
        since: start of its window.
        until: end of its window.
        seed: of the draw.
        posts: number of its posts.
        items: number of its items.
        is_new: True if this command has drawn it, False if it was there before.
    """

    sample_id: int
    strategy: str
    since: datetime
    until: datetime
    seed: int
    posts: int
    items: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class ChosenPost:
    """A post that a sample takes.

    Attributes:
        tweet_id: its id.
        bundle: the bundle whose prediction is reviewed.
        version: the version of the post.
        stratum: number of its stratum.
        inclusion: probability with which it came into the sample, or None if it was chosen.
    """

    tweet_id: str
    bundle: str
    version: int
    stratum: int = 0
    inclusion: float | None = None
