"""The keys of texts."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.enrich.copies import ALGORITHM, LONGEST_TEXT, copy_keys, is_part_key, reference_key
from monitor.findings import DrugMention, DrugNaming, DrugPlace

TEXT = "day 3 on zoloft and i can't stop shaking"

OF_ALL_KEYS = (
    "f755bce72ae05c2b5edb07c74f2c043d9bd2bcefb695b9dfab3220a7c30c1edc"  # sha256: of 13 keys and one reference
)


def test_keys_never_change_without_a_new_algorithm() -> None:
    """They are stored, and all workers of any version must agree on them. See `ALGORITHM`."""
    assert ALGORITHM == 1
    keys = [*copy_keys(TEXT), reference_key("1541096452107960321")]
    assert len(keys) == 14
    assert hashlib.sha256(b"".join(keys)).hexdigest() == OF_ALL_KEYS


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
