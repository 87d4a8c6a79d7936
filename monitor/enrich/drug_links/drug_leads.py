"""What the words before a drug mean: "switched from", "took", "since I started".

The last one to three words in front of a drug decide, after words that mean nothing here ("my", "50mg").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from monitor.enrich.drug_links.masked_text import FILLERS, NEGATIONS


class Lead(StrEnum):
    """What the author did with a drug, or says about it, in the words before it."""

    NONE = "none"
    BECAUSE = "because"
    SINCE = "since"
    ON = "on"
    STOPPED = "stopped"
    SWITCHED_FROM = "switched-from"
    SWITCHED_TO = "switched-to"
    TOOK = "took"
    PRAISED = "praised"
    FUTURE = "future"
    COMPARED = "compared"
    COMPANION = "companion"
    OTHER_PERSON = "other-person"
    DENIED = "denied"


LEAD_PHRASES: Final = {
    Lead.BECAUSE: (
        "secondary to, attributed to, attributable to, related to, associated with, linked to, reaction to, "
        "allergic to, allergy to, response to, intolerance of, resulting from, result of, complication of, "
        "from, because of, bc of, cuz of, due to, caused by, thanks to, thank you, thx, courtesy of, "
        "by, blame, blames, blaming, blamed, side effect of, side effects of, effect of, effects of, "
        "it's, its, it was, must be, says, bet's, guess, culprit is, turns out, hate, hates, hated, "
        "fuck, screw, never again, never taking, never touching"
    ),
    Lead.SINCE: (
        "following, following treatment with, treatment with, therapy with, initiation of, introduction of, "
        "since, after, started, starting, start, started on, starting on, began, beginning, upped, "
        "upping, increased, raised, me on, her on, him on, us on, got on, went on, gave me, given me, "
        "give me, gave her, gave him, added, prescribed, got prescribed, into, of, new, now on, and "
        "onto, onto, then came"
    ),
    Lead.ON: (
        "on, with, while on, using, when i take, when i took, when i use, whenever i take, time i take, "
        "time i took, time i use, under, in, via"
    ),
    Lead.STOPPED: (
        "off, off of, quit, quitting, stopped, stop, stopping, dropped, dropping, ditched, ditching, "
        "without, out of, missed, missing, skipped, skipping, forgot, left, leaving, discontinued, "
        "bye, goodbye, tapering, weaning, taper off, from off, no more"
    ),
    Lead.SWITCHED_FROM: (
        "switched from, switch from, switching from, changed from, change from, changing from, moved from, "
        "moving from, went from, going from, swapped, swapped from, switched, replaced, replacing, traded"
    ),
    Lead.SWITCHED_TO: (
        "switched to, switch to, switching to, changed to, change to, moved to, went to, me to, swapped to"
    ),
    Lead.TOOK: (
        "took, take, taking, popped, popping, pop, grab, grabbed, grabbing, need, needed, living on, "
        "live on, reach for, reaching for, chugging, chewing, use, used, had to take, only have, "
        "threw in, pass, want"
    ),
    Lead.PRAISED: (
        "love, loved, loving, complaints about, well on, fine on, great on, good on, ok on, better "
        "on, god for, happy with, handle, fine with, good with, ok with, hello, sticking to, stick "
        "to, back to, stay on, stayed with, stay with, rather have, have with, at least"
    ),
    Lead.FUTURE: (
        "trying, try, picking up, hoping, back on, considering, asked for, start on, up my, says, "
        "waiting for, waiting on, getting, get"
    ),
    Lead.COMPARED: (
        "unlike, than, than on, than with, than from, than when on, compared to, compared with, over, "
        "instead of, vs, versus, like, like on, like with, rather than, was on, had, before"
    ),
    Lead.COMPANION: "along with, together with, still on, to, still taking, still got, also on, next to",
    Lead.OTHER_PERSON: (
        "sister takes, brother takes, mom takes, dad takes, friend takes, wife takes, husband takes, "
        "son takes, daughter takes, she takes, he takes, sister's, friend's, mom's, dad's, brother's"
    ),
}
"""The words of each lead. Of phrases that end alike, the longest counts."""

_LEADS: Final = {
    phrase.strip(): lead for lead, phrases in LEAD_PHRASES.items() for phrase in phrases.split(",")
} | {"says": Lead.BECAUSE}

_NUMBER: Final = re.compile(r"\d+(mg|mcg|ml|g|x|st|nd|rd|th)?")
_STOPPED_BEFORE_OF: Final = frozenset(
    {"missed", "missing", "skipped", "skipping", "out", "off", "forgot", "forgetting", "without"}
)
_LONGEST: Final = 7
"""Words before a drug that are read."""


def lead_of(words: Sequence[str]) -> Lead:
    """Return the lead of a drug.

    Args:
        words: the words before it in its sentence, up to the drug or effect before it.
    """
    rest = list(words[-_LONGEST:])
    while rest and (rest[-1] in FILLERS or _NUMBER.fullmatch(rest[-1])):
        rest.pop()
    lead, length = Lead.NONE, 0
    for size in range(min(4, len(rest)), 0, -1):
        if found_lead := _LEADS.get(" ".join(rest[-size:])):
            lead, length = found_lead, size
            break
    before = rest[: len(rest) - length]
    if not NEGATIONS.isdisjoint(before[-2:]) and lead in (Lead.NONE, Lead.BECAUSE, Lead.ON):
        return Lead.DENIED
    if rest and rest[-1] == "of" and length == 1 and not _STOPPED_BEFORE_OF.isdisjoint(before):
        return Lead.STOPPED
    return lead
