"""The criteria of a serious case that a text may state (ICH E2A, section II.B).

Each rule needs words that say that it happened. Warnings ("can cause birth defects"), wishes, figures of
speech ("died laughing", "killed my appetite") and places of work are not facts.
"""

from __future__ import annotations

from typing import Final

from monitor.enrich.facts.fact_rules import HYPOTHETICAL, NEGATED, fact_rule
from monitor.enrich.facts.patients import RELATIVE
from monitor.findings import FactKind

_PERSON: Final = rf"(?:he|she|they|who|{RELATIVE})"
_LAUGHING: Final = (
    r"laugh|lol\b|of (?:laughter|embarrassment|boredom|shame|cringe|cuteness|happiness)|from laugh|"
    r"inside|when (?:i|he|she|they|we) (?:saw|heard|read|found)|(?:when|at) (?:the )?(?:price|bill)|down|"
    r"on me\b|out\b|(?:\w+ )?\w+ years ago|of (?:cancer|covid|old age)"
)
_NOT_THE_DRUG: Final = r"leg day|workout|gym|run|hike|taste|smell|price|boredom|work|heat|class|stairs"

_HOSPITAL: Final = (
    r"(?:hospital|(?-i:ER|ED|ICU|A&E)|er|icu|a&e|emergency room|emergency department|intensive care|"
    r"psych ward|urgent care|cardiac unit)\b"
)
_PLACE: Final = rf"(?:in|into|to|at|inside) (?:the |a |an )?(?:\w+ )?{_HOSPITAL}"
_OUT_OF: Final = rf"(?:from|of|out of) (?:the |a )?{_HOSPITAL}"
_GOING: Final = (
    r"(?:end(?:ed|ing)? up|found (?:my|him|her)self|land(?:ed|s)?|put|puts|went|go|taken?|took|"
    r"rush(?:ed)?|sent|drove|driven|admitted|checked|brought|spent|spend|woke up|wound up|stuck|stayed|"
    r"been back|days|nights?|weeks?|trips?|back)"
)
_SOMEONE: Final = (
    r"(?: (?:me|him|her|them|us|my|our|the|up|back|straight|right|herself|himself|myself|\w+)){0,3}"
)

