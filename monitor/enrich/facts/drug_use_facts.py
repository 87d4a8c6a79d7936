"""How a drug was used and what followed: doses, onset, stopping, taking again, pregnancy, misuse, others."""

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
    amount,
    duration,
)
from monitor.findings import FactKind

_TAKING: Final = (
    r"(?:starting|started|taking|took|taken|getting|using|being on|beginning|injecting|my|the|his|her|our|"
    r"first|"
    r"second|third|i (?:start(?:ed)?|took|take|got|had|began)|(?:he|she) (?:started|took|got))"
)
_NOT_A_DRUG: Final = (
    r"(?:\w+ )?(?:appointment|surgery|birth|work|meal|dinner|lunch|breakfast|breakup|party|wedding|funeral|"
    r"test|"
    r"call|move|visit|delivery|fight|game|eating|waking|bed|stopping|quitting|coming off|going off|missing|"
    r"missed|last|"
    r"switching|i (?:stopped|quit))\b"
)
_STOP: Final = (
    r"(?:stopped|stopping|stop|quit|quitting|came off|coming off|went off|going off|got off|getting off|"
    r"discontinued|dropped|dropping|ditched|ditching|weaned off|cut out)\b"
    r"(?! (?:at|by|for|in|when|itching|eating|working|breathing|crying|shaking|laughing|sleeping)\b)"
)
_GONE: Final = (
    r"(?:went away|went down|gone(?! (?:into|up|to|through|from|back)\b)|disappeared|cleared(?: right)?(?: "
    r"up)?|"
    r"resolved|vanished|(?:got|feel) (?:so much )?better|stopped(?! (?:taking|working|using|it|them|my|"
    r"the)\b)|faded|"
    r"subsided|improved|back to normal|never came back|healed)\b"
)
_BEFORE_STOP: Final = (
    rf"(?:^|(?<=[.!?,;:])\s*|(?:i|he|she|we|they|and|then|just|once|when|after|since|i['’]?ve|have|has|"
    rf"finally|"
    rf"{RELATIVE}|(?:had|decided|me|her|him) to) (?:just |finally |completely )?)"
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
    r"resumed|"
    r"re-started|started (?:\w+ ){1,2}again|back on|went back on|second time i took)"
)
_NOT_THESE: Final = rf"{NEGATED}|{HYPOTHETICAL}"


def _amount(match: re.Match[str]) -> str:
    return amount(match["count"], match["unit"], match["often"])


