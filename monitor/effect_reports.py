"""One adverse effect of one stored post, with all that rules may ask about it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from models import Mention
from monitor.findings import DrugLink
from monitor.records import ScoredPost

EffectKey = tuple[str, str]
"""Id of a post, and key of an effect in it (`effect_of`)."""


class CopyKind(StrEnum):
    """How a post repeats an earlier one: by reference, with the same words, or with nearly the same words."""

    REPOST = "repost"
    EXACT = "exact"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class CopyOf:
    """The first post of which a post is a copy.

    Attributes:
        first_id: canonical id of the first post: the report, whose spread the copies are.
        kind: how the post repeats it.
        similarity: share of words that both texts have in the same order (the normalized Indel similarity),
            in [0, 1]; 1 for reposts and exact copies.
    """

    first_id: str
    kind: CopyKind
    similarity: float = 1.0


@dataclass(frozen=True, slots=True)
class EffectReport:
    """One distinct effect in one post.

    Attributes:
        scored: the post, with its prediction and findings.
        mention: the mention of the effect with the highest score.
        effect: key of the effect, see `effect_of`.
        drug: the drug that the effect is linked to, or None.
        copy_of: the first post if the post is a copy, or None.
        case_id: the case that the post belongs to with this effect, or None.
        is_new_pair: True if no earlier post has linked this drug to this effect.
    """

    scored: ScoredPost
    mention: Mention
    effect: str
    drug: DrugLink | None = None
    copy_of: CopyOf | None = None
    case_id: str | None = None
    is_new_pair: bool = False

    @property
    def key(self) -> EffectKey:
        """Id of the post, and key of the effect."""
        return (self.scored.received.post.id, self.effect)


def effect_of(mention: Mention) -> str:
    """Return a key for the effect of a mention: its PT, or its words if it is uncoded."""
    if mention.ptid is not None:
        return f"pt:{mention.ptid}"
    return f"words:{_normalized(mention.text)}"


def reports_of(
    scored: Sequence[ScoredPost], copies: Mapping[str, CopyOf] = MappingProxyType({})
) -> list[EffectReport]:
    """Return a report for each distinct effect of positive posts, without cases.

    Args:
        scored: the posts, in the order of the reports.
        copies: which posts are copies, by their id.
    """
    return [
        EffectReport(row, mention, effect, _drug_of(row, effect, mention), copies.get(row.received.post.id))
        for row in scored
        if row.prediction.label == "ADE"
        for effect, mention in best_mentions(row.prediction.mentions).items()
    ]


def _drug_of(scored: ScoredPost, effect: str, best: Mention) -> DrugLink | None:
    """Return the drug of the best mention of an effect, or else of another mention of it."""
    links = scored.findings.links
    others = [mention for mention in scored.prediction.mentions if effect_of(mention) == effect]
    candidates = [links.get((mention.start, mention.end)) for mention in [best, *others]]
    return next((link for link in candidates if link is not None), None)


def best_mentions(mentions: tuple[Mention, ...]) -> dict[str, Mention]:
    """Return the mention with the highest score for each effect, by the key of the effect."""
    best: dict[str, Mention] = {}
    for mention in mentions:
        effect = effect_of(mention)
        if effect not in best or _confidence(mention) > _confidence(best[effect]):
            best[effect] = mention
    return best


def _confidence(mention: Mention) -> tuple[float, float]:
    return (mention.pt_score or 0.0, mention.score)


def _normalized(text: str) -> str:
    """Return `text` without what does not change its meaning: case, spacing, # and outer punctuation."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    stripped = folded.strip("#.,;:!?…\"'()[]{}*_~- ")
    return stripped or folded
