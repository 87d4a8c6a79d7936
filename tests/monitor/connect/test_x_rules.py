"""Rules of X from a drug list, and what has to change at X."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.connect import ConnectError, DrugList
from monitor.connect.x_rules import StreamRule, build_rules, parse_rules, plan_changes


def drug_list(*names: str, **options: object) -> DrugList:
    return DrugList.model_validate({"drug": [{"name": name} for name in names], "x": options})


def test_all_names_of_a_drug_are_alternatives() -> None:
    drugs = DrugList.model_validate(
        {"drug": [{"name": "Sertraline", "aliases": ["zoloft", "st. john"], "hashtags": ["#zoloftlife"]}]}
    )
    assert build_rules(drugs) == ['sertraline OR zoloft OR "st. john" OR #zoloftlife']


def test_languages_and_retweets_are_conditions_of_every_rule() -> None:
    drugs = drug_list("zoloft", "prozac", languages=["en", "es"], retweets=False)
    assert build_rules(drugs) == ["(zoloft OR prozac) (lang:en OR lang:es) -is:retweet"]
    assert build_rules(drug_list("zoloft", languages=["en"])) == ["zoloft lang:en"]


def test_a_name_that_is_an_operator_is_quoted() -> None:
    assert build_rules(drug_list("or", "prozac")) == ['"or" OR prozac']


def test_a_name_in_two_drugs_is_in_one_rule_only() -> None:
    assert build_rules(drug_list("zoloft", "Zoloft")) == ["zoloft"]


def test_a_name_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(ConnectError, match="does not fit"):
        build_rules(drug_list("x" * 80, max_length=64))


@given(
    names=st.lists(st.from_regex(r"[a-z]{1,12}( [a-z]{1,12})?", fullmatch=True), min_size=1, max_size=80),
    max_length=st.integers(80, 512),
)
def test_rules_are_short_enough_and_hold_every_name_once(names: list[str], max_length: int) -> None:
    rules = build_rules(drug_list(*names, max_length=max_length, languages=["en"], retweets=False))
    assert all(len(rule) <= max_length for rule in rules)
    terms = [
        term.strip('"')
        for rule in rules
        for term in re.sub(r"\)? lang:en -is:retweet$", "", rule).removeprefix("(").split(" OR ")
    ]
    assert terms == list(dict.fromkeys(names))


def test_only_rules_with_our_tag_are_deleted() -> None:
    existing = [
        StreamRule("1", "zoloft", "ade-monitor"),
        StreamRule("2", "aspirin", "ade-monitor"),
        StreamRule("3", "cats", "somebody else"),
        StreamRule("4", "prozac", ""),
    ]
    plan = plan_changes(["zoloft", "prozac", "xanax"], existing, "ade-monitor")
    assert plan.add == ("xanax",)  # X has prozac already, under another tag
    assert [rule.id for rule in plan.delete] == ["2"]
    assert [rule.id for rule in plan.keep] == ["1"]
    assert [rule.id for rule in plan.foreign] == ["3", "4"]


@pytest.mark.parametrize("document", [None, [], {}, {"data": None}, {"data": [1, {"id": "1"}]}])
def test_a_response_without_rules_has_none(document: object) -> None:
    assert parse_rules(document) == []
