"""Whole texts of long posts in a Twitter archive."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ingest import read_items
from monitor.ingest.sources import ArchiveNotes
from monitor.records import Post
from tests.monitor.ingest.sources.examples_x import ARCHIVE_ITEM, FIRST_ID, LONG_TEXT

WHOLE = "Tom & I: " + LONG_TEXT
CUT = "Tom &amp; I: " + LONG_TEXT[:250] + "… https://t.co/invented"


def note(text: str, created_at: str = "2024-05-01T09:00:00.000Z") -> dict[str, Any]:
    return {"noteTweet": {"noteTweetId": "5", "core": {"text": text}, "createdAt": created_at}}


def item(text: str) -> dict[str, Any]:
    return {"tweet": ARCHIVE_ITEM["tweet"] | {"full_text": text}}


def completed(*notes: dict[str, Any], text: str = CUT) -> object:
    all_notes = ArchiveNotes()
    assert all(all_notes.add(each) for each in notes)
    return all_notes.complete(item(text))


def test_a_cut_post_gets_the_text_of_its_note() -> None:
    assert completed(note(LONG_TEXT), note(WHOLE)) == item(WHOLE)


@pytest.mark.parametrize(
    "other",
    [note(WHOLE, "2024-05-01T09:00:01.000Z"), note("Else: " + LONG_TEXT), note(WHOLE, "soon")],
)
def test_a_note_of_another_post_changes_nothing(other: dict[str, Any]) -> None:
    assert completed(other) == item(CUT)


def test_a_short_post_stays_as_it_is() -> None:
    assert completed(note(WHOLE), text="dizzy") == item("dizzy")
    assert completed(note(WHOLE), text="Tom") == item("Tom")


def test_posts_get_the_author_of_the_archive_that_they_are_in() -> None:
    notes = ArchiveNotes()
    assert notes.add({"account": {"accountId": "17", "username": "invented_writer"}}, "a/data")
    [post] = read_items(notes.complete(item("dizzy"), "a/data"))
    assert isinstance(post, Post)
    assert (post.author_id, post.url) == ("17", f"https://x.com/invented_writer/status/{FIRST_ID}")
    assert notes.complete(item("dizzy"), "b/data") == item("dizzy")


@pytest.mark.parametrize("account", [{"username": "a"}, {"accountId": 17}, {"accountId": None}, "17", None])
def test_accounts_without_an_id_are_not_kept(account: object) -> None:
    notes = ArchiveNotes()
    assert not notes.add({"account": account})
    assert not notes.add({"account": {"accountId": "17"}, "other": 1})
    assert notes.complete(item("dizzy")) == item("dizzy")


def test_other_items_are_not_notes() -> None:
    notes = ArchiveNotes()
    assert not notes.add(ARCHIVE_ITEM)
    assert notes.complete({"like": {}}) == {"like": {}}


ODD = st.none() | st.text() | st.dictionaries(st.text(), st.text())


@given(st.dictionaries(st.sampled_from(["core", "createdAt"]), ODD), st.text())
def test_odd_items_raise_nothing(fields: dict[str, Any], text: str) -> None:
    notes = ArchiveNotes()
    notes.add({"noteTweet": fields})
    notes.add(note(text))
    notes.complete(item(text))
    notes.complete({"tweet": fields})
