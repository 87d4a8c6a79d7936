"""The word list of `make check` finds what it should, and leaves English alone."""

from __future__ import annotations

import pytest

from tests.plain_english import PAGE, ROOT, WordList


@pytest.fixture(scope="module")
def word_list() -> WordList:
    return WordList((ROOT / PAGE).read_text(encoding="utf-8"))


def phrases_in(word_list: WordList, path: str, content: str) -> list[str]:
    return [violation.phrase for violation in word_list.violations_in(path, content)]


@pytest.mark.parametrize(
    ("line", "phrase"),
    [
        ("how to mend it", "mend"),
        ("Stored Beside the text", "Beside"),
        ("'yesterdayy' is no moment", "is no moment"),
        ("the two run by\tturns", "by\tturns"),
    ],
)
def test_listed_phrases_are_found_in_pages(word_list: WordList, line: str, phrase: str) -> None:
    assert phrases_in(word_list, "docs/page.md", line) == [phrase]


@pytest.mark.parametrize(
    "line", ["we recommend amendments", "there is no limit", "it is no longer there", "besides", "is nothing"]
)
def test_plain_english_passes(word_list: WordList, line: str) -> None:
    assert phrases_in(word_list, "docs/page.md", line) == []


def test_python_is_checked_by_kind_of_text(word_list: WordList) -> None:
    code = 'def mend_all(told):\n    """Give it."""\n    # beside\n    return "anew"\n'
    assert phrases_in(word_list, "models/x.py", code) == ["mend", "told", "Give", "beside", "anew"]


def test_strings_in_tests_may_hold_tweets(word_list: WordList) -> None:
    code = 'tweet = "my doctor told me to start anew"\n'
    assert phrases_in(word_list, "tests/x.py", code) == []


def test_the_glossary_itself_is_not_checked(word_list: WordList) -> None:
    assert word_list.violations_in(PAGE, (ROOT / PAGE).read_text(encoding="utf-8")) == []


def test_lines_are_those_of_the_file(word_list: WordList) -> None:
    code = '"""First.\n\nSecond: anew.\n"""\n'
    assert [violation.line for violation in word_list.violations_in("models/x.py", code)] == [3]
