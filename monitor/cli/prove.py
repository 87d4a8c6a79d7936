"""`ade-monitor prove`: the chain of one alert, from its message to the exports that had it."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from monitor.cli.console import print_json, print_line
from monitor.cli.options import settings_of

if TYPE_CHECKING:
    from monitor.settings import Settings
    from monitor.store.audit.entry_relations import Related
    from monitor.store.audit.proof import AlertProof

_ALERT_ID: Final = re.compile("[0-9a-f]{32}")


def prove_command(
    context: typer.Context,
    alert_id: Annotated[str, typer.Argument(metavar="ALERT_ID", help="The `alert_id` of an alert.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print where an alert comes from, what people decided about it, and which exports had it.

    It prints ids, digests and versions, and no text. It needs the role ade_admin.
    """
    from monitor.store.audit.proof import prove_alert

    if not _ALERT_ID.fullmatch(alert_id):
        raise typer.BadParameter(f"'{alert_id}' is not the id of an alert: it has 32 hexadecimal digits")
    settings = settings_of(context)
    proof = prove_alert(settings, alert_id)
    proof.terminology["of_bundle"] = _release_of(settings, proof)
    if as_json:
        print_json(asdict(proof))
    else:
        for name, value in _lines(proof):
            print_line(f"{name + ':':<13} {value}")


def _release_of(settings: Settings, proof: AlertProof) -> str | None:
    """Return the release whose names the alert's bundle searches, or None.

    It is in the bundle only. So it is known only if the bundle of the settings is that of the alert.
    """
    from models import ModelError
    from models.bundle import read_config
    from models.scoring import bundle_folder

    if proof.prediction is None:
        return None
    try:
        config = read_config(bundle_folder(settings.model.bundle))
    except ModelError:
        return None
    if config.version != proof.prediction["bundle"] or config.retrieval is None:
        return None
    return config.retrieval.release


def _lines(proof: AlertProof) -> list[tuple[str, str]]:
    """Return the proof as names and values, in the order of what happened."""
    alert, post, text, message = proof.alert, proof.post, proof.text, proof.message
    state = f"retracted at {_text(alert['retracted_at'])} ({alert['reason']})"
    lines = [
        ("alert", f"{alert['alert_id']}, raised {_text(alert['created_at'])}, revision {alert['revision']}"),
        ("state", state if alert["action"] == "retract" else f"published {_text(alert['published_at'])}"),
        ("post", f"{post['tweet_id']} (digest {post['digest']}), posted {_text(post['posted_at'])}"),
        (
            "message",
            "not stored any more"
            if message is None
            else f"topic {message['topic']}, partition {message['partition']}, offset {message['offset']}",
        ),
        ("text", _text_line(text)),
        ("prediction", _pairs(proof.prediction)),
        ("effect", _pairs(proof.effect)),
        ("terminology", _terminology_line(proof)),
        ("rules", ", ".join(alert["rules"] or ()) or "none: the default decided"),
        ("case", _pairs(proof.case)),
    ]
    lines += [("verdict", _pairs(verdict)) for verdict in proof.verdicts] or [("verdicts", "none")]
    lines += [("event", _pairs(event)) for event in proof.events]
    lines += [("export", _entry_line(entry)) for entry in proof.exports] or [("exports", "none")]
    lines += [("entry", _entry_line(entry)) for entry in proof.entries] or [("entries", "none")]
    return lines


def _text_line(text: dict[str, Any]) -> str:
    if text["digest"] is None:
        return "no digest is stored any more"
    matches = {True: "the stored text has it", False: "THE STORED TEXT HAS ANOTHER ONE", None: "not stored"}
    return f"digest {text['digest']} of version {text['version']}: {matches[text['matches']]}"


def _terminology_line(proof: AlertProof) -> str:
    releases = [
        f"{row['release']} (imported {_text(row['imported_at'])})" for row in proof.terminology["imported"]
    ]
    codings = [
        f"{row['release']} codes {row['pt_name'] or 'nothing'}" for row in proof.terminology["codings"]
    ]
    of_bundle = proof.terminology.get("of_bundle")
    return "; ".join(
        [
            f"bundle: {of_bundle}" if of_bundle else "bundle: its own labels, or not this one",
            *releases,
            *codings,
        ]
    )


def _entry_line(entry: Related) -> str:
    parts = [f"{entry.number}", _text(entry.at), entry.actor, entry.action, entry.subject, entry.reason or ""]
    digest = f"sha256 {entry.sha256}" if entry.sha256 else ""
    doubt = "" if entry.certain else "(its filters let the effect through)"
    return " ".join(part for part in (*parts, digest, doubt) if part)


def _pairs(values: dict[str, Any] | None) -> str:
    """Return `name value` for each value that is not None, or `none`."""
    pairs = [f"{name} {_text(value)}" for name, value in (values or {}).items() if value is not None]
    return ", ".join(pairs) or "none"


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else "never" if value is None else str(value)
