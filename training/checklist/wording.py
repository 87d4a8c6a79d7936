"""Cases and predictions in words, for people who read a report."""

from __future__ import annotations

from training.checklist.cases import Case
from training.checklist.sentences import Sentence
from training.checklist.showing import shown
from training.checklist.verdicts import Answer, Raised, best_pt


def expectation(case: Case) -> str:
    """Say what a case demands."""
    base = case.draft.base
    if base is None:
        return _stated(case.draft.item)
    if case.draft.test == "DIR":
        return f"clearly less likely than: {shown(base.text)}"
    return f"as for: {shown(base.text)}"


def prediction(answer: Answer) -> str:
    """Say what a scorer made of a text."""
    if isinstance(answer, Raised):
        return f"raised {answer.error}"
    spans = []
    for mention in answer.mentions:
        best = best_pt(mention)
        name = best[1] if best else "no code"
        spans.append(f"{shown(mention.text)!r} ({name}{'' if mention.ptid else ', unsure'})")
    return f"{answer.label} {answer.probability:.3f}{': ' if spans else ''}{', '.join(spans)}"


def _stated(sentence: Sentence) -> str:
    effects = []
    for effect in sentence.effects:
        names = f" ({' or '.join(effect.names)})" if effect.names else ""
        effects.append(f"{shown(sentence.text[effect.start : effect.end])!r}{names}")
    return f"{sentence.label}{': ' if effects else ''}{', '.join(effects)}"