SERIOUS_RULES: Final = (
    fact_rule(
        FactKind.DEATH,
        rf"(?<=\b){_PERSON}(?:['’]s \w+)? (?:(?!nearly|almost|have|could|would|not|never|thought)\w+ "
        rf"){{0,2}}?"
        r"(?:died|passed away|passed(?= in| last| on| at|[.,!])|expired|dropped dead|"
        r"bled to death|took (?:his|her|their) own life|killed (?:him|her)self|committed suicide|"
        r"was found dead|was declared dead|had a fatal \w+|didn['’]?t make it|did not make it)",
        "died,passed,expired,dead,death,own life,suicide,self,fatal,make it",
        not_before=rf"{HYPOTHETICAL}|no|not|cat|dog|phone",
        not_after=_LAUGHING,
        words=1,
    ),
    fact_rule(
        FactKind.DEATH,
        rf"killed (?:my|our|his|her) (?:\w+ )?(?:{RELATIVE})\b|rip,? (?:my )?(?:{RELATIVE})\b|"
        rf"lost (?:my|our|his|her) (?:\w+ )?(?:{RELATIVE}) to\b",
        "killed,rip,lost",
        not_after=r"['’]s|appetite|libido",
        words=2,
    ),
    fact_rule(
        FactKind.LIFE_THREATENING,
        r"anaphyla(?:xis|ctic(?: shock| reaction)?)",
        "anaphyla",
        not_after=r"(?:was |is )?(?:from|to) (?:peanut|nut|bee|shellfish|wasp|milk|egg)",
    ),
    fact_rule(
        FactKind.LIFE_THREATENING,
        r"life[- ]threatening",
        "threatening",
        not_before=rf"{NEGATED}|can|could|may|might|if|risk of|potentially|possibly|as",
        words=3,
    ),
    fact_rule(
        FactKind.LIFE_THREATENING,
        r"(?:almost|nearly|just about) (?:died|bled (?:out|to death))|came (?:so |very )?close to dying|"
        r"(?:could|would|might|should) have died|could['’]ve died|was dying",
        "died,dying,bled",
        not_before=rf"{NEGATED}|felt like|thought|like",
        not_after=_LAUGHING,
        words=2,
    ),
    fact_rule(
        FactKind.LIFE_THREATENING,
        rf"(?:almost|nearly) (?:killed|lost) (?:me|him|her|them|us|(?:my|our) (?:{RELATIVE}))\b",
        "killed,lost",
        not_before=rf"{NEGATED}|{_NOT_THE_DRUG}",
        not_after=_LAUGHING,
        words=3,
    ),
    fact_rule(
        FactKind.LIFE_THREATENING,
        r"(?:cardiac|respiratory) arrest|life support|fight(?:ing|s)? for (?:his|her|my|their) life|"
        r"intubated|on a ventilator|(?:stopped|stops|quit) breathing|flatlined|coded on",
        "arrest,life,ventilator,intubated,breathing,flatlined,coded",
        not_after=r"through|so hard|heavily|down",
    ),
    fact_rule(
        FactKind.HOSPITAL,
        r"(?:was |were |been |got |get |being )?hospitali[sz]ed",
        "hospitali",
    ),
    fact_rule(
        FactKind.HOSPITAL,
        rf"{_GOING}{_SOMEONE} {_PLACE}",
        "hospital,er,icu,a&e,emergency,intensive,psych,urgent,ed,cardiac",
        not_before=rf"{NEGATED}|{HYPOTHETICAL}|work\w*|volunteer\w*|job|shift|past",
        not_after=r"food|pharmac|gift|park|to (?:work|visit|see)|for work|show\b|for my shift",
    ),
    fact_rule(
        FactKind.HOSPITAL,
        rf"(?:was|were|been|am|i['’]m|im|is|he['’]s|she['’]s|currently|still|back) (?:back |still |now |"
        rf"just )?in (?:the |a )?{_HOSPITAL}|(?:discharged|released|home|came out|got out|"
        rf"back) {_OUT_OF}|^in (?:the )?{_HOSPITAL}(?=.{{0,12}}(?:now|rn|again|today|tonight))|"
        rf"\d+ (?:days|nights|weeks) {_PLACE}",
        "hospital,er,icu,a&e,emergency,intensive,psych,urgent,ed,cardiac",
        not_before=rf"{NEGATED}|{HYPOTHETICAL}|born|work\w*",
    ),
    fact_rule(
        FactKind.HOSPITAL,
        r"(?:hospital|(?-i:ER|ICU)|icu|emergency room) (?:visits?|stays?|trips?|admission)\b|"
        r"trips? to (?:the )?(?:er|hospital|urgent care|emergency room)\b|"
        r"(?<=to )the er\b(?= since| because| from| after)",
        "hospital,er,icu,emergency,trip",
    ),
    fact_rule(
        FactKind.HOSPITAL,
        r"(?:(?:was|were|got|been|being|getting) |(?=admitted (?:me|him|her|us)\b))admitted"
        r"(?! (?:that|it|he|she|they|i)\b)|(?:got|get|was|been|had|have) (?:me |him |her )?sectioned",
        "admitted,sectioned",
    ),
    fact_rule(
        FactKind.HOSPITAL,
        r"(?:call(?:ed|ing)?|took|taken(?: away)? by|in|by|needed|came in|sent) (?:an|the|by) ambulance|"
        r"(?:taken|took \w+|went|rode) by ambulance|(?:call(?:ed)?|needed) (?:an )?ambulance|ambulance "
        r"(?:ride|took)",
        "ambulance",
    ),
    fact_rule(
        FactKind.DISABILITY,
        r"permanent(?:ly)? (?:\w+ )?(?:disab\w+|damage\w*|blind\w*|deaf\w*|injur\w+|loss|impair\w+|"
        r"paraly\w+)|(?:is |am |was |are |became |left (?:me|him|her|them) |i['’]m |now )(?:completely |"
        r"partially |now )?(?:disabled|paraly[sz]ed|crippled)\b",
        "permanent,disabled,paraly,crippled",
        not_before=rf"{NEGATED}|{HYPOTHETICAL}|like|lol|so",
        not_after=r"with (?:laugh|fear|joy)|on the (?:couch|sofa)|by (?:fear|choice)|in bed",
        words=3,
    ),
    fact_rule(
        FactKind.DISABILITY,
        r"(?:can['’]?t|cannot|can no longer|unable to|never be able to) walk (?:anymore|any more|again|"
        r"unaided|without (?:a|my) (?:cane|walker|crutch))|(?:in|needs?|need) a wheelchair|"
        r"wheelchair[- ]bound|on disability(?= now| since| because| from| after)|(?:lost (?:my|his|"
        r"her) (?:\w+ )?(?:hearing|vision|sight|eyesight|sense of smell|ability to \w+)) (?:for good|"
        r"permanently|forever)|(?:haven['’]?t|hasn['’]?t|not) been able to work|(?:went|gone|going|is|"
        r"am) (?:blind|deaf) in (?:one|my|his|her)|unable to work",
        "walk,wheelchair,disability,lost,work,blind,deaf",
        not_before=rf"{HYPOTHETICAL}|joke|temporar\w+",
        words=3,
    ),
    fact_rule(
        FactKind.BIRTH_DEFECT,
        r"born with (?:a |an )?(?:\w+ )?(?:cleft|heart defect|birth defect|hole in|club ?foot|clubfeet|"
        r"deformit\w+|malformation\w*|spina bifida|defects?|hip dysplasia|microcephaly|extra)(?: \w+)?|"
        r"born (?:missing|without) (?:a |an |his |her |\w+ )?(?:\w+)",
        "born",
        not_before=r"i was|i were|i",
        words=0,
    ),
    fact_rule(
        FactKind.BIRTH_DEFECT,
        r"(?<=has )spina bifida|(?<=with )spina bifida|birth defects?(?= (?:our|my|his|her|their) )|"
        r"(?<=has )(?:a )?birth defects?|(?<=has )fetal \w+ syndrome",
        "bifida,defect,fetal",
        not_before=r"no|cause|causes|can|risk of|could",
    ),
)
"""The rules for the criteria of a serious case."""
