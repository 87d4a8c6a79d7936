"""Labels get the names of drugs that posts have, too."""

from __future__ import annotations

import pytest

from monitor.enrich.drugs import DrugMatcher
from monitor.labels.drug_of_label import canonical_drug, drug_of


@pytest.mark.parametrize(
    ("names", "drug"),
    [
        (("SERTRALINE HYDROCHLORIDE", "Zoloft"), "sertraline"),
        (("Zoloft",), "sertraline"),
        (("Oxycodone Hydrochloride and Acetaminophen",), "acetaminophen + oxycodone"),
        (("unheardofmab maleate",), "unheardofmab"),
        (("unheardofmab", "Zoloft"), "sertraline"),
        ((), None),
        (("?",), None),
    ],
)
def test_a_label_has_the_canonical_name(matcher: DrugMatcher, names: tuple[str, ...], drug: str) -> None:
    assert drug_of(names, matcher) == drug


def test_users_may_name_a_drug_by_any_name(matcher: DrugMatcher) -> None:
    assert canonical_drug("ZOLOFT", matcher) == "sertraline"
    assert canonical_drug("Unheardofmab", matcher) == "unheardofmab"
    assert canonical_drug("!", matcher) == ""
