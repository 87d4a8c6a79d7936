"""The proof of an alert: what led to it, what people decided about it, and what was done with it.

It names ids, digests and versions, and no text, so that it can be filed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

from monitor.errors import MonitorError
from monitor.settings import Settings
from monitor.store.audit.entry_relations import Related, related_entries
from monitor.store.connections import reading_engine
from monitor.store.digests import post_subject, split_digests, text_digest
from monitor.store.driver_errors import translate_driver_errors

_ALERT: Final = text("SELECT * FROM alert_outbox WHERE alert_id = :alert_id")

# The prediction that raised the alert has the bundle of its payload, and the latest version with that effect.
_PREDICTION: Final = text(
    """
    SELECT p.version, p.label, p.probability, p.predicted_at, p.topic, p.partition, p."offset",
        t.version AS current, t.text, t.text_digests, t.erased_at, t.posted_at
    FROM post_times AS o JOIN predictions AS p USING (tweet_id, posted_at)
        JOIN tweets AS t USING (tweet_id, posted_at)
    WHERE o.tweet_id = :tweet_id AND p.bundle = :bundle ORDER BY p.version DESC LIMIT 1
    """
)
_CODINGS: Final = text(
    "SELECT r.release, r.bundle, r.ptid, r.pt_name, r.coded_at "
    "FROM post_times AS o JOIN mentions AS m USING (tweet_id, posted_at) "
    "JOIN recoded_mentions AS r ON r.mention_id = m.id WHERE o.tweet_id = :tweet_id AND m.bundle = :bundle "
    'AND m.version = :version AND m.start = :start AND m."end" = :end ORDER BY r.coded_at'
)
_RELEASES: Final = text("SELECT release, imported_at FROM terminology_releases ORDER BY imported_at DESC")
_CASE: Final = text("SELECT case_id, status, owner FROM cases WHERE case_id = :case_id")
_VERDICTS: Final = text(
    "SELECT v.id, i.item_id, v.at, v.reviewer, v.role, v.decision, v.right_ptid, v.right_pt_name, "
    "v.right_drug, v.undoes, i.state, i.outcome "
    "FROM review_items AS i LEFT JOIN review_verdicts AS v USING (item_id) "
    "WHERE i.tweet_id = :tweet_id AND (i.start IS NULL OR CAST(:start AS integer) IS NULL "
    'OR (i.start < CAST(:end AS integer) AND i."end" > CAST(:start AS integer))) ORDER BY i.item_id, v.id'
)
_EVENTS: Final = text(
    "SELECT id, event, source, reason, done_at FROM compliance_events WHERE subject = :subject ORDER BY id"
)


class UnknownAlertError(MonitorError):
    """The outbox has no alert with this id."""


@dataclass(frozen=True, slots=True)
class AlertProof:
    """The chain of one alert. Every part is ready for JSON, except for its times.

    Attributes:
        alert: id, state and times, rules, tags, severity and routes.
        post: its id and digest, and when it was posted and erased.
        message: topic, partition and offset of the message; None once the post was erased or removed.
        text: the stored digest of the text, and whether the stored text still has it (None without a text).
        prediction: bundle, label, probability and time; None once the post was removed.
        effect: span, PT and drug, as the alert has them; empty once it was retracted.
        terminology: the imported releases, and the codes of the mention by others.
        case: its id, status and owner, or None.
        verdicts: of reviewers, in their order; of an item without any, its state.
        events: deletions of the post.
        exports: entries of exports and queries that had the alert's effect, or may have had it.
        entries: other entries about the alert, its post, its case or its review.
    """

    alert: dict[str, Any]
    post: dict[str, Any]
    message: dict[str, Any] | None
    text: dict[str, Any]
    prediction: dict[str, Any] | None
    effect: dict[str, Any]
    terminology: dict[str, Any]
    case: dict[str, Any] | None
    verdicts: list[dict[str, Any]]
    events: list[dict[str, Any]]
    exports: list[Related]
    entries: list[Related]


def prove_alert(settings: Settings, alert_id: str) -> AlertProof:
    """Return the chain of an alert.

    Args:
        settings: of the database; the login needs the rights of `ade_admin`.
        alert_id: 32 hexadecimal digits.

    Raises:
        UnknownAlertError: there is no such alert.
        RetryableError: the database is away.
        FatalError: the login may not read all of it, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        row = _first(connection, _ALERT, {"alert_id": alert_id})
        if row is None:
            raise UnknownAlertError(
                f"the database has no alert {alert_id}",
                "copy the whole `alert_id` of an alert; retention may have removed an old one",
            )
        return _proof_of(connection, row)


