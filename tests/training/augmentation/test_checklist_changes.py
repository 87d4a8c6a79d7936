from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.augmentation.checklist_changes import KIND_OF, PLACES, checklist_changes, other_number


def changed(text: str, seed: int = 0) -> str:
    for edit in sorted(checklist_changes(text, Random(seed)), reverse=True):
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    return text


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("I don't sleep", "I do not sleep"),
        ("I DO NOT sleep", "I DON'T sleep"),
        ("Can’t sleep", "Cannot sleep"),
        ("it is awful", "it's awful"),
        ("it's been awful", "it's been awful"),
        ("i'm dizzy and you will not eat", "i am dizzy and you won't eat"),
    ],
)
def test_contractions_are_expanded_and_long_forms_contracted(text: str, other: str) -> None:
    assert changed(text) == other


@pytest.mark.parametrize("kind", sorted(PLACES))
def test_a_place_becomes_another_of_its_kind_in_the_same_case(kind: str) -> None:
    for name in PLACES[kind]:
        other = changed(f"sick in {name}!").removeprefix("sick in ").removesuffix("!")
        assert KIND_OF[other.lower()] == kind
        assert other != name
        assert changed(f"sick in {name.lower()}").islower()


def test_the_longest_place_name_is_replaced() -> None:
    text = "in Mexico City"
    assert [text[edit.start : edit.end] for edit in checklist_changes(text, Random(1))] == ["Mexico City"]


@pytest.mark.parametrize(
    "text",
    [
        "vitamin B12",
        "covid-19",
        "at 10:30",
        "on 1/2/2021",
        "24/7",
        "love it <3",
        ":3",
        "my 2nd pill",
        "2-3 pills",
        "#1 drug",
        "@user22",
        "&#39;",
        "https://t.co/55",
        "0 sleep",
        "1,000 pills",
        "someone told her",
        "romeo",
    ],
)
def test_text_without_a_number_or_place_stays(text: str) -> None:
    assert checklist_changes(text, Random(1)) == []


@pytest.mark.parametrize(
    "text", ["took 20mg", "for 3 weeks", "2.5 mg", "gained 12lbs.", "(30)", "after two days"]
)
def test_a_number_becomes_another_number(text: str) -> None:
    (edit,) = checklist_changes(text, Random(1))
    assert edit.replacement != text[edit.start : edit.end]


@given(st.integers(1, 99_999), st.integers(0, 2), st.integers(0, 10**6))
def test_a_number_is_at_most_halved_or_doubled_and_keeps_its_decimals(
    digits: int, decimals: int, seed: int
) -> None:
    number = f"{digits / 10**decimals:.{decimals}f}"
    other = other_number(number, Random(seed))
    assert other != number
    assert len(other.partition(".")[2]) == decimals
    assert 0 < float(number) / 3 <= float(other) <= 2 * float(number)


@pytest.mark.parametrize(("number", "step"), [("20", 10), ("150", 50), ("400", 100), ("10", 5), ("3.0", 1)])
def test_a_round_number_stays_round(number: str, step: int) -> None:
    assert all(float(other_number(number, Random(seed))) % step == 0 for seed in range(30))
