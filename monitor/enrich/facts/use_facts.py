"""How a drug was used: while pregnant or breastfeeding, as misuse, as an overdose, and its withdrawal."""

from __future__ import annotations

from typing import Final

from monitor.enrich.facts.fact_rules import HYPOTHETICAL, NEGATED, fact_rule
from monitor.enrich.facts.patients import RELATIVE
from monitor.enrich.facts.quantities import AMOUNT_UNIT, COUNT, TIME_UNIT
from monitor.findings import FactKind

USE_RULES: Final = (
    fact_rule(
        FactKind.PREGNANCY,
        rf"{COUNT} (?:weeks?|wks?|months?) pregnant|while (?:\w+ )?pregnant|(?:during|throughout|in) (?:my|"
        rf"her|the|this) "
        r"(?:whole |entire |first |last |second )?pregnancy|(?:the|my|her) (?:whole|entire) pregnancy|"
        r"(?:in|during) (?:my|her|the) (?:first|second|third|1st|2nd|3rd) trimester|(?:i['’]?m|i am|"
        r"she['’]s|she is|is|was|am) (?:currently |now )?pregnant|pregnant (?:and|while) (?:on|taking)",
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
        r"(?:crush\w+ (?:and|then) )?snort(?:ed|ing)|(?:to get|got|getting|get) high (?:on|off|from)|"
        r"to get high\b|(?:off|from|on) the street|without a (?:prescription|script)|abus(?:ed|"
        r"ing) (?:my|the|it|his|her)|(?:i|we|he|she|been) (?:shot|shooting) up (?:my|some|the)|"
        r"inject(?:ed|ing) (?:my|crushed)",
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
        r"overdos(?:ed|ing)|(?:accidental|had an|an) overdose|od['’]d\b|(?-i:OD)(?:ed|d|ing)?\b|(?:a |"
        r"took )double dose|(?:took|swallowed|ate|drank|downed) (?:the|a|his|her) (?:whole|"
        r"entire) (?:bottle|box|pack)",
        "overdos,od,o.d.,double dose,whole,entire",
        not_before=rf"{NEGATED}|could|can|might|would|counts as|if|risk of|considered|want(?:ed|ing|s)? to",
        not_after=r"(?:on|of) (?:choc|caff|coffee|sugar|cute|pizza|candy|netflix|tv|carbs|feel|nap|turkey|"
        r"cheese|work)",
        words=3,
    ),
    fact_rule(
        FactKind.OVERDOSE,
        r"(?:took|swallowed|popped|ate|taken) (?:way )?too (?:many|much)(?! (?:selfies|pictures|photos|"
        r"pics|classes|naps|shots|time|work|stuff|on|notes|space|of my time))(?: of)? \w+|"
        rf"(?:took|swallowed|ate|popped|downed) (?:[1-9]\d+|thirty|twenty|"
        rf"ten) (?!{AMOUNT_UNIT}\b(?<!pills)(?<!tabs)|{TIME_UNIT}\b|photos|pics|pictures|steps|percent|"
        rf"selfies|more|naps)[a-z]+",
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
