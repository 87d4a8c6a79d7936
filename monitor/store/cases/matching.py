"""Which case a report belongs to, decided in this order:

1. A post that is in a case with this drug and this effect already stays in it: another bundle scored it.
2. A copy belongs to the case of its first post. It never makes a case.
3. A later post of the same author about the same drug and effect is a follow-up.
4. A reply of the author to a post of a case, about the same effect and without a drug, continues its thread.
5. Everything else is a new case.

Another author who reports the same is another patient, so another case, also in the same thread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from monitor.effect_reports import EffectReport


class CaseRole(StrEnum):
    """What a post is in its case."""

    REPORT = "report"
    FOLLOW_UP = "follow-up"
    THREAD = "thread"


class Pair(NamedTuple):
    """The effect of a case, and its drug, or None if the posts name none."""

    effect: str
    drug: str | None


class CasePost(NamedTuple):
    """A post of a case.

    Attributes:
        case_id: id of the case.
        pair: drug and effect of the case.
        tweet_id: the post.
        author_hash: hash of its author, or None.
    """

    case_id: str
    pair: Pair
    tweet_id: str
    author_hash: str | None


@dataclass(frozen=True, slots=True)
class Assignment:
    """A report, and its case.

    Attributes:
        report: the report.
        case_id: its case, or None: a copy of a post without a case.
        role: what the post is in the case; None for copies, which are not posts of the case themselves.
        is_new: True if the case is new.
    """

    report: EffectReport
    case_id: str | None
    role: CaseRole | None
    is_new: bool = False


def pair_of(report: EffectReport) -> Pair:
    """Return the effect and the drug of a report."""
    return Pair(report.effect, report.drug.drug.drug if report.drug else None)


def case_id_of(tweet_id: str, pair: Pair) -> str:
    """Return the id of the case that starts with a post: 16 hexadecimal digits, always the same."""
    words = "\0".join((tweet_id, pair.effect, pair.drug or ""))
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(slots=True)
class CaseMatcher:
    """Finds the case of each report, among the stored ones and those of the batch.

    Args:
        known: the posts of stored cases that reports may belong to, the oldest case first.
        author_hashes: hash of the author of each post of the batch, by id.
    """

    known: Iterable[CasePost]
    author_hashes: dict[str, str | None]
    _by_post: dict[tuple[str, Pair], CasePost] = field(default_factory=dict)
    _by_author: dict[tuple[str, Pair], CasePost] = field(default_factory=dict)
    _threads: dict[tuple[str, str], CasePost] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for post in self.known:
            self._add(post)

    def assign(self, report: EffectReport) -> Assignment:
        """Return the case of a report. Reports that come later may belong to the same one."""
        post, pair = report.scored.received.post, pair_of(report)
        if report.copy_of is not None:
            first = self._by_post.get((report.copy_of.first_id, pair))
            return Assignment(report, first and first.case_id, None)
        author = self.author_hashes.get(post.id)
        earlier, role = self._find(report, pair, author)
        case_id = earlier.case_id if earlier else case_id_of(post.id, pair)
        self._add(CasePost(case_id, earlier.pair if earlier else pair, post.id, author))
        self._by_post.setdefault((post.id, pair), self._by_post[post.id, earlier.pair if earlier else pair])
        return Assignment(report, case_id, role, is_new=earlier is None)

    def _find(self, report: EffectReport, pair: Pair, author: str | None) -> tuple[CasePost | None, CaseRole]:
        post = report.scored.received.post
        if same := self._by_post.get((post.id, pair)):
            return same, CaseRole.REPORT
        if author is not None and (earlier := self._by_author.get((author, pair))):
            return earlier, CaseRole.FOLLOW_UP
        if author is not None and pair.drug is None and post.referenced_id is not None:
            answered = self._threads.get((post.referenced_id, pair.effect))
            if answered and answered.author_hash == author:
                return answered, CaseRole.THREAD
        return None, CaseRole.REPORT

    def _add(self, post: CasePost) -> None:
        self._by_post.setdefault((post.tweet_id, post.pair), post)
        self._threads.setdefault((post.tweet_id, post.pair.effect), post)
        if post.author_hash is not None:
            self._by_author.setdefault((post.author_hash, post.pair), post)
