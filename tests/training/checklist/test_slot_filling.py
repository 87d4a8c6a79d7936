"""Words are drawn for the slots of templates, and sentences are written of both."""

from random import Random

import pytest

from training.checklist.cases import Effect, Sentence
from training.checklist.slot_filling import SlotWords, draw_words, generate_sentences, write_sentence
from training.checklist.vocabulary import read_list, read_medicine_kinds

WORDS = {
    "drug": SlotWords("zoloft"),
    "noun": SlotWords("a headache", (2, 10), ("Headache",)),
    "t:bare": SlotWords("panic attacks", (0, 13)),
}


def test_effects_and_illnesses_are_placed_at_their_core() -> None:
    sentence = write_sentence("{drug} for {t:bare} gave me {noun}!", WORDS, reports=True)
    assert sentence == Sentence(
        "zoloft for panic attacks gave me a headache!", (Effect(35, 43, ("Headache",)),), ((11, 24),)
    )
    assert sentence.text[35:43] == "headache"


def test_a_sentence_that_reports_nothing_has_no_places() -> None:
    sentence = write_sentence("no {noun} from {drug}", WORDS, reports=False)
    assert sentence == Sentence("no a headache from zoloft")


def test_words_for_several_templates_come_from_one_kind_of_medicine() -> None:
    kinds = {kind.drugs: kind for kind in read_medicine_kinds()}
    for seed in range(50):
        words = draw_words(["{drug} for {t:noun}", "{drug} for {condition}: {noun}"], Random(seed))
        [kind] = [kind for drugs, kind in kinds.items() if words["drug"].text in drugs]
        assert words["condition"].text in kind.conditions
        assert words["t:noun"].names in {effect.names for effect in kind.treats}
        assert words["noun"].names in {effect.names for effect in kind.side_effects}


def test_a_template_that_no_medicine_can_fill_is_an_error() -> None:
    with pytest.raises(ValueError, match="no medicine or effect has all the slots"):
        draw_words(["{noun} {bare} {make} {adj} {past} {clause} {t:make}"], Random(1))


def test_a_template_with_too_few_sentences_is_an_error() -> None:
    sentences = generate_sentences("nothing to fill", Random(1), reports=False)
    assert next(sentences) == Sentence("nothing to fill")
    with pytest.raises(ValueError, match="only 1 different sentences"):
        next(sentences)


def test_a_missing_list_is_empty() -> None:
    assert read_list("plain", "pairs", "templates") == ()
    assert read_list("plain", "ADE", "no such key") == ()
