"""Which posts are skipped because of their language: none that may be in a wanted one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.enrich import LanguageDetector, LanguageFilter, wanted_languages
from monitor.records import Post
from monitor.settings import ModelSettings, Settings, WorkerSettings

ENGLISH = "day three on zoloft and i still can't sleep, my head is killing me"
SPANISH = "llevo tres días con zoloft y no puedo dormir nada, me duele mucho la cabeza"
SHORT_ENGLISH = [
    "zoloft insomnia",
    "hate seroquel",
    "lexapro zombie",
    "#quetiapine #nausea",
    "metoclopramide akathisia",
    "paracetamol 500mg + ibuprofen",
    "@jean_luc_d dolipran rash!!! https://t.co/Xy12Zab",
]


@pytest.fixture(scope="module")
def english() -> LanguageFilter:
    """A filter for English, which tests share because its model takes time to load."""
    return LanguageFilter(["en"])


def skipped_for(language_filter: LanguageFilter, text: str, lang: str | None = None) -> str | None:
    return language_filter.sort_post(Post("1", text, lang=lang))[1]


@pytest.mark.parametrize("lang", ["en", "en-GB", "eng"])
def test_a_post_in_a_wanted_language_is_kept_as_it_is(english: LanguageFilter, lang: str) -> None:
    post = Post("1", SPANISH, lang=lang)
    assert english.sort_post(post) == (post, None)


def test_the_platform_is_believed_that_a_post_is_in_another_language(english: LanguageFilter) -> None:
    assert skipped_for(english, SPANISH, "es-MX") == "es"
    assert skipped_for(english, "zoloft", "in") == "id"


def test_a_platform_that_is_clearly_wrong_is_not_believed(english: LanguageFilter) -> None:
    assert skipped_for(english, ENGLISH, "es") is None


@pytest.mark.parametrize("lang", [None, "", "und", "qme", "zxx", "Spanish"])
def test_without_a_language_of_the_platform_it_is_detected_and_kept_with_the_post(
    english: LanguageFilter, lang: str | None
) -> None:
    post, skipped = english.sort_post(Post("1", SPANISH, lang=lang))
    assert (post.lang, skipped) == ("es", "es")
    post, skipped = english.sort_post(Post("1", ENGLISH, lang=lang))
    assert (post.lang, skipped) == ("en", None)


@pytest.mark.parametrize("text", SHORT_ENGLISH)
def test_short_english_posts_full_of_drug_names_are_kept(english: LanguageFilter, text: str) -> None:
    assert skipped_for(english, text) is None


@pytest.mark.parametrize("text", ["😭😭", "50mg", "@a @b https://t.co/x", "…", "\x01\x02"])
def test_a_post_without_words_is_kept_without_a_language(english: LanguageFilter, text: str) -> None:
    post, skipped = english.sort_post(Post("1", text, lang="qme"))
    assert (post.lang, skipped) == (None, None)


def test_an_edit_is_kept_because_an_earlier_version_may_be_stored(english: LanguageFilter) -> None:
    edit = Post("1", SPANISH, lang="es", edited_at=datetime(2026, 3, 14, tzinfo=UTC))
    assert english.sort_post(edit) == (edit, None)


def test_several_languages_may_be_wanted() -> None:
    both = LanguageFilter(["en", "es"])
    assert skipped_for(both, SPANISH) is None
    assert skipped_for(both, ENGLISH) is None
    assert skipped_for(both, "третий день на zoloft и вообще не могу уснуть") == "ru"


def test_without_wanted_languages_nothing_is_skipped_and_languages_are_still_detected() -> None:
    every = LanguageFilter([])
    post, skipped = every.sort_post(Post("1", SPANISH))
    assert (post.lang, skipped) == ("es", None)
    assert skipped_for(every, SPANISH, "es") is None


def test_a_language_that_the_detector_does_not_know_is_never_excluded_by_it() -> None:
    hawaiian = LanguageFilter(["haw"])
    assert "haw" not in LanguageDetector().languages
    assert skipped_for(hawaiian, SPANISH) is None
    assert skipped_for(hawaiian, SPANISH, "es") == "es"


def test_the_model_is_loaded_before_the_first_post() -> None:
    detector = LanguageDetector()
    assert not vars(detector)
    LanguageFilter(["en"], detector).load()
    assert vars(detector)


@given(st.text(), st.none() | st.text(max_size=8))
def test_any_post_is_kept_or_skipped_for_another_language(text: str, lang: str | None) -> None:
    post, skipped = ENGLISH_FILTER.sort_post(Post("1", text, lang=lang))
    assert post.text == text
    assert skipped != "en"


ENGLISH_FILTER = LanguageFilter(["en"])


def test_workers_want_the_languages_of_the_settings_or_else_of_the_bundle() -> None:
    default = Settings()
    assert wanted_languages(default) == ("en",)
    assert wanted_languages(Settings(model=ModelSettings(bundle="dummy"))) == ()
    for languages, expected in ((("de",), ("de",)), ((), ())):
        assert wanted_languages(Settings(worker=WorkerSettings(languages=languages))) == expected
