"""Whom it happened to: the author, or a person that the author names ("my mom", "our toddler")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from monitor.enrich.facts.quantities import table_word
from monitor.findings import Fact, FactKind

RELATIONS: Final = {
    "child": "son|daughter|kid|kids|child|children|toddler|baby|newborn|infant|boy|girl|little guy|"
    "little one|twins|year old|year-old|teen|teenager|kiddo|baby boy|baby girl",
    "parent": "mom|mum|mother|dad|father|mama|papa|mommy|daddy|parents|mam",
    "partner": "wife|husband|hubby|boyfriend|girlfriend|partner|spouse|fiance|fiancee|fiancé|fiancée|bf|gf",
    "friend": "friend|best friend|bestie|roommate|buddy|coworker|colleague|co-worker|classmate",
    "other": "grandma|grandpa|grandmother|grandfather|granny|nana|aunt|uncle|cousin|sister|brother|niece|"
    "nephew|neighbor|neighbour|patient|patients|mother-in-law|father-in-law|mil|boss|teacher",
}
"""Words for a person, by the value of the fact."""

RELATIVE: Final = "|".join(
    sorted((word for words in RELATIONS.values() for word in words.split("|")), key=len, reverse=True)
)
_VALUES: Final = {word: value for value, words in RELATIONS.items() for word in words.split("|")}

_STATES: Final = (
    r"on(?! (?:the phone|hold|vacation|holiday|call|duty|board|her way|his way))|taking|put on|given|"
    r"prescribed|hospitali[sz]ed|admitted|rushed (?:to|in|into)|airlifted|intubated|"
    r"(?:taken|brought|sent|back) (?:to|in|into) (?:the |a )?(?:er|emergency|hospital|icu|urgent care)|"
    r"in (?:the |a )?(?:hospital|er|icu|wheelchair|coma)|sick|dizzy|so(?! (?:mad|angry|proud|happy|nice))|"
    r"having|fighting|paraly[sz]ed|found dead|allergic|born with|born missing|pregnant|nauseous|nauseated|"
    r"miserable|vomiting|throwing up|puking|bleeding|shaking|swollen|covered in|unconscious|unresponsive|"
    r"hallucinating|delirious|constipated|suicidal|itchy|itching|lethargic|manic|psychotic|bedridden|"
    r"coughing|(?:tired|exhausted)(?! (?:of|by)\b)"
)
"""What a person is or was because of a drug; not what a bystander is, such as "a nurse" or "worried"."""

_NOT_AN_EXPERIENCE: Final = (
    r"(?!(?:an? |the |no )?(?:baby|job|dog|car|point|affair|laugh|idea|question)\b|(?:no|to|me|my|us|mad|"
    r"angry|married|home|here)\b)"
)
"""What "my mom had" or "my mom got" does not state as an effect: "had a baby", "got mad", "got me off it"."""

_EXPERIENCES: Final = (
    rf"(?:is|was|has been|['’]s been|been|['’]s|got) (?:(?!not |never )\w+ )?(?:{_STATES})|"
    rf"(?:has|had|have|got|gets|developed|suffers|suffered) {_NOT_AN_EXPERIENCE}(?:a |an |the worst |bad |"
    rf"severe |such |terrible |some |really )?{_NOT_AN_EXPERIENCE}\w+|takes|took|started|starts|"
    r"can['’]?t|couldn['’]?t|keeps|gained|lost|died|passed|expired|fell|snores?|threw|throws|stopped|"
    r"ended up|swelled|broke out|felt|feels|nearly died|almost died|od['’]?d|overdosed|swallowed|slept|"
    r"woke up|born with|born missing|landed in|collapsed|fainted|vomited|puked|cries|cried|bled|"
    r"says (?:his|her|he|she)|complains|went (?:on|off|into)|reacted|['’]s \w+ (?:swelled|hurt|stopped|"
    r"fell|shakes?|ache[sd]?)"
)
_ACTIONS: Final = (
    r"gave|gives|giving|made|makes|make|making|turned|turns|cause[ds]?|causing|killed|kills|nearly lost|"
    r"almost lost|rip|works for|ambulance for|rushed|drove|put"
)
_DETERMINER: Final = r"(?:my|our|his|her|their|one of my|a)"
_BARE: Final = (
    "mom|mum|dad|mama|papa|grandma|grandpa|grandmother|grandfather|granny|nana|hubby|uncle|"
    "aunt|coworker|daughter|patient|baby boy|baby girl"
)

_SUBJECT: Final = re.compile(
    rf"\b(?:{_DETERMINER} (?:(?!dog|cat)[\w-]+ ){{0,2}}(?P<who>{RELATIVE})|"
    rf"(?P<bare>{_BARE}))(?: of mine)?,?(?: who)?(?: (?:just|also|really|now|still|"
    rf"even))?\s?(?:{_EXPERIENCES})\b(?! (?:me to|a nurse|a doctor))",
    re.IGNORECASE,
)
_OBJECT: Final = re.compile(
    rf"\b(?:{_ACTIONS}) (?:(?:{_DETERMINER}) (?:[\w-]+ )?(?P<who>{RELATIVE})|(?P<bare>{_BARE}))\b(?!['’]s)|"
    rf"\b(?:took|lost) (?:my|our) (?:[\w-]+ )?(?P<taken>{RELATIVE}) to\b",
    re.IGNORECASE,
)
_SELF: Final = re.compile(
    r"\b(?:i['’]?m|i['’]ve|i['’]d|myself|me|i (?!think|read|heard|hear|know|wonder|guess|work\b|saw\b)"
    r"\w+(?:['’-]\w+)*|my (?!god|doctor says|point|bad|dog|cat|puppy|kitten)\w+(?:['’-]\w+)*)\b",
    re.IGNORECASE,
)
_SELF_TOO: Final = re.compile(
    r"\b(?:(?:gave|gives|giving|makes|made|making|has|had|put|left|leaves|turned|got|keeps|kept) me|"
    r"i (?:take|took|feel|felt|get|got|can['’]?t|couldn['’]?t|started|gained|lost|stopped|quit|keep|"
    r"sleep|ate|ended)|i['’]?m (?:on|so|not|\w+ing)|i['’]ve been)\b",
    re.IGNORECASE,
)
"""What says that it happened to the author, in a text that names other persons, too."""

_OTHERS: Final = re.compile(rf"\b(?:my|our|his|her) (?:[\w-]+ )?(?:{RELATIVE})\b", re.IGNORECASE)


def patients(text: str) -> Iterator[Fact]:
    """Yield whom it happened to: one fact for each person who is not the author, else one for the author.

    The author is the patient if the text speaks of "I", "me" or "my". If it names other persons, too, it
    must be clear: "I take", "gave me". Without such a word there is no fact: "ended up in the ER" does
    not state who did.
    """
    values: set[str] = set()
    for pattern in (_SUBJECT, _OBJECT):
        for match in pattern.finditer(text):
            group = match.lastgroup or "who"
            value = _VALUES.get(table_word(match[group]))
            if value is not None and value not in values:
                values.add(value)
                yield Fact(FactKind.PATIENT, match.start(group), match.end(group), match[group], value)
    pattern = _SELF_TOO if _OTHERS.search(text) else _SELF
    author = None if values else pattern.search(text)
    if author is not None:
        yield Fact(FactKind.PATIENT, author.start(), author.end(), author.group(), "self")
