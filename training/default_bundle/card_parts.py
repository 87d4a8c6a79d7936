"""The parts of a model card that only the default bundle has: its data, its test scores, its limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from models.network import CLASSIFIER, EXTRACTOR, TASKS
from training.checklist import ChecklistReport, checklist_table
from training.presets import Method
from training.reports import ModelCard

_DATA: Final = """
| data | used for | terms |
|---|---|---|
| tweets composed for this project by a language model, or by a grammar | 1a, 1b, 1c | Apache-2.0 |
| ADE-Corpus-V2, sentences of case reports | 1a, 1b | cite Gurulingappa et al., J Biomed Inform 45(5), 2012 |
| PsyTAR, sentences of reviews | 1a, 1b, 1c | Zolnoori et al., Data in Brief 24, 2019; CC BY 4.0 |
| TAC 2017 ADR, sentences of drug labels | 1b, 1c | Demner-Fushman et al., Sci Data 5, 2018; CC0 |
| AskAPatient phrases | 1b, 1c | Limsopatham and Collier, ACL 2016; CC BY 4.0 |
| names of the terminology given to the command | 1c | from a MedDRA-like folder made of open sources |

No tweet of a real person was used. The reviews are of real patients, who wrote them for the public.
"""

_ABOUT_CODES: Final = """
How often the right PT is among the candidates of annotated spans. The words of many drug label spans also
occur in labels that were trained on.

| spans | Normalizer | spans | at 1 | at 5 |
|---|---|---:|---:|---:|
"""

_ABOUT_KINDS: Final = """
Posts that imitate a stream, with further positives of the same kinds: how many of the positives are found,
and how many of the negatives raise a false alarm.

| kind | positive | found | negative | false alarms |
|---|---:|---:|---:|---:|
"""

_ABOUT_CHECKLIST: Final = """
Small cases by capability (`ade-train checklist`). Their sentences are not those of the training tweets,
except the plainest ("X gave me …"). Their medicines, and most words for effects, occur in training. MFT:
the right answer is stated. INV: a meaningless change must change nothing. DIR: a change must make a report
clearly less likely.
"""


def default_card(metrics: Mapping[str, Any], method: Method, command: str, checklist: ChecklistReport) -> str:
    """Write the model card of the default bundle.

    Args:
        metrics: as in `metrics.json`.
        method: how the bundle was trained.
        command: the command that made it.
        checklist: the results of the checklist.
    """
    sizes, threshold = metrics["sizes"], metrics["threshold"]
    prevalence = f"{threshold['at_prevalence']:.0%}"
    counts = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in sizes.items())
    return ModelCard(
        name="the default bundle of ade-monitor",
        command=command,
        method=method,
        classes=sizes["classes"],
        threshold=threshold["threshold"],
        epochs=len(metrics["epochs"]),
        data=f"{_DATA.strip()}\n\nNumber of examples: {counts}.",
        about_scores=(
            f"*Test tweets* ({_describe(metrics['test_tweets'])}) are generated from templates, phrases and "
            "written tweets that were neither trained on nor used for validation, but come from the same "
            "source. A few of the phrases also occur in drug labels. *Blind tweets* "
            f"({_describe(metrics['blind_tweets'])}) and *stream* ({_describe(metrics['stream'])}) were "
            "composed without sight of any of the others; the latter imitates what a search for names of "
            f"medicines finds. *Reviews* ({_describe(metrics['reviews'])}) are of patients whose other "
            "sentences were not trained on. The threshold of 1a has the best mean F1 on validation tweets "
            f"and validation reviews, both weighted to {prevalence} positives. No real tweets were "
            "available: expect other figures on them."
        ),
        scores={
            **_score_rows("test tweets", metrics["test_tweets"], prevalence),
            **_score_rows("blind tweets", metrics["blind_tweets"], prevalence),
            **_score_rows("stream", metrics["stream"], prevalence),
            **_score_rows("reviews", metrics["reviews"], prevalence),
            **{
                f"ADE-Corpus-V2, {head.task}": metrics["ade_corpus_v2"][head.task]
                for head in (CLASSIFIER, EXTRACTOR)
            },
        },
        sections={
            "Codes": f"{_ABOUT_CODES.strip()}\n{_coding_rows(metrics['coding'])}",
            "Kinds of posts": f"{_ABOUT_KINDS.strip()}\n{_kind_rows(metrics['stream_by_kind'])}",
            "Robustness": f"{_ABOUT_CHECKLIST.strip()}\n\n{checklist_table(checklist)}",
        },
        limits=[
            "English only. Unusual wordings are missed.",
            "Withdrawal suffered by the writer counts as an adverse effect; illness that returns because a "
            "dose was missed does not.",
            f"Without a MedDRA release the model knows {sizes['classes']:,} PTs, and assigns a neighbouring "
            "PT or none to others.",
            "Medicines that are new, or that few people tweet about, are known only by their context.",
            f"Longer texts than {method.training.max_tokens} tokens are read in several windows.",
        ],
    ).to_markdown()


def _kind_rows(kinds: Mapping[str, Mapping[str, int]]) -> str:
    return "\n".join(
        f"| {kind.replace('_', ' ')} | {counts['positive']} | {counts['found']} | {counts['negative']} "
        f"| {counts['false_alarms']} |"
        for kind, counts in kinds.items()
    )


def _describe(tweets: Mapping[str, Any]) -> str:
    return f"{tweets['tweets']:,}, of which {tweets['positive']:,} are positive"


def _score_rows(name: str, scores: Mapping[str, Any], prevalence: str) -> dict[str, Mapping[str, float]]:
    return {
        f"{name}, 1a, weighted to {prevalence} positives": scores["1a_at_prevalence"],
        **{f"{name}, {task}": scores[task] for task in TASKS},
    }


def _coding_rows(coding: Mapping[str, Mapping[str, Any]]) -> str:
    return "\n".join(
        f"| {spans.replace('_', ' ')} | {choice} | {accuracy['spans']} | {accuracy['accuracy_at_1']:.1%} "
        f"| {accuracy['accuracy_at_5']:.1%} |"
        for spans, by_choice in coding.items()
        for choice, accuracy in by_choice.items()
    )
