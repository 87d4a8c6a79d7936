"""The suite itself: its cases are sound, whatever scorer they judge."""

import subprocess
import sys

import pytest

from training.checklist import CAPABILITIES, checklist_cases
from training.checklist.cases import Case, edited
from training.checklist.characters import WAYS
from training.checklist.vocabulary import complaints, medicines
from training.checklist.wordlists import read_lists
from training.errors import RunError

CASES = checklist_cases()


def of(capability: str) -> list[Case]:
    return [case for case in CASES if case.capability == capability]


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_each_capability_has_enough_cases_and_not_too_many(capability: str) -> None:
    assert 40 <= len(of(capability)) <= 150


@pytest.mark.parametrize("capability", [name for name in CAPABILITIES if name != "coding"])
def test_no_single_label_passes_a_capability(capability: str) -> None:
    labels = [case.draft.item.label for case in of(capability) if case.draft.test == "MFT"]
    assert 0.1 < labels.count("ADE") / len(labels) < 0.9


def test_names_are_unique_and_so_are_the_texts_of_a_test() -> None:
    assert len({case.id for case in CASES}) == len(CASES)
    for capability in CAPABILITIES:
        keys = [(case.draft.test, case.draft.item.text) for case in of(capability)]
        assert len(set(keys)) == len(keys)


def test_no_text_is_a_report_in_one_case_and_none_in_another() -> None:
    labels: dict[str, str] = {}
    for case in CASES:
        for sentence in (case.draft.item, case.draft.base):
            if sentence is not None:
                assert labels.setdefault(sentence.text, sentence.label) == sentence.label, sentence.text


def test_no_slot_and_no_mark_is_left_in_a_text() -> None:
    for case in CASES:
        assert not set("{}[]") & set(case.draft.item.text), case.id


def test_what_a_span_must_overlap_is_in_the_text() -> None:
    for case in CASES:
        for sentence in (case.draft.item, case.draft.base):
            for effect in sentence.effects if sentence else ():
                assert 0 <= effect.start < effect.end <= len(sentence.text), case.id
                assert sentence.text[effect.start : effect.end].strip(), case.id
                assert not any(a < effect.end and effect.start < b for a, b in sentence.others), case.id


def test_changes_are_what_their_edits_say_and_change_something() -> None:
    for case in CASES:
        draft = case.draft
        if draft.test == "MFT":
            assert draft.base is None
        elif draft.test == "INV":
            assert edited(draft.base, draft.edits) == draft.item
            assert draft.item.text != draft.base.text
            assert draft.item.label == draft.base.label
        else:
            assert (draft.base.label, draft.item.label) == ("ADE", "NoADE")


def test_an_effect_stays_on_its_words_when_the_text_changes() -> None:
    for case in of("emoji") + of("url") + of("mention") + of("hashtag") + of("upper-case") + of("thread"):
        if case.draft.test == "INV":
            before, after = case.draft.base, case.draft.item
            for old, new in zip(before.effects, after.effects, strict=True):
                words = before.text[old.start : old.end], after.text[new.start : new.end]
                assert words[0].lower() == words[1].lower(), case.id


def test_each_way_to_write_odd_characters_is_tried_on_reports_and_on_others() -> None:
    for label in ("ADE", "NoADE"):
        changed = [case for case in of("unicode") if case.draft.base and case.draft.base.label == label]
        assert len(changed) >= len(WAYS)


def test_the_odd_texts_are_there() -> None:
    texts = {case.draft.item.text for case in of("unicode")}
    assert {"", " ", "\x00", "\ud800\ud800"} <= texts
    assert any(len(text.encode("utf-8", "surrogatepass")) >= 100_000 for text in texts)


def test_each_effect_is_coded_in_each_of_its_forms() -> None:
    asked = {names for case in of("coding") for effect in case.draft.item.effects for names in [effect.names]}
    assert asked == {complaint.names for complaint in complaints().values()}


def test_no_medicine_is_said_to_cause_what_it_is_taken_for() -> None:
    for kind in medicines():
        assert not {one.names for one in kind.treats} & {one.names for one in kind.side_effects}


def test_all_medicines_and_words_with_a_misspelling_are_misspelt_otherwise() -> None:
    for lists in (read_lists("typos")["medicines"], read_lists("typos")["words"]):
        for right, wrong in lists.items():
            assert right not in wrong


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


def test_a_capability_has_the_same_cases_whether_or_not_others_are_asked_for() -> None:
    assert checklist_cases(["wish", "negation"]) == of("negation") + of("wish")


def test_an_unknown_capability_is_named_with_those_there_are() -> None:
    with pytest.raises(RunError, match=r"telepathy.*negation"):
        checklist_cases(["telepathy"])
