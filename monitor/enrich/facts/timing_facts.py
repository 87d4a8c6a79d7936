"""Doses, the time to onset, and what followed when a drug was stopped or taken again."""

from __future__ import annotations

import re
from typing import Final

from monitor.enrich.facts.fact_rules import HYPOTHETICAL, NEGATED, fact_rule
from monitor.enrich.facts.patients import RELATIVE
from monitor.enrich.facts.quantities import (
    AMOUNT_UNIT,
    COUNT,
    FREQUENCY,
    TIME,
    TIME_UNIT,
    VAGUE,
    dose_value,
    table_word,
    time_value,
)
from monitor.findings import FactKind

_TAKING: Final = (
    r"(?:starting|started|taking|took|taken|getting|using|being on|beginning|injecting|my|the|his|her|"
    r"our|first|second|third|i (?:start(?:ed)?|took|take|got|had|began)|(?:he|she) (?:started|took|got))"
)
_NOT_A_DRUG: Final = (
    r"(?:\w+ )?(?:appointment|surgery|birth|work|meal|dinner|lunch|breakfast|breakup|party|wedding|"
    r"funeral|test|call|move|visit|delivery|fight|game|eating|waking|bed|stopping|quitting|coming off|"
    r"going off|missing|missed|last|switching|i (?:stopped|quit))\b"
)
_STOP: Final = (
    r"(?:stopped|stopping|stop|quit|quitting|came off|coming off|went off|going off|got off|getting off|"
    r"discontinued|dropped|dropping|ditched|ditching|weaned off|cut out)\b"
    r"(?! (?:at|by|for|in|when|itching|eating|working|breathing|crying|shaking|laughing|sleeping)\b)"
)
_GONE: Final = (
    r"(?:went away|went down|gone(?! (?:into|up|to|through|from|back)\b)|disappeared|"
    r"cleared(?: right)?(?: up)?|resolved|vanished|(?:got|feel) (?:so much )?better|stopped(?! (?:taking|"
    r"working|using|it|them|my|the)\b)|faded|subsided|improved|back to normal|never came back|healed)\b"
)
_BEFORE_STOP: Final = (
    rf"(?:^|(?<=[.!?,;:])\s*|(?:i|he|she|we|they|and|then|just|once|when|after|since|i['’]?ve|have|has|"
    rf"finally|{RELATIVE}|(?:had|decided|me|her|him) to) (?:just |finally |completely )?)"
)
"""What comes before "stopped" if a person stopped a drug, and not "the sweating stopped"."""

_STOP_TRIGGERS: Final = "stop,quit,came off,went off,got off,discontinued,dropp,ditch,weaned,off ,cut out"
_NOT_STOPPED: Final = r"\w+n['’]?t|never|should|if|want to|cannot|not|hate|would|can|until"
_STILL: Final = (
    r"(?:still\b|didn['’]?t (?:stop|go away|get better|help|improve)|hasn['’]?t (?:stopped|gone|improved)|"
    r"haven['’]?t gone|won['’]?t go away|no better|never went away|not gone)"
)
_AGAIN: Final = (
    r"(?:(?:took|tried|used|had|taking|trying) (?:(?:it|them|this|that|the) )?(?:\w+ )?again|restarted|"
    r"resumed|re-started|started (?:\w+ ){1,2}again|back on|went back on|second time i took)"
)
_NOT_THESE: Final = rf"{NEGATED}|{HYPOTHETICAL}"


def _dose(match: re.Match[str]) -> str | None:
    return dose_value(match["count"], match["unit"], match["often"])


