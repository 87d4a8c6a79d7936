"""When a similar post is a copy, and when it is another report."""

from __future__ import annotations

import pytest

from monitor.enrich.copies import MIN_SIMILARITY, Account, named_drugs, normalize, similarity

TEXT = "Day 3 on zoloft 50 mg and my son can't stop shaking, is this normal or should I worry?"


def account(text: str = TEXT, drugs: str = "sertraline", effects: str = "pt:1") -> Account:
    """Return an account; names are separated by spaces."""
    return Account(normalize(text), frozenset(drugs.split()), frozenset(effects.split()))


def test_a_text_is_most_similar_to_itself() -> None:
    assert similarity(account(), account()) == 1.0


def test_few_other_words_leave_a_copy() -> None:
    later = account(TEXT.replace("is this normal", "is that really normal"))
    assert MIN_SIMILARITY <= (similarity(account(), later) or 0.0) < 1.0


@pytest.mark.parametrize(
    "later",
    [
        account(drugs="quetiapine"),
        account(drugs="sertraline quetiapine"),
        account(drugs=""),
        account(effects="pt:2"),
        account(effects="pt:1 pt:2"),
        account(TEXT.replace("Day 3", "Day 5")),
        account(TEXT.replace("50 mg", "100 mg")),
        account(TEXT.replace("my son", "my mum")),
        account(TEXT.replace("can't", "can")),
        account("I took zoloft for years and it was fine until it gave me tremors last week"),
    ],
)
def test_another_report_is_not_a_copy(later: Account) -> None:
    assert similarity(account(), later) is None


def test_other_words_for_the_same_person_leave_a_copy() -> None:
    first = account("my mom took zoloft and she could not stop shaking for two whole days")
    later = account("my mum took zoloft and she could not stop shaking for two whole days")
    assert similarity(first, later)


def test_a_copy_may_tell_less_but_not_more() -> None:
    first = account(effects="pt:1 pt:2")
    assert similarity(first, account()) == 1.0
    assert similarity(account(), first) is None


def test_a_cut_text_is_compared_with_the_beginning_of_the_other() -> None:
    cut = account(TEXT[:55] + "…")
    assert similarity(account(), cut) == 1.0
    assert similarity(cut, account()) == 1.0
    assert similarity(cut, account(effects="pt:1 pt:2")) is None


def test_a_text_that_was_cut_before_its_effect_is_a_copy_if_its_words_are_the_same() -> None:
    without_effect = account(TEXT[:55] + "…", effects="")
    assert similarity(account(), without_effect) == 1.0
    other_drug = account(TEXT[:55].replace("zoloft", "florbinax") + "…", drugs="")
    assert similarity(account(), other_drug) is None


def test_a_cut_text_of_few_words_is_not_a_copy() -> None:
    assert similarity(account(), account("Day 3 on zoloft 50 mg and…")) is None


def test_a_post_is_about_the_drugs_that_it_names_or_else_about_those_of_its_context() -> None:
    in_post, quoted = ("sertraline", "post"), ("alprazolam", "quoted")
    assert named_drugs([in_post, quoted]) == {"sertraline"}
    assert named_drugs([quoted]) == {"alprazolam"}
    assert named_drugs([]) == frozenset()
