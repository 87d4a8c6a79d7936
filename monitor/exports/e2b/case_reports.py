"""A safety report from a case: which field gets what. `docs/e2b.md` has the same as a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from models.languages import primary_language
from monitor.exports.e2b.case_rows import CaseRows, ReportPost
from monitor.exports.e2b.icsr import Reaction, SafetyReport, SuspectDrug
from monitor.exports.e2b.stated_facts import StatedFacts
from monitor.exports.text_masking import mask
from monitor.findings import INGREDIENT_SEPARATOR

_MEDDRA_CODE: Final = re.compile("[0-9]{8}")
SOFTWARE: Final = "Written by ade-monitor from public posts. No person has confirmed the report."
CANDIDATE: Final = "CANDIDATE, NOT A VALID REPORT. Missing: {missing}."
NO_TEXT: Final = "The text is left out."
ERASED: Final = "The text is not stored any more."


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """How reports are made.

    Attributes:
        meddra_version: version that the effects are coded by.
        candidates: write cases that lack a minimum criterion, too.
        expedited: answer to C.1.7, or None.
        masked: mask handles, addresses and phone numbers, and leave out addresses of posts.
        with_text: write the author's words; otherwise no text of a post is in the report.
    """

    meddra_version: str
    candidates: bool = False
    expedited: bool | None = None
    masked: bool = False
    with_text: bool = True


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A case that is not written.

    Attributes:
        case_id: its id.
        reason: why, as a phrase that fits one case and several.
        is_candidate: True if it is a candidate, and candidates were not asked for.
    """

    case_id: str
    reason: str
    is_candidate: bool = False


def report_of(case: CaseRows, options: ReportOptions) -> SafetyReport | LeftOut:
    """Return the safety report of a case, or why there is none.

    A case without a drug or without a MedDRA code cannot be one: the standard requires both (G.k.2.2,
    E.i.2.1b), and allows no null flavour. No value is invented.
    """
    summary = case.summary
    if summary.status == "not-a-case":
        return LeftOut(summary.case_id, "status not-a-case")
    if summary.drug is None:
        return LeftOut(summary.case_id, "no drug, which the standard requires (G.k.2.2)")
    if not _MEDDRA_CODE.fullmatch(summary.ptid or ""):
        return LeftOut(summary.case_id, "no MedDRA code of eight digits for the effect (E.i.2.1b)")
    if summary.missing and not options.candidates:
        missing = " and no ".join(summary.missing)
        return LeftOut(summary.case_id, f"no {missing} (candidate)", is_candidate=True)
    facts = StatedFacts(case.posts)
    received = [post.received_at for post in case.posts] or [summary.opened_at]
    return SafetyReport(
        number=summary.case_id,
        received_at=min(received),
        updated_at=max(received),
        reporter_known="reporter" not in summary.missing,
        patient=facts.patient("patient" not in summary.missing),
        reaction=_reaction(case, facts, options),
        drug=_drug(case, facts, options),
        narrative=_narrative(case, options),
        comment=_comment(summary.missing),
        linked=tuple(sorted({other for post in case.posts for other in post.linked})),
        expedited=options.expedited,
    )


def _comment(missing: Sequence[str]) -> str:
    return f"{CANDIDATE.format(missing=', '.join(missing))} {SOFTWARE}" if missing else SOFTWARE


def _reaction(case: CaseRows, facts: StatedFacts, options: ReportOptions) -> Reaction:
    words, language = _words(case.posts) if options.with_text else (None, None)
    return Reaction(
        code=case.summary.ptid or "",
        version=options.meddra_version,
        words=words if words is None or not options.masked else mask(words).text,
        language=language,
        seriousness=facts.seriousness,
        outcome=facts.outcome,
    )


def _words(posts: Sequence[ReportPost]) -> tuple[str | None, str | None]:
    """Return the first words for the effect in a post whose language is known, and the language."""
    for post in posts:
        language = _alpha3(post.lang)
        for mention in sorted(post.mentions, key=lambda mention: mention["start"]):
            if language is not None and mention["words"].strip():
                return mention["words"], language
    return None, None


def _alpha3(tag: str | None) -> str | None:
    """Return a language as three letters of ISO 639-2 (bibliographic codes), or None if it is not known."""
    language = primary_language(tag)
    if language is None:
        return None
    import langcodes  # as in `primary_language`

    try:
        return langcodes.get(language).to_alpha3("B")
    except LookupError:
        return None


def _drug(case: CaseRows, facts: StatedFacts, options: ReportOptions) -> SuspectDrug:
    drug = case.summary.drug or ""
    mentions = [mention for post in case.posts for mention in post.mentions if mention["drug"]]
    named = next((mention["drug_text"] for mention in mentions if (mention["drug_text"] or "").strip()), None)
    atc = next((mention["atc"] for mention in mentions if mention["atc"]), None)
    is_substance = atc is None or len(atc) == 7  # a shorter code is a class of drugs
    return SuspectDrug(
        name=named if named and options.with_text else drug,
        substances=tuple(drug.split(INGREDIENT_SEPARATOR)) if is_substance else (),
        dosage=facts.dosage if options.with_text else None,
        withdrawn=facts.withdrawn,
        recurred=facts.recurred,
        codes=facts.drug_codes,
        note=f"ATC {atc}" if atc else None,
    )


def _narrative(case: CaseRows, options: ReportOptions) -> str:
    """Return what the posts say. Only words of the posts are quoted, and nothing is concluded from them."""
    summary = case.summary
    lines = [_comment(summary.missing)] if summary.missing else []
    effect = f"{summary.pt_name} ({summary.ptid})" if summary.pt_name else str(summary.ptid)
    lines += [f"Case {summary.case_id}. Drug: {summary.drug}. Effect: {effect}."]
    for number, post in enumerate(case.posts, 1):
        lines += ["", *_post_lines(number, post, options)]
    return "\n".join(lines)


def _post_lines(number: int, post: ReportPost, options: ReportOptions) -> list[str]:
    where = [post.platform] if post.platform else []
    where += [post.url] if post.url and options.with_text and not options.masked else []
    lines = [", ".join([f"Post {number} ({post.role})", f"{post.posted_at:%Y-%m-%d %H:%M} UTC", *where])]
    if post.text is None:
        return [*lines, ERASED]
    lines.append(_shown(post.text, options) if options.with_text else NO_TEXT)
    facts = [
        f"{fact['kind']}{' = ' + fact['value'] if fact['value'] else ''}"
        + (f' ("{_shown(fact["text"], options)}")' if options.with_text else "")
        for fact in post.facts
    ]
    return [*lines, f"Read from it: {'; '.join(facts)}."] if facts else lines


def _shown(text: str, options: ReportOptions) -> str:
    return mask(text).text if options.masked else text