def _duration(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return duration(groups.get("count"), groups["time"])


def _onset_word(match: re.Match[str]) -> str:
    word = match["word"].lower()
    return "immediately" if word.startswith(("imm", "right", "inst", "str")) else word


DRUG_USE_RULES: Final = (
    fact_rule(
        FactKind.DOSE,
        rf"(?<![\w./])(?P<count>{COUNT})[ -]?(?P<unit>{AMOUNT_UNIT})\b(?:,? ?(?P<often>{FREQUENCY}))?",
        "mg,mcg,µg,ug,milligram,gram, g,0g,1g,2g,5g,ml,cc,unit,iu,puff,drop,pill,tab,cap",
        value=_amount,
        not_before="",
        not_after=r"/ ?d?l\b|network|lte|bottle|per deciliter",
    ),
    fact_rule(
        FactKind.ONSET,
        rf"{TIME} (?:after|into) (?!{_NOT_A_DRUG})(?!the (?:year|semester|job|movie|trip|week))"
        rf"(?:{_TAKING} )*(?!{_NOT_A_DRUG})\w+",
        "after,into",
        value=_duration,
        not_before="for|first",
        not_after=rf"(?:{_NOT_A_DRUG}|\w+ (?:off|stopped|quit)|(?:stopp|quit|miss)\w*)",
        words=1,
    ),
    fact_rule(
        FactKind.ONSET,
        rf"within (?:{TIME}|(?P<some>{TIME_UNIT})) of (?!{_NOT_A_DRUG})\w+",
        "within",
        value=lambda match: duration(match["count"], match["time"] or match["some"]),
        not_before="take|eat|use|must",
        words=3,
    ),
    fact_rule(
        FactKind.ONSET,
        rf"after (?:only |just |about )?{TIME} (?:on|of (?:taking|using|being on)|of this)\b",
        "after",
        value=_duration,
        not_before="",
    ),
    fact_rule(
        FactKind.ONSET,
        rf"(?:took|started|taken|swallowed|injected|tried)\b[^.!?\n]{{0,50}}? (?P<fact>{TIME} later)",
        "later",
        value=_duration,
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
        value=_duration,
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
        rf"{_GONE}(?: \w+){{0,3}}? (?:when|once|after|as soon as|since|the day|the moment) (?:(?:i|he|she|"
        rf"we|they) "
        rf"(?:finally )?)?{_STOP}",
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
    fact_rule(
        FactKind.PREGNANCY,
        rf"{COUNT} (?:weeks?|wks?|months?) pregnant|while (?:\w+ )?pregnant|(?:during|throughout|in) (?:my|"
        rf"her|the|this) "
        r"(?:whole |entire |first |last |second )?pregnancy|(?:the|my|her) (?:whole|entire) pregnancy|"
        r"(?:in|during) "
        r"(?:my|her|the) (?:first|second|third|1st|2nd|3rd) trimester|(?:i['’]?m|i am|she['’]s|she is|is|"
        r"was|am) "
        r"(?:currently |now )?pregnant|pregnant (?:and|while) (?:on|taking)",
        "pregnan,trimester",
        value="pregnant",
        not_before=rf"{NEGATED}|{HYPOTHETICAL}|looks?|looking|feels?|feeling|like|get|until",
        words=3,
    ),
    fact_rule(
        FactKind.PREGNANCY,
        r"(?:while|still|and|am|i['’]m|when) (?:i (?:was|am) )?(?:breast ?-?feeding|nursing)(?! (?:school|"
        r"student|home))",
        "feeding,nursing",
        value="breastfeeding",
        words=2,
    ),
    fact_rule(
        FactKind.MISUSE,
        r"(?:crush\w+ (?:and|then) )?snort(?:ed|ing)|(?:to get|got|getting|get) high (?:on|off|from)|to "
        r"get high\b|"
        r"(?:off|from|on) the street|without a (?:prescription|script)|abus(?:ed|ing) (?:my|the|it|his|her)|"
        r"(?:i|we|he|she|been) (?:shot|shooting) up (?:my|some|the)|inject(?:ed|ing) (?:my|crushed)",
        "snort,high,street,prescription,script,abus,shot up,shooting up,inject",
    ),
    fact_rule(
        FactKind.MISUSE,
        rf"(?<=took )(?:one of )?(?:my|a|his|her) (?:{RELATIVE})['’]s (?!advice|word|hand|car|temperature|"
        rf"side|place|"
        r"money|dog|cat|class|spot|phone)\w+|(?<=popped )(?:my|a) (?:\w+)['’]s \w+",
        "took,popped",
        not_before="",
    ),
    fact_rule(
        FactKind.OVERDOSE,
        r"overdos(?:ed|ing)|(?:accidental|had an|an) overdose|od['’]d\b|(?-i:OD)(?:ed|d|ing)?\b|(?:a |took "
        r")double dose|"
        r"(?:took|swallowed|ate|drank|downed) (?:the|a|his|her) (?:whole|entire) (?:bottle|box|pack)",
        "overdos,od,o.d.,double dose,whole,entire",
        not_before=rf"{NEGATED}|could|can|might|would|counts as|if|risk of|considered",
        not_after=r"(?:on|of) (?:choc|caff|coffee|sugar|cute|pizza|candy|netflix|tv|carbs|feel|nap|turkey|"
        r"cheese|work)",
        words=3,
    ),
    fact_rule(
        FactKind.OVERDOSE,
        r"(?:took|swallowed|popped|ate|taken) (?:way )?too (?:many|much)(?! (?:selfies|pictures|photos|"
        r"pics|classes|"
        r"naps|shots|time|work|stuff|on|notes|space|of my time))(?: of)? \w+|"
        rf"(?:took|swallowed|ate|popped|downed) (?:[1-9]\d+|thirty|twenty|ten) "
        rf"(?!{AMOUNT_UNIT}\b(?<!pills)(?<!tabs)|"
        rf"{TIME_UNIT}\b|photos|pics|pictures|steps|percent|selfies|more|naps)[a-z]+",
        "too many,too much,took,swallowed,ate,popped,downed",
        not_before=rf"{NEGATED}|{HYPOTHETICAL}",
        words=2,
    ),
    fact_rule(
        FactKind.WITHDRAWAL,
        r"withdrawals?\b",
        "withdrawal",
        not_before=rf"{NEGATED}|if|cash|money|bank|made|about|minimize",
        not_after=r"(?:at|from) (?:the|my) (?:bank|atm|race|account)|fee|limit|slip",
        words=3,
    ),
    fact_rule(
        FactKind.WITHDRAWAL,
        r"cold[- ]turkey|(?:coming|tapering|weaning|weaned|tapered|withdrawing) (?:off|from)|"
        r"ran out of (?:my|the|his|her|meds|pills)\b",
        "turkey,off,from,ran out",
        not_after=r"sandwich|sub\b|wrap|leftover|salad|breast|(?:\w+ )?patience|(?:a|the) (?:shift|plane|"
        r"high|weekend)",
        words=2,
    ),
)
"""The rules for how a drug was used."""
