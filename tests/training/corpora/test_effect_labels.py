from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from training.corpora.effect_labels import is_adverse_relation, is_effect, parse_class, require_effects
from training.errors import CorpusError


@pytest.mark.parametrize("value", [1, 1.0, True, "1", "ADE", "ade", " ADR ", "Related", "yes", "true"])
def test_words_for_the_positive_class(value: Any) -> None:
    assert parse_class(value) == 1


@pytest.mark.parametrize(
    "value", [0, False, "0", "NoADE", "noADE", "no_ade", "non-ADE", "Not-Related", "false"]
)
def test_words_for_the_negative_class(value: Any) -> None:
    assert parse_class(value) == 0


@pytest.mark.parametrize("value", [2, -1, 0.5, "maybe", "", None, [1], {"ADE": 1}])
def test_other_values_are_not_classes(value: Any) -> None:
    assert parse_class(value) is None


def test_chosen_labels_replace_the_usual_ones() -> None:
    assert is_effect("Side effect")
    assert is_effect("complaint", ("Complaint",))
    assert not is_effect("ADR", ("Complaint",))


@pytest.mark.parametrize(
    ("relation", "adverse"),
    [("Outcome-negative", True), ("Causes", True), ("Outcome-positive", False), ("Reason-to-use", False)],
)
def test_only_some_relations_lead_to_an_adverse_effect(relation: str, adverse: bool) -> None:
    assert is_adverse_relation(relation) == adverse


def test_a_corpus_without_effects_is_reported_with_its_labels_and_the_option() -> None:
    require_effects(Path("c"), ["Drug", "ADR"], ())
    with pytest.raises(CorpusError, match=r"Drug, Dose.*--effect-label"):
        require_effects(Path("c"), ["Drug", "Dose"], ())
