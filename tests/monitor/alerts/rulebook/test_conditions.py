"""Each condition of a rule holds where it should, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.effect_reports import CopyKind, CopyOf, EffectReport
from monitor.findings import DrugPlace, FactKind
from tests.monitor.alerts.rulebook.reports import NAUSEA, RASH, TREMOR, book_of, report, terminology

GROUPS = """
[group.ours]
drugs = ["Zoloft"]
groups = ["painkillers"]
[group.painkillers]
drugs = ["oxycodone"]
"""
COPY = CopyOf("0", CopyKind.EXACT)
COMBINATION = "acetaminophen + oxycodone"

CASES = [
    ("drug = 'Zoloft'", report(), report("fluoxetine")),
    ("drug = ['fluoxetine', 'sertraline']", report(), report("alprazolam")),
    ("drug = 'acetaminophen'", report(COMBINATION), report(None)),
    ("class = 'N06AB'", report("fluoxetine"), report("alprazolam")),
    ("class = 'n02be'", report(COMBINATION), report("alprazolam")),
    ("class = 'benzos'", report("alprazolam"), report("sertraline")),
    ("class = 'benzos'", report("benzodiazepines"), report(None)),
    ("class = 'ssris'", report("ssris"), report("sertraline")),
    ("group = 'ours'", report(), report("fluoxetine")),
    ("group = 'ours'", report(COMBINATION), report(None)),
    ("has_drug = true", report(), report(None)),
    ("has_drug = false", report(None), report()),
    ("drug_place = ['parent', 'quoted']", report(place=DrugPlace.PARENT), report()),
    ("pt = 10044565", report(), report(pt=NAUSEA)),
    ("pt = 'NAUSEA'", report(pt=NAUSEA), report(pt=None)),
    ("soc = 'Nervous System Disorders'", report(), report(pt=RASH)),
    ("soc = '10029205'", report(), report(pt=None)),
    ("hlgt = 'movement disorders'", report(), report(pt=RASH)),
    ("hlt = '10044566'", report(), report(pt=RASH)),
    ("smq = 'akathisia'", report(), report(pt=RASH)),
    ("smq = '20000044:broad'", report(), report(pt=RASH)),
    ("smq = 'akathisia:broad'", report(), report(pt=RASH)),
    ("ime = true", report(pt=RASH), report()),
    ("ime = false", report(), report(pt=RASH)),
    ("dme = true", report(), report(pt=RASH)),
    ("serious = true", report(facts=[FactKind.HOSPITAL]), report(facts=[FactKind.DOSE])),
    ("serious = false", report(facts=[FactKind.DOSE]), report(facts=[FactKind.DEATH])),
    ("facts = ['pregnancy', 'dose']", report(facts=[FactKind.DOSE]), report(facts=[FactKind.DEATH])),
    ("source = ['Bluesky', 'X']", report(), report(platform="reddit")),
    ("source = 'x'", report(platform="X"), report(platform=None)),
    ("language = 'en-GB'", report(lang="en-US"), report(lang="de")),
    ("language = ['de', 'en']", report(), report(lang=None)),
    ("min_probability = 0.9", report(), report(probability=0.89)),
    ("first_time = true", report(is_new_pair=True), report()),
    ("first_time = false", report(), report(is_new_pair=True)),
    ("listedness = 'unlisted'", report(), report(pt=NAUSEA)),
    ("listedness = ['listed', 'listed-milder']", report(pt=NAUSEA), report()),
    ("listedness = 'unknown'", report("fluoxetine"), report()),
    ("listedness = 'unknown'", report(pt=None), report()),
    ("copies = true", report(copy_of=COPY), None),
    ("copies = true", report(), None),
    ("copies = false", report(), report(copy_of=COPY)),
    ("copies = 'only'", report(copy_of=COPY), report()),
]


def applies(folder: Path, conditions: str, effect: EffectReport, table: str = "when") -> bool:
    text = f"[[rule]]\nname = 'r'\n[rule.{table}]\n{conditions}\n{GROUPS}"
    book = book_of(folder, text, knowledge=terminology())
    [explanation] = book.explain(effect, terminology())
    assert explanation.applies == book.decide(effect, terminology()).raises_alert
    assert explanation.applies or explanation.failed
    return explanation.applies


@pytest.mark.parametrize(("conditions", "yes", "no"), CASES)
def test_a_condition_holds_where_it_should(
    tmp_path: Path, conditions: str, yes: EffectReport, no: EffectReport | None
) -> None:
    assert applies(tmp_path, conditions, yes)
    if no is not None:
        assert not applies(tmp_path, conditions, no)


@pytest.mark.parametrize(("conditions", "yes", "no"), [case for case in CASES if "copies" not in case[0]])
def test_an_exclusion_is_the_opposite(
    tmp_path: Path, conditions: str, yes: EffectReport, no: EffectReport
) -> None:
    assert not applies(tmp_path, conditions, yes, table="not")
    assert applies(tmp_path, conditions, no, table="not")


def test_a_narrow_smq_does_not_have_terms_of_its_broad_search(tmp_path: Path) -> None:
    assert not applies(tmp_path, "smq = 'akathisia'", report(pt=NAUSEA))
    with pytest.raises(Exception, match="20000044"):
        applies(tmp_path, "smq = '20000044'", report())


def test_all_conditions_must_hold(tmp_path: Path) -> None:
    both = f"drug = 'sertraline'\npt = '{TREMOR[0]}'"
    assert applies(tmp_path, both, report())
    assert not applies(tmp_path, both, report("fluoxetine"))
    assert not applies(tmp_path, both, report(pt=NAUSEA))


def test_each_exclusion_alone_keeps_a_rule_away(tmp_path: Path) -> None:
    either = f"drug = 'sertraline'\npt = '{TREMOR[0]}'"
    assert not applies(tmp_path, either, report(pt=NAUSEA), table="not")
    assert not applies(tmp_path, either, report("fluoxetine"), table="not")
    assert applies(tmp_path, either, report("fluoxetine", NAUSEA), table="not")


def test_an_explanation_says_what_the_effect_has_instead(tmp_path: Path) -> None:
    book = book_of(tmp_path, "[[rule]]\nname = 'r'\nwhen = { drug = 'fluoxetine', source = 'reddit' }")
    [explanation] = book.explain(report())
    assert [("fluoxetine" in line, "sertraline" in line) for line in explanation.failed] == [
        (True, True),
        (False, False),
    ]
