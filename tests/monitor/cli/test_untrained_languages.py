"""Posts in languages that a bundle was not trained on are counted from what their platforms state."""

from __future__ import annotations

from monitor.cli.untrained_languages import UntrainedLanguages
from monitor.records import Post


def posts(*languages: str | None) -> list[Post]:
    return [Post(str(number), "a text", lang=language) for number, language in enumerate(languages)]


def test_other_languages_are_named_with_their_numbers() -> None:
    others = UntrainedLanguages("default")
    others.add(posts("en", "en-GB", "es", None, "und", "es-MX", "de"))
    others.add(posts("es"))
    note = others.note()
    assert note
    assert note.startswith("4 posts ")
    assert "(es 3, de 1)" in note
    assert note.endswith("trained on en")


def test_without_such_posts_or_without_stated_languages_there_is_no_note() -> None:
    english, dummy = UntrainedLanguages("default"), UntrainedLanguages("dummy")
    english.add(posts("en", None))
    dummy.add(posts("es", "de"))
    assert english.note() is None
    assert dummy.note() is None
