"""How `ade-monitor try` shows a post: in colour for people, as one object for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from models.terminal import terminal_safe
from monitor.alerts.rule_trial import RuleTrial
from monitor.cli.console import highlighted, print_line
from monitor.cli.rule_reports import explained_record, show_explanation
from monitor.effect_reports import reports_of
from monitor.findings import DrugPlace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models import Mention
    from monitor.alerts.rulebook import Knowledge, RuleBook
    from monitor.findings import DrugLink, DrugMention
    from monitor.records import ScoredPost

REASONS: Final = {
    "improbable": "the probability is below the threshold",
    "no_span": "no words of an effect were found",
    "no_code": "words were found, but none got a code",
}
"""Why a post is NoADE, in words."""

SHOWN_SCORE: Final = 0.01
"""Lowest score of a further code that is shown to people."""


@dataclass(frozen=True, slots=True)
class TriedPost:
    """A post that was scored and enriched.

    Attributes:
        scored: the post with its prediction and findings.
        bundle: version of the bundle.
    """

    scored: ScoredPost
    bundle: str


def show_tried(tried: TriedPost, book: RuleBook, knowledge: Knowledge, minimum: float) -> None:
    """Print what the monitor makes of a post.

    Args:
        tried: the post.
        book: the rules.
        knowledge: what they look up.
        minimum: minimum probability of a post that raises alerts.
    """
    scored = tried.scored
    prediction, findings = scored.prediction, scored.findings
    text = scored.received.post.text
    spans = [(mention.start, mention.end) for mention in prediction.mentions]
    if prediction.label == "ADE":
        verdict = Text.assemble(("ADE", "bold red"), f"  probability {prediction.probability:.3f}")
    else:
        reason = f": {REASONS[prediction.reason]}" if prediction.reason else ""
        verdict = Text.assemble(
            ("no ADE", "bold green"), f"  probability {prediction.probability:.3f}{reason}"
        )
    print_line(verdict)
    print_line(highlighted(text, *spans, style="bold reverse"))
    for mention in prediction.mentions:
        _show_mention(mention, findings.links.get((mention.start, mention.end)))
    if findings.drugs:
        print_line(f"drugs: {', '.join(_distinct_drugs(findings.drugs))}")
    for fact in findings.facts:
        value = f" = {terminal_safe(fact.value)}" if fact.value else ""
        print_line(f'{fact.kind}{value}: "{terminal_safe(fact.text)}"')
    trial = RuleTrial(book, knowledge, min_probability=minimum)
    for report in reports_of([scored]):
        show_explanation(trial.ask(report), book.explain(report, knowledge), minimum)


def _show_mention(mention: Mention, link: DrugLink | None) -> None:
    code = f"{mention.pt_name} {mention.ptid} ({mention.pt_score:.2f})" if mention.ptid else "uncoded"
    others = ", ".join(
        f"{candidate.pt_name or candidate.ptid} ({candidate.score:.2f})"
        for candidate in mention.runners_up
        if candidate.score >= SHOWN_SCORE
    )
    line = Text.assemble(f'  "{terminal_safe(mention.text)}" → ', (terminal_safe(code), "bold"))
    if others:
        line.append(f"; or {terminal_safe(others)}", style="dim")
    print_line(line)
    cause = "no drug found for it" if link is None else f"caused by {_drug(link.drug)} ({link.score:.2f})"
    print_line(f"      {cause}")


def _distinct_drugs(drugs: Iterable[DrugMention]) -> list[str]:
    """Return each drug once in words, with all its names in a part of the post."""
    names: dict[tuple[str, DrugPlace], dict[str, None]] = {}
    first: dict[tuple[str, DrugPlace], DrugMention] = {}
    for drug in drugs:
        key = (drug.drug, drug.place)
        first.setdefault(key, drug)
        names.setdefault(key, {})[drug.text.lower()] = None
    return [_drug(drug, *names[key]) for key, drug in first.items()]


def _drug(drug: DrugMention, *names: str) -> str:
    """Return a drug in words: `sertraline N06AB06, written "zoloft"`.

    Args:
        drug: the drug.
        names: its names in the post; by default that of this mention.
    """
    written = " and ".join(f'"{terminal_safe(name)}"' for name in names or (drug.text,))
    place = "" if drug.place is DrugPlace.POST else f" in the {drug.place}"
    return f"{drug.drug}{f' {drug.atc}' if drug.atc else ''}, written {written}{place}"


def tried_record(tried: TriedPost, book: RuleBook, knowledge: Knowledge, minimum: float) -> dict[str, Any]:
    """Return what the monitor makes of a post, as a JSON object.

    Args:
        tried: the post.
        book: the rules.
        knowledge: what they look up.
        minimum: minimum probability of a post that raises alerts.
    """
    scored = tried.scored
    prediction, findings = scored.prediction, scored.findings
    trial = RuleTrial(book, knowledge, min_probability=minimum)
    return {
        "text": scored.received.post.text,
        "label": prediction.label,
        "probability": prediction.probability,
        "reason": prediction.reason,
        "mentions": [
            _mention_record(mention, findings.links.get((mention.start, mention.end)))
            for mention in prediction.mentions
        ],
        "drugs": [_drug_record(drug) for drug in findings.drugs],
        "facts": [
            {"kind": fact.kind, "start": fact.start, "end": fact.end, "text": fact.text, "value": fact.value}
            for fact in findings.facts
        ],
        "missing": list(findings.missing),
        "effects": [
            explained_record(trial.ask(report), book.explain(report, knowledge))
            for report in reports_of([scored])
        ],
        "bundle": tried.bundle,
    }


def _mention_record(mention: Mention, link: DrugLink | None) -> dict[str, Any]:
    return {
        "start": mention.start,
        "end": mention.end,
        "text": mention.text,
        "score": mention.score,
        "ptid": mention.ptid,
        "pt_name": mention.pt_name,
        "pt_score": mention.pt_score,
        "runners_up": [
            {"ptid": candidate.ptid, "pt_name": candidate.pt_name, "score": candidate.score}
            for candidate in mention.runners_up
        ],
        "drug": None if link is None else _drug_record(link.drug) | {"score": link.score},
    }


def _drug_record(drug: DrugMention) -> dict[str, Any]:
    return {
        "name": drug.drug,
        "atc": drug.atc,
        "text": drug.text,
        "start": drug.start,
        "end": drug.end,
        "naming": drug.naming,
        "place": drug.place,
    }
