"""Posts with a context are counted, if the bundle does not read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.cli.unread_contexts import UnreadContexts
from monitor.records import ContextKind, ContextPart, Post

TITLE = ContextPart(ContextKind.TITLE, "Lipitor")
POSTS = [Post("1", "a text", context=(TITLE,)), Post("2", "a text"), Post("3", "a text", context=(TITLE,))]


def bundle(folder: Path, *, reads_context: bool) -> str:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"options": {"reads_context": reads_context}}))
    return str(folder)


def test_contexts_that_are_not_read_are_counted(tmp_path: Path) -> None:
    contexts = UnreadContexts(bundle(tmp_path / "first", reads_context=False))
    assert contexts.note() is None
    contexts.add(POSTS)
    contexts.add(POSTS)
    note = contexts.note()
    assert note
    assert note.startswith("4 posts ")


@pytest.mark.parametrize("reader", ["first", "first/second"])
def test_there_is_no_note_if_one_of_two_readers_reads_them(tmp_path: Path, reader: str) -> None:
    first = bundle(tmp_path / "first", reads_context=reader == "first")
    bundle(tmp_path / "first" / "second", reads_context=reader != "first")
    contexts = UnreadContexts(first)
    contexts.add(POSTS)
    assert contexts.note() is None


def test_the_dummy_reads_none() -> None:
    contexts = UnreadContexts("dummy")
    contexts.add(POSTS)
    assert contexts.note()
