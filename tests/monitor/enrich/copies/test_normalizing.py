"""What normalization removes, and what it keeps."""

from __future__ import annotations

import unicodedata
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.enrich.copies import normalize
from monitor.enrich.copies.normalizing import LONGEST_READ, LONGEST_RUN

TEXT = "day 3 on zoloft and i can't stop shaking"
WORDS = ("day", "3", "on", "zoloft", "and", "i", "cant", "stop", "shaking")


@pytest.mark.parametrize(
    "text",
    [
        TEXT.upper(),
        f"RT @Some_One: {TEXT}",
        f"“{TEXT}” @some.one",
        f"{TEXT} https://t.co/a1B2c3",
        f"www.example.org/page?id=7 {TEXT}!!! 😭😭",
        "Day 3 on #Zoloft 👩🏽‍⚕️ and I can’t stop #shaking ☠️",
        "day 3 on zo\u200bloft\u00a0and i cant\u2060 stop shaking",
        "day 3 on zoloft and i can't stop shaaaaaking",
        "ｄａｙ 3 on 𝗭𝗼𝗹𝗼𝗳𝘁 and i can't stop shaking",
        f"{TEXT} 20260711",
        f"{TEXT} a81f9c22d1",
        "day 3 on zolóft — and i can't stop (shaking)",
    ],
)
def test_what_copies_change_is_removed(text: str) -> None:
    assert normalize(text).words == WORDS


@pytest.mark.parametrize(
    "text", ["day 5 on zoloft and i can't stop shaking", "day 3 on zoloft and i can stop shaking"]
)
def test_what_changes_the_meaning_is_kept(text: str) -> None:
    assert normalize(text).words != WORDS


def test_doses_are_kept() -> None:
    assert normalize("50mg then 1000 mg, 2.5 ml").words == ("50mg", "then", "1000", "mg", "2", "5", "ml")


@pytest.mark.parametrize(
    ("text", "is_cut"),
    [
        ("no sleep since tues…", True),
        ("no sleep since tues... https://t.co/a1", True),
        ("no sleep. since tuesday", False),
        ("no... sleep since tuesday", False),
    ],
)
def test_a_text_that_was_cut_is_noticed(text: str, is_cut: bool) -> None:
    assert normalize(text).is_cut is is_cut


def test_scripts_without_spaces_have_a_word_for_each_character() -> None:
    assert len(normalize("ゾロフトを飲んで眠れない").words) == 12


@given(st.text())
def test_words_are_normal_already(text: str) -> None:
    words = normalize(text).words
    assert all(word and not word.isspace() for word in words)
    assert normalize(unicodedata.normalize("NFD", text)).words == words


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_links_and_case_never_matter(text: str) -> None:
    plain = " ".join(normalize(text).words)
    assert normalize(f"{plain.upper()} https://example.org/1").words == normalize(plain).words


@pytest.mark.timeout(20)
def test_long_texts_are_read_up_to_a_limit_and_quickly() -> None:
    assert normalize("." * 100_000 + "x").words == ()
    assert len(normalize("a " * 100_000).words) == LONGEST_READ // 2


@pytest.mark.parametrize("marks", ["\u0301", "\u0301\u0316", "\u0f73\u0301", "\uff9e\u0301", "\u20dd\u0316"])
def test_marks_are_read_up_to_a_limit_in_a_row(marks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []

    def normal_form(form: Any, text: str) -> str:
        result = unicode_normalize(form, text)
        runs.append(longest_run(result))
        return result

    unicode_normalize = unicodedata.normalize
    monkeypatch.setattr(unicodedata, "normalize", normal_form)
    assert normalize("shaking" + marks * 5_000 + " 😀" * 50 + " all day") == normalize("shaking all day")
    # NFKC may make two marks of one.
    assert max(runs) <= 2 * LONGEST_RUN


def longest_run(text: str) -> int:
    """Return the number of characters in the longest run that a normal form has to sort."""
    runs = groupby(text, key=lambda character: unicodedata.combining(character) > 0)
    return max((len(list(run)) for is_mark, run in runs if is_mark), default=0)


@given(st.text(max_size=10), st.text("\u0301\u0316\u0327\u20dd😀🏽", max_size=30))
def test_a_run_up_to_the_limit_is_read_whole(text: str, run: str) -> None:
    assert normalize(f"no sleep{run} {text}").words == normalize(f"no sleep {text}").words