def _proof_of(connection: Connection, row: Mapping[str, Any]) -> AlertProof:
    payload: dict[str, Any] = row["payload"]
    effect = _effect_of(payload)
    tweet_id = row["tweet_id"]
    place = {"tweet_id": tweet_id, "bundle": payload.get("bundle"), **_span(effect)}
    prediction = _first(connection, _PREDICTION, place)
    digest = post_subject(tweet_id)
    verdicts = _all(connection, _VERDICTS, place)
    case = _first(connection, _CASE, {"case_id": payload.get("case_id")})
    exports, entries = related_entries(
        connection,
        subjects=_subjects(row["alert_id"], digest.hex(), payload.get("case_id"), verdicts),
        since=row["created_at"],
        effect={**effect, "posted_at": payload.get("posted_at"), "case_id": payload.get("case_id")},
    )
    return AlertProof(
        alert=_alert(row, payload),
        post={
            "tweet_id": tweet_id,
            "digest": digest.hex(),
            "posted_at": prediction and prediction["posted_at"],
            "erased_at": prediction and prediction["erased_at"],
        },
        message=_message(prediction),
        text=_text(tweet_id, prediction),
        prediction=_prediction(payload, prediction),
        effect=effect,
        terminology={
            "imported": _all(connection, _RELEASES, {}),
            "codings": _all(connection, _CODINGS, {**place, "version": prediction and prediction["version"]}),
        },
        case=case,
        verdicts=verdicts,
        events=_all(connection, _EVENTS, {"subject": digest}),
        exports=exports,
        entries=entries,
    )


def _alert(row: Mapping[str, Any], payload: Mapping[str, Any]) -> dict[str, Any]:
    names = (
        "alert_id",
        "action",
        "revision",
        "created_at",
        "published_at",
        "entry_id",
        "reason",
        "retracted_at",
    )
    return {
        **{name: row[name] for name in names},
        **{name: payload.get(name) for name in ("detected_at", "rules", "tags", "severity", "routes")},
    }


def _effect_of(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the alert is about, without words of the post."""
    if not payload:
        return {}
    mention, drug = payload.get("mention") or {}, payload.get("drug") or {}
    return {
        **{name: mention.get(name) for name in ("start", "end", "score")},
        **{name: payload.get(name) for name in ("ptid", "pt_name", "pt_score", "listedness", "serious")},
        "drug": drug.get("name"),
    }


def _span(effect: Mapping[str, Any]) -> dict[str, Any]:
    return {"start": effect.get("start"), "end": effect.get("end")}


def _message(prediction: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if prediction is None or prediction["topic"] is None:
        return None
    return {name: prediction[name] for name in ("topic", "partition", "offset")}


def _text(tweet_id: str, prediction: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the digest of the version that was scored: 16 bytes of SHA-256 of the id, NUL and the text."""
    if prediction is None:
        return {"digest": None, "stored": False, "matches": None}
    digests = split_digests(bytes(prediction["text_digests"]))
    version, stored = prediction["version"], prediction["text"]
    digest = digests[version - 1] if version <= len(digests) else None
    is_current = stored is not None and version == prediction["current"]
    return {
        "digest": digest and digest.hex(),
        "version": version,
        "stored": is_current,
        "matches": text_digest(tweet_id, stored) == digest if is_current else None,
    }


def _prediction(payload: Mapping[str, Any], row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "bundle": payload["bundle"],
        **{name: row[name] for name in ("label", "probability", "predicted_at")},
    }


def _subjects(
    alert_id: str, digest: str, case_id: str | None, verdicts: Sequence[Mapping[str, Any]]
) -> list[str]:
    items = [f"item {verdict['item_id']}" for verdict in verdicts]
    return sorted({alert_id, digest, *([case_id] if case_id else []), *items})


def _first(connection: Connection, query: Any, parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    row = connection.execute(query, dict(parameters)).mappings().first()
    return None if row is None else dict(row)


def _all(connection: Connection, query: Any, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query, dict(parameters)).mappings()]
