"""The alert about one effect: its id, and its payload from all that is known about the effect."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from models.predictions import clamp_optional, clamp_probability
from monitor.alerts.payload import (
    AlertPayload,
    DrugPayload,
    FactPayload,
    MentionPayload,
    QuietHoursPayload,
)
from monitor.alerts.rulebook import AlertPlan, RuleDecision
from monitor.effect_reports import EffectReport
from monitor.findings import DrugLink
from monitor.records import Alert


def alert_id_of(tweet_id: str, effect: str) -> str:
    """Return the id of an alert, 32 hexadecimal digits: a hash of the tweet and the effect.

    The bundle is left out on purpose. A newer model that finds the same effect in the same tweet must not
    raise a second alert. The rules are left out, too: several of them raise one alert.
    """
    return hashlib.sha256(f"{tweet_id}\0{effect}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def utf16_units(text: str, end: int) -> int:
    """Return how many UTF-16 units the first `end` code points of `text` have: two beyond U+FFFF, else one.

    Strings of JavaScript, Java and C# count these units.
    """
    return len(text[:end].encode("utf-16-le", "surrogatepass")) // 2


def alert_about(
    report: EffectReport, decision: RuleDecision, plan: AlertPlan, *, bundle: str, detected_at: datetime
) -> Alert:
    """Return the alert about an effect.

    Args:
        report: the effect.
        decision: what the rules decided about it.
        plan: how the alert is raised.
        bundle: version of the bundle that found it.
        detected_at: when, in UTC.
    """
    scored, mention = report.scored, report.mention
    post, prediction, findings = scored.received.post, scored.prediction, scored.findings
    payload = AlertPayload(
        alert_id=alert_id_of(*report.key),
        tweet_id=post.id,
        posted_at=scored.received.posted_at.astimezone(UTC),
        edited_at=None if post.edited_at is None else post.edited_at.astimezone(UTC),
        platform=post.platform,
        kind=post.kind,
        url=post.url,
        text=post.text,
        probability=clamp_probability(prediction.probability),
        first_probability=clamp_optional(prediction.first_probability),
        second_probability=clamp_optional(prediction.second_probability),
        mention=MentionPayload(
            start=mention.start,
            end=mention.end,
            start_utf16=utf16_units(post.text, mention.start),
            end_utf16=utf16_units(post.text, mention.end),
            text=mention.text,
            score=clamp_probability(mention.score),
        ),
        ptid=mention.ptid,
        pt_name=mention.pt_name,
        pt_score=clamp_optional(mention.pt_score),
        bundle=bundle,
        detected_at=detected_at,
        drug=_drug(report.drug),
        facts=tuple(
            FactPayload(kind=fact.kind.value, text=fact.text, value=fact.value) for fact in findings.facts
        ),
        serious=findings.is_serious,
        missing=findings.missing,
        case_id=report.case_id,
        listedness=decision.listedness,
        listed_sentence=decision.listed_sentence,
        rules=plan.rules,
        tags=decision.tags,
        severity=plan.severity,
        routes=plan.routes,
        delivery=plan.delivery.value,
        quiet_hours=QuietHoursPayload(**plan.quiet_hours.record()) if plan.quiet_hours else None,
    )
    return Alert(payload.alert_id, post.id, payload.model_dump(mode="json"))


def _drug(link: DrugLink | None) -> DrugPayload | None:
    if link is None:
        return None
    drug = link.drug
    return DrugPayload(
        name=drug.drug,
        atc=drug.atc,
        text=drug.text,
        score=clamp_probability(link.score),
        place=drug.place.value,
    )
