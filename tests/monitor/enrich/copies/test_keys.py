"""The keys of texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.enrich.copies import ALGORITHM, LONGEST_TEXT, copy_keys, is_part_key, reference_key
from monitor.findings import DrugMention, DrugNaming, DrugPlace

TEXT = "day 3 on zoloft and i can't stop shaking"

GOLDEN = [
    "010131617d24f604fae97eb1cf25c9d7",
    "0102bb6ab6c2ecdc105042e0fa640559",
    "01024b5475ac4d5f115ae3c9c1a823e1",
    "010200e0cc288bb52dd5582f3c728614",
    "0102f0ba2a7ee2e83c14d34ab77c8463",
    "0102eb5edca5d018aacd185104c6f67c",
    "0102ecde0027a09b626ddbc43f253d86",
    "0102379e42b94899dfdf6b5d6201372b",
    "0102b67c0eba273f6770d22edd07a9da",
    "01027f6101902df91cb9df5d3178aaeb",
    "0102cfb0ca7770a747c239bbea2ec31f",
    "01024f397223906c192e27c2657d85da",
    "0102ca2eac403fff494250b2fead71e0",
]
GOLDEN_REFERENCE = "010327ef8b4f3a0cb877848a35ecdaac"


def test_keys_never_change_without_a_new_algorithm() -> None:
    """They are stored, and all workers of any version must agree on them. See `ALGORITHM`."""
    assert ALGORITHM == 1
    assert [key.hex() for key in copy_keys(TEXT)] == GOLDEN
    assert reference_key("1541096452107960321").hex() == GOLDEN_REFERENCE


def test_the_first_key_stands_for_the_whole_text() -> None:
    exact, *parts = copy_keys(TEXT)
    assert not is_part_key(exact)
    assert parts and all(map(is_part_key, parts))


def test_equal_words_have_equal_keys() -> None:
    assert copy_keys(f"RT @someone: {TEXT.upper()}!!! https://t.co/x 😭") == copy_keys(TEXT)


@pytest.mark.parametrize(
    "text", ["", "zoloft insomnia", "cant sleep", "zoloft gives me really bad insomnia 😭"]
)
def test_short_texts_have_no_keys(text: str) -> None:
    assert copy_keys(text) == ()


def test_the_same_words_about_another_drug_have_another_exact_key() -> None:
    text = "this pill keeps me awake until four every single night"
    drugs = [[], [quoted("sertraline")], [quoted("quetiapine")]]
    assert len({copy_keys(text, mentions)[0] for mentions in drugs}) == 3
    assert copy_keys(text, drugs[1] + drugs[2]) == copy_keys(text, drugs[2] + drugs[1])


def test_the_drugs_of_a_quote_do_not_matter_if_the_text_names_its_drug() -> None:
    zoloft = DrugMention(9, 15, "zoloft", "sertraline", DrugNaming.BRAND)
    assert copy_keys(TEXT, [zoloft, quoted("quetiapine")]) == copy_keys(TEXT, [zoloft]) == copy_keys(TEXT)


def quoted(drug: str) -> DrugMention:
    """Return a drug that only the quoted post names."""
    return DrugMention(0, len(drug), drug, drug, DrugNaming.GENERIC, None, DrugPlace.QUOTED, 0)


def test_a_cut_text_shares_a_key_with_the_whole_one() -> None:
    text = f"{TEXT}, and my doctor says that it will pass in a week or two, which I doubt"
    assert set(copy_keys(f"{text[:60]}…")) & set(copy_keys(text))


def test_a_text_of_any_length_has_few_keys() -> None:
    long = " ".join(f"word{n}x" for n in range(3 * LONGEST_TEXT))
    assert len(copy_keys(long)) <= 13


@given(st.text())
def test_every_text_has_keys_of_16_bytes(text: str) -> None:
    keys = copy_keys(text)
    assert all(len(key) == 16 and key[0] == ALGORITHM for key in keys)
    assert len(set(keys)) == len(keys)