def _time(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    return time_value(groups.get("count"), groups["time"])


def _onset_word(match: re.Match[str]) -> str:
    word = table_word(match["word"])
    return "immediately" if word.startswith(("imm", "right", "inst", "str")) else word


TIMING_RULES: Final = (
    fact_rule(
        FactKind.DOSE,
        rf"(?<![\w./])(?P<count>{COUNT})[ -]?(?P<unit>{AMOUNT_UNIT})\b(?:,? ?(?P<often>{FREQUENCY}))?",
        "mg,mcg,µg,ug,milligram,gram, g,0g,1g,2g,5g,ml,cc,unit,iu,puff,drop,pill,tab,cap",
        value=_dose,
        not_before="",
        not_after=r"/ ?d?l\b|network|lte|bottle|per deciliter",
    ),
    fact_rule(
        FactKind.ONSET,
        rf"{TIME} (?:after|into) (?!{_NOT_A_DRUG})(?!the (?:year|semester|job|movie|trip|week))"
        rf"(?:{_TAKING} )*(?!{_NOT_A_DRUG})\w+",
        "after,into",
        value=_time,
        not_before="for|first",
        not_after=rf"(?:{_NOT_A_DRUG}|\w+ (?:off|stopped|quit)|(?:stopp|quit|miss)\w*)",
        words=1,
    ),
    fact_rule(
        FactKind.ONSET,
        rf"within (?:{TIME}|(?P<some>{TIME_UNIT})) of (?!{_NOT_A_DRUG})\w+",
        "within",
        value=lambda match: time_value(match["count"], match["time"] or match["some"]),
        not_before="take|eat|use|must",
        words=3,
    ),
    fact_rule(
        FactKind.ONSET,
        rf"after (?:only |just |about )?{TIME} (?:on|of (?:taking|using|being on)|of this)\b",
        "after",
        value=_time,
        not_before="",
    ),
    fact_rule(
        FactKind.ONSET,
        rf"(?:took|started|taken|swallowed|injected|tried)\b[^.!?\n]{{0,50}}? (?P<fact>{TIME} later)",
        "later",
        value=_time,
        not_before=_NOT_THESE,
        words=2,
    ),
    fact_rule(
        FactKind.ONSET,
        r"(?:the |next )(?:day|night|morning) after (?:taking|starting|my|the|getting) \w+",
        "after",
        value="1 day",
        not_before="",
        not_after=_NOT_A_DRUG,
    ),
    fact_rule(
        FactKind.ONSET,
        r"(?P<word>immediately|right|instantly|straight|minutes|hours|days) after "
        r"(?:taking|starting|the|my|getting|i (?:took|started)) ?(?:\w+)?",
        "after",
        value=_onset_word,
        not_before=rf"{COUNT}|{VAGUE}|an?|for",
        words=0,
        not_after=_NOT_A_DRUG,
    ),
    fact_rule(
        FactKind.ONSET,
        rf"(?:on|by) (?P<time>day) (?P<count>{COUNT})\b",
        "day",
        value=_time,
        not_before=r"i['’]?m|am|only|now|currently|restarted",
        words=0,
    ),
    fact_rule(
        FactKind.DECHALLENGE,
        rf"{_BEFORE_STOP}(?P<fact>{_STOP}[^!?\n]{{0,60}}?\b{_STILL})",
        _STOP_TRIGGERS,
        value="negative",
        not_before=_NOT_STOPPED,
        words=2,
    ),
    fact_rule(
        FactKind.DECHALLENGE,
        rf"{_STILL}[^.!?\n]{{0,20}}(?:when|after|once|since|even after) (?:\w+ )?{_STOP}|"
        rf"off \w+ for {TIME}[^.!?\n]{{0,20}}{_STILL}",
        _STOP_TRIGGERS,
        value="negative",
        not_before=_NOT_STOPPED,
        words=2,
    ),
    fact_rule(
        FactKind.DECHALLENGE,
        rf"{_BEFORE_STOP}(?P<fact>{_STOP}(?:(?!\bstill\b|n['’]t\b|\bnever\b|"
        rf"\bbecause\b)[^!?\n]){{0,60}}?\b{_GONE})",
        _STOP_TRIGGERS,
        value="positive",
        not_before=_NOT_STOPPED,
        words=2,
    ),
    fact_rule(
        FactKind.DECHALLENGE,
        rf"{_GONE}(?: \w+){{0,3}}? (?:when|once|after|as soon as|since|the day|the moment) (?:(?:i|he|"
        rf"she|we|they) (?:finally )?)?{_STOP}",
        _STOP_TRIGGERS,
        value="positive",
        not_before=_NOT_STOPPED,
        words=2,
    ),
    fact_rule(
        FactKind.RECHALLENGE,
        rf"{_AGAIN}[^.!?\n]{{0,30}}?(?:without (?:any )?(?:problem|issue|\w+)|\bno \w+|was fine|perfectly "
        rf"fine|"
        r"nothing happened)",
        "again,restarted,resumed,back on",
        value="negative",
        not_before=_NOT_THESE,
        words=2,
    ),
    fact_rule(
        FactKind.RECHALLENGE,
        rf"{_AGAIN}(?:(?!\bno\b|without)[^!?\n]){{0,40}}?\b(?:came (?:right )?back|returned|are back|is "
        rf"back|was back|"
        r"started again|same \w+|(?:it )?happened again|came back)",
        "again,restarted,resumed,back on",
        value="positive",
        not_before=_NOT_THESE,
        words=2,
    ),
)
"""The rules for doses, times, and what followed."""
