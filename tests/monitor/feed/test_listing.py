"""Folders and archives: which files are data, and in which order they come."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feed import FeedError, Input, list_inputs
from monitor.feed.listing import data_members, is_data, natural_order


def listed(*paths: Path, without: Path | None = None) -> tuple[list[str], list[str]]:
    """Return the names of the files and errors, and the notes."""
    notes: list[str] = []
    inputs = list_inputs(paths, notes.append, without=without)
    return [part.name if isinstance(part, Input) else str(part) for part in inputs], notes


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")


def test_the_files_of_a_folder_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    touch(tmp_path, "b/2.jsonl", "b/10.jsonl", "a.csv", "part-00000")
    names, notes = listed(tmp_path)
    assert names == [str(tmp_path / name) for name in ("a.csv", "part-00000", "b/2.jsonl", "b/10.jsonl")]
    assert not notes


def test_hidden_files_and_other_files_are_skipped_with_a_note(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv", ".hidden.csv", ".git/b.csv", "README.md", "photo.JPG", "_SUCCESS", "LICENSE")
    names, notes = listed(tmp_path)
    assert names == [str(tmp_path / "a.csv")]
    assert len(notes) == 1
    assert all(name in notes[0] for name in (".hidden.csv", "README.md", "photo.JPG", "_SUCCESS", "LICENSE"))


@pytest.mark.parametrize("content", [(), (".hidden",), ("README.md",)])
def test_a_folder_without_data_is_an_error_and_the_next_path_is_listed(
    tmp_path: Path, content: tuple[str, ...]
) -> None:
    (tmp_path / "empty").mkdir()
    touch(tmp_path / "empty", *content)
    touch(tmp_path, "a.csv")
    names, _ = listed(tmp_path / "empty", tmp_path / "a.csv")
    assert str(tmp_path / "empty") in names[0]
    assert names[1] == str(tmp_path / "a.csv")


def test_a_named_file_is_always_listed(tmp_path: Path) -> None:
    touch(tmp_path, ".hidden")
    assert listed(tmp_path / ".hidden", Path("-"), Path("none"))[0] == [
        str(tmp_path / ".hidden"),
        "standard input",
        "none",
    ]


def test_standard_input_is_listed_once() -> None:
    names, notes = listed(Path("-"), Path("-"))
    assert names == ["standard input"]
    assert len(notes) == 1


def test_a_file_is_listed_once(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv")
    (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
    names, notes = listed(tmp_path / "a.csv", tmp_path, tmp_path / "a.csv")
    assert names[0] == str(tmp_path / "a.csv")
    assert len([name for name in names if name.endswith(".csv")]) == 1
    assert any("named before" in note for note in notes)


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv", "b/c.csv")
    (tmp_path / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    names, _ = listed(tmp_path)
    assert names == [str(tmp_path / "a.csv"), str(tmp_path / "b" / "c.csv")]


def test_what_is_not_a_file_is_skipped_in_a_folder(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    names, notes = listed(tmp_path)
    assert names == [str(tmp_path / "a.csv")]
    assert "pipe.csv" in notes[0]


def test_the_file_of_rejects_is_not_listed(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv", "rejects.jsonl")
    assert listed(tmp_path, without=tmp_path / "rejects.jsonl")[0] == [str(tmp_path / "a.csv")]


def test_of_a_twitter_archive_only_the_posts_and_their_author_are_data() -> None:
    names = [
        "data/account.js",
        "data/like.js",
        "data/tweets-part1.js",
        "data/tweets.js",
        "data/tweets_media/a.mp4",
        "Your archive.html",
    ]
    names += [
        "data/note-tweet.js",
        "data/deleted-tweets.js",
        "data/README.txt",
        "data/tweets-part10.js",
        "data/tweets-part2.js",
    ]
    chosen, skipped = data_members(names)
    assert chosen == [
        "data/account.js",
        "data/deleted-tweets.js",
        "data/note-tweet.js",
        "data/tweets.js",
        "data/tweets-part1.js",
        "data/tweets-part2.js",
        "data/tweets-part10.js",
    ]
    assert not skipped


def test_of_an_old_twitter_archive_each_month_is_data() -> None:
    names = [
        "data/js/tweets/2014_01.js",
        "data/js/tweets/2013_12.js",
        "data/js/user_details.js",
        "data/csv/a.csv",
    ]
    assert data_members(names)[0] == ["data/js/tweets/2013_12.js", "data/js/tweets/2014_01.js"]


def test_of_other_archives_all_data_is_chosen() -> None:
    chosen, skipped = data_members(["b/", "b/2.csv", "__MACOSX/b/._2.csv", "1.jsonl.gz", "app.js", "x.png"])
    assert chosen == ["1.jsonl.gz", "b/2.csv"]
    assert skipped == ["__MACOSX/b/._2.csv", "app.js", "x.png"]


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_names_can_be_compared(first: str, second: str) -> None:
    is_data(first)
    assert (natural_order(first) < natural_order(second)) in (True, False)


def test_an_error_of_a_folder_says_what_to_do(tmp_path: Path) -> None:
    [error] = list_inputs([tmp_path], lambda note: None)
    assert isinstance(error, FeedError)
    assert error.advice
