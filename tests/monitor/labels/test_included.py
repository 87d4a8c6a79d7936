"""The included labels are facts alone, and only PTs that the default bundle has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.terminology import packaged_pt_names
from monitor.enrich.drugs import DrugMatcher
from monitor.labels import LabelError
from monitor.labels.build_included import OUT, effects_of_corpus
from monitor.labels.included import included_labels, label_drugs

CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "tac2017_train.jsonl"


def test_every_included_label_has_a_drug_and_effects_without_sentences(matcher: DrugMatcher) -> None:
    labels = list(included_labels(matcher))
    assert {label.label_id for label in labels} == {f"tac2017:{name}" for name in label_drugs()}
    names = packaged_pt_names()
    for label in labels:
        assert label.drug
        assert label.effects
        for effect in label.effects:
            assert names[effect.ptid] == effect.pt_name
            assert effect.sentence is None


def test_known_effects_are_among_them(matcher: DrugMatcher) -> None:
    listed = {label.drug: {effect.pt_name for effect in label.effects} for label in included_labels(matcher)}
    assert "Haemorrhage" in listed["apixaban"]
    assert "Neuropathy peripheral" in listed["brentuximab vedotin"]


def test_the_file_is_what_the_corpus_says() -> None:
    if not CORPUS.exists():
        pytest.skip("the corpus is not here: it is not part of the project")
    with CORPUS.open(encoding="utf-8") as lines:
        rows = [
            "\t".join((label, section, " ".join(ptids)))
            for label, section, ptids in effects_of_corpus(lines, "corpus")
        ]
    assert rows == OUT.read_text(encoding="utf-8").splitlines()[3:]


def record(**changes: object) -> str:
    spans = [{"ptid": "10002198"}, {"ptid": None}]
    return json.dumps({"id": "tac:train:ADCETRIS:adv:2", "spans": spans} | changes)


def test_only_facts_are_taken_from_the_corpus() -> None:
    assert list(effects_of_corpus([record(text="a sentence")], "x")) == [("ADCETRIS", "adv", ["10002198"])]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        record(id="tac:2"),
        record(id="tac:train:NODRUG:adv:2"),
        record(id="tac:train:ADCETRIS:xyz:2"),
        record(spans=[{"ptid": "90000001"}]),
    ],
)
def test_other_lines_are_refused_with_their_number(line: str) -> None:
    with pytest.raises(LabelError, match="x, line 2"):
        list(effects_of_corpus([record(), line], "x"))
