"""The table of rules that speak for a drug or against it.

A pattern is a regular expression over a masked text (`masked_text.py`), with these short forms:

- `<D>`: the drugs that the rule is about, one or a list ("A and B"); `<D1>`, `<D2>`: one more drug;
- `<E>`: the effects, one or a list; a rule without it is about every effect of the post;
- `<w4>`: up to four words of the same clause; `<c4>`: such words without a new subject; `<x4>`: words, commas
  and effects; `<s4>`: sentence ends, too;
- `<verb>`: what causes ("gave", "makes", "causes"); `<not>`: a negation; `<why>`: "because" and the like;
- `<to>`: what leads to a new drug; `<det>`: words such as "the" and "my".

The weight is added to the sum of a drug: points for it if above zero, against it if below. The distance
between drug and effect is subtracted from the sum, in words (`MaskedText.distances`). The drug with the
largest sum is the cause; see `linking.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from monitor.enrich.drug_links.drug_leads import Lead
from monitor.enrich.drug_links.masked_text import DRUG, EFFECT

_WORD: Final = r"[^\ue000-\uf8ff .;:,()N][^\ue000-\uf8ff ]* "
_SHORT_FORMS: Final = {
    "<D>": rf"(?P<drugs>{DRUG} (?:(?:[,&+/] |and |or |plus |with ){{1,3}}(?:F\S+ ){{0,2}}{DRUG} ){{0,20}})",
    "<D1>": rf"{DRUG} ",
    "<D2>": rf"{DRUG} ",
    "<E>": (
        rf"(?P<effects>{EFFECT} (?:(?:[,&+/] |and |or |plus |then ){{1,3}}(?:{_WORD}){{0,3}}?"
        rf"{EFFECT} ){{0,20}})"
    ),
    "<verb>": r"V\S+ ",
    "<not>": r"N\S+ ",
    "<why>": r"(?:because|bc|cuz|coz|due to|since|as|over|after|for) (?:of )?",
    "<to>": r"(?:to|onto|for|with|into) ",
    "<det>": r"(?:F\S+ ){0,3}",
}
_GAPS: Final = {
    "w": rf"(?:{_WORD})",
    "c": rf"(?:(?!but |so |because |bc |i |we |i'm ){_WORD})",
    "x": r"(?:[^\ue000-\uefff .;]+ )",
    "s": r"(?:[^\ue000-\uf8ff ]+ )",
}


@dataclass(frozen=True, slots=True)
class LinkRule:
    """A rule.

    Attributes:
        name: name of the rule, as `link_scores.py` and `docs/drugs.md` have it.
        weight: points for the drugs, in words of distance.
        pattern: what it finds.
        leads: it counts only if the first drug of the match has one of these leads; None means any.
        starts_with_drug: False if a match starts with an effect.
    """

    name: str
    weight: float
    pattern: re.Pattern[str]
    leads: frozenset[Lead] | None = None
    starts_with_drug: bool = True


def _rule(name: str, weight: float, pattern: str, leads: Iterable[Lead] = ()) -> LinkRule:
    expression = re.sub(
        r"<([cwxs])(\d+)>", lambda gap: f"{_GAPS[gap[1]]}{{0,{gap[2]}}}?", pattern.replace(" ", "")
    )
    for short, long in _SHORT_FORMS.items():
        expression = expression.replace(short, long)
    return LinkRule(
        name,
        weight,
        re.compile(expression.replace("_", " ")),
        frozenset(leads) or None,
        pattern.find("<E>") < 0 or pattern.index("<D") < pattern.find("<E>"),
    )


_STOPS: Final = (Lead.STOPPED, Lead.SWITCHED_FROM)

RULES: Final = (
    # The drug comes first.
    _rule("causes", 40, "<D> (?:,_)? (?:(?:however|though)_ (?:,_)?)? <c4> <verb> <x6> <E>"),
    _rule("because", 26, "<D> (?:,_|i_)? <x7> <E>", [Lead.BECAUSE]),
    _rule("since", 20, "<D> (?:[,.]_)? <x8> <E>", [Lead.SINCE]),
    _rule("on", 20, "<D> (?:,_)? <x8> <E>", [Lead.ON]),
    _rule("label", 24, r"<D> (?:\w+_){0,2} (?:[(:=-]|->)_ (?:\w+_){0,2} <E>"),
    _rule("noun", 14, "<D> <E>"),
    _rule("stopped because", 36, "<D> <w3> <why> <w8> <E>", _STOPS),
    _rule("switched because", 30, "<D> <w4> <to> <det> <D2> <w4> <why> <w8> <E>", _STOPS),
    _rule("switched to", 22, "<D1> <w4> <to> <det> <D> (?! <w4> <why>) <s12> <E>", _STOPS),
    _rule("withdrawal", 16, "<D> <s10> <E>", [Lead.STOPPED]),
    _rule("its withdrawal", 24, "<D> (?:taper|withdrawals?|weaning|detox)_ <s8> <E>"),
    # The effect comes first.
    _rule("that it causes", 42, "<E> (?:Fthat_|which_)? <det> <D> <w2> <verb>"),
    _rule("from", 36, "<E> <w9> <D>", [Lead.BECAUSE]),
    _rule("after the start of", 28, "<E> <w7> <D>", [Lead.SINCE]),
    _rule("while on", 28, "<E> <w9> <D>", [Lead.ON]),
    _rule("gone without", 30, "<E> <w8> <D>", [Lead.STOPPED]),
    _rule("like it did", 50, "<E> <w2> like_ <det> <D> (?:Vdid|does|do|used)_"),
    _rule("in brackets", 24, "<E> [(]_ <D>"),
    _rule("did this", 30, "<E> <s12> <D> Vdid_ (?:Fthis|Fthat|it)_"),
    _rule("it did", 14, "<E> <s12> <D> (?:sure_)? (?:Vdid|does|yes)_"),
    # What speaks against a drug.
    _rule("indication", -36, "<D> for_ <det> <E>"),
    _rule(
        "treats",
        -36,
        "<D> <w4> (?:to_)? (?:deal_with|fight|treat|counter|counteract|offset|fix|stop|drain|calms?|control|"
        "manage|ease|eases|helps?|helped|helping|fixes|fixed|cures|cured|saves|saved|saving|relieves|touch|"
        "handles?|handled)_ <w6> <E>",
    ),
    _rule("taken because", -24, "<D> <w4> (?:because|bc|cuz|cause|since|as)_ <w8> <E>", [Lead.TOOK]),
    _rule("switched to because", -24, "<D> <w2> <why> <w8> <E>", [Lead.SWITCHED_TO]),
    _rule("replacement", -16, "<D1> <w4> <to> <det> <D> <w4> <why> <w8> <E>"),
    _rule("so taken", -24, "<E> <x8> so_ <w8> <D>", [Lead.TOOK, Lead.SINCE, Lead.NONE, Lead.SWITCHED_TO]),
    _rule("taken after", -14, "<E> <s10> <D>", [Lead.TOOK]),
    _rule("not", -40, "<D> <w3> <not> <w5> (?:<verb>)? <x5> <E>"),
    _rule("needed", -36, r"<E> Nwithout_ <det> <D>"),
    _rule("none on", -40, r"(?<=Nno_) <E> <w3> <D>"),
    _rule(
        "fine",
        -14,
        r"<D> [,;-]?_? (?:alone_)? <w2> (?:fine|ok|okay|great|good|amazing|meh|helps?|winner|works|better|"
        r"safe|heaven|N\S+|does_N\S+|Vdid_N\S+|behaves|Vleaves_Fmy|stays)_",
    ),
    _rule("next", -14, "<D> (?:is_)? (?:next|tomorrow|instead)_"),
)
"""All rules, those for a drug before those against it."""

LEAD_WEIGHTS: Final = {
    Lead.BECAUSE: 6.0,
    Lead.SINCE: 3.0,
    Lead.DENIED: -30.0,
    Lead.COMPARED: -16.0,
    Lead.SWITCHED_FROM: -14.0,
    Lead.PRAISED: -14.0,
    Lead.FUTURE: -14.0,
    Lead.OTHER_PERSON: -8.0,
    Lead.COMPANION: -3.0,
}
"""What the lead of a drug alone says for it or against it, as the cause of any effect."""
