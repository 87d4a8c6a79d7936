"""The cases of the suite are sound, whatever the scorer."""

import subprocess
import sys

import pytest

from training.checklist import CAPABILITIES, checklist_cases
from training.checklist.cases import Case, edit_sentence, printable
from training.checklist.text_changes import WAYS
from training.checklist.vocabulary import read_effects, read_medicine_kinds
from training.errors import RunError
from training.wordlists import read_wordlist

CASES = checklist_cases()


def cases_of(capability: str) -> list[Case]:
    return [case for case in CASES if case.capability == capability]


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_each_capability_has_40_to_150_cases(capability: str) -> None:
    assert 40 <= len(cases_of(capability)) <= 150


@pytest.mark.parametrize("capability", [name for name in CAPABILITIES if name != "coding"])
def test_no_single_label_passes_a_capability(capability: str) -> None:
    labels = [case.draft.sentence.label for case in cases_of(capability) if case.draft.test == "MFT"]
    assert 0.1 < labels.count("ADE") / len(labels) < 0.9


def test_ids_are_unique_and_so_are_the_texts_of_a_test() -> None:
    assert len({case.id for case in CASES}) == len(CASES)
    for capability in CAPABILITIES:
        keys = [(case.draft.test, case.draft.sentence.text) for case in cases_of(capability)]
        assert len(set(keys)) == len(keys)


def test_a_text_has_the_same_label_in_all_cases() -> None:
    labels: dict[str, str] = {}
    for case in CASES:
        for sentence in (case.draft.sentence, case.draft.base):
            if sentence is not None:
                assert labels.setdefault(sentence.text, sentence.label) == sentence.label, sentence.text


def test_no_slot_or_bracket_is_left_in_a_text() -> None:
    for case in CASES:
        assert not set("{}[]") & set(case.draft.sentence.text), case.id


def test_effects_lie_within_their_text_and_apart_from_non_effects() -> None:
    for case in CASES:
        for sentence in (case.draft.sentence, case.draft.base):
            for effect in sentence.effects if sentence else ():
                assert 0 <= effect.start < effect.end <= len(sentence.text), case.id
                assert sentence.text[effect.start : effect.end].strip(), case.id
                assert not any(a < effect.end and effect.start < b for a, b in sentence.non_effects), case.id


def test_a_change_is_made_by_its_edits_and_changes_something() -> None:
    for case in CASES:
        draft = case.draft
        if draft.test == "MFT":
            assert draft.base is None
        elif draft.test == "INV":
            assert edit_sentence(draft.base, draft.edits) == draft.sentence
            assert draft.sentence.text != draft.base.text
            assert draft.sentence.label == draft.base.label
        else:
            assert (draft.base.label, draft.sentence.label) == ("ADE", "NoADE")


def test_an_effect_stays_on_its_words_when_the_text_changes() -> None:
    for case in (
        cases_of("emoji")
        + cases_of("url")
        + cases_of("mention")
        + cases_of("hashtag")
        + cases_of("upper-case")
        + cases_of("thread")
    ):
        if case.draft.test == "INV":
            before, after = case.draft.base, case.draft.sentence
            for old, new in zip(before.effects, after.effects, strict=True):
                words = before.text[old.start : old.end], after.text[new.start : new.end]
                assert words[0].lower() == words[1].lower(), case.id


def test_each_way_to_write_odd_characters_is_tried_on_both_labels() -> None:
    for label in ("ADE", "NoADE"):
        changed = [case for case in cases_of("unicode") if case.draft.base and case.draft.base.label == label]
        assert len(changed) >= len(WAYS)


def test_empty_odd_and_very_long_texts_are_among_the_cases() -> None:
    texts = {case.draft.sentence.text for case in cases_of("unicode")}
    assert {"", " ", "\x00", "\ud800\ud800"} <= texts
    assert any(len(text.encode("utf-8", "surrogatepass")) >= 100_000 for text in texts)


def test_each_effect_is_coded_in_each_of_its_forms() -> None:
    tested = {
        names
        for case in cases_of("coding")
        for effect in case.draft.sentence.effects
        for names in [effect.names]
    }
    assert tested == {effect.names for effect in read_effects().values()}


def test_no_medicine_causes_what_it_is_taken_for() -> None:
    for kind in read_medicine_kinds():
        assert not {effect.names for effect in kind.treats} & {effect.names for effect in kind.side_effects}


def test_no_misspelling_equals_the_right_spelling() -> None:
    typos = read_wordlist("training.checklist", "typos")
    for lists in (typos["medicines"], typos["words"]):
        for right, misspellings in lists.items():
            assert right not in misspellings


def test_the_cases_are_the_same_in_another_process() -> None:
    program = (
        "import hashlib; from training.checklist import checklist_cases;"
        "print(hashlib.sha256(repr(checklist_cases()).encode('utf-8', 'surrogatepass')).hexdigest())"
    )
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]


def test_the_cases_of_a_capability_do_not_depend_on_the_others() -> None:
    assert checklist_cases(["wish", "negation"]) == cases_of("negation") + cases_of("wish")


def test_an_unknown_capability_is_reported_with_those_that_exist() -> None:
    with pytest.raises(RunError, match=r"telepathy.*negation"):
        checklist_cases(["telepathy"])


def test_a_text_is_printable_with_invisible_characters_escaped_and_its_middle_cut() -> None:
    assert printable("a\tb\u200b\ud83d é😂") == "a\\tb\\u200b\\ud83d é😂"
    assert printable("x" * 700) == "x" * 700
    assert printable("x" * 1_701) == f"{'x' * 350} … 1,001 characters … {'x' * 350}"
