"""The journal finds the post that ends the process, and blames no other one."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import FatalError
from monitor.ingest import Batch
from monitor.records import ReceivedPost
from monitor.stream.journal_file import JournalFile
from monitor.stream.scoring_journal import (
    BATCH_ENDS,
    POST_ENDS,
    ScoringJournal,
    Span,
    open_journal,
)
from tests.monitor.kafka_events import batch_of, batch_of_texts, event
from tests.monitor.stream.scorers import PickyScorer, scoring_with_journal

BUNDLE = PickyScorer.version


class Worker:
    """A worker of which only the journal is real. It ends when it scores the post at an offset."""

    def __init__(self, folder: Path, posts: list[ReceivedPost], deadly: int) -> None:
        self.journal = ScoringJournal(JournalFile(folder))
        self.folder = folder
        self.posts = posts
        self.deadly = deadly
        self.open: list[AbstractContextManager[None]] = []
        self.doomed: list[int] = []

    def score_from(self, place: int, sizes: list[int]) -> int:
        """Score batches of some sizes, and return the place after the last one that was scored."""
        for size in sizes:
            posts = self.posts[place : place + size]
            if not self._score(posts, [*self.posts[place + size : place + 2 * size]]):
                return place
            place += len(posts)
        return place

    def end_by_fault(self) -> None:
        self.journal.close()
        with (self.folder / "scoring-0.fault").open("a") as note:
            note.write("Fatal Python error: Aborted\n")

    def _score(self, posts: list[ReceivedPost], also_in_work: list[ReceivedPost]) -> bool:
        """Return False if the process ended."""
        for received in posts:
            if self.journal.is_doomed(received, BUNDLE):
                self.doomed.append(received.origin.offset)
        posts = [received for received in posts if not self.journal.is_doomed(received, BUNDLE)]
        is_suspect = self.journal.is_suspect(posts)
        together = self.journal.scoring(posts)
        self._enter(together)
        if is_suspect:
            for received in posts:
                alone = self.journal.scoring_alone(received, BUNDLE)
                self._enter(alone)
                if received.origin.offset == self.deadly:
                    return False
                alone.__exit__(None, None, None)
        elif self.deadly in [received.origin.offset for received in posts]:
            self._enter(self.journal.scoring(also_in_work))
            return False
        together.__exit__(None, None, None)
        return True

    def _enter(self, context: AbstractContextManager[None]) -> None:
        context.__enter__()
        self.open.append(context)  # one that is forgotten would be left, as if nothing had happened


@settings(max_examples=40)
@given(
    st.integers(0, 39),
    st.lists(st.lists(st.integers(1, 17), min_size=40, max_size=40), min_size=9, max_size=9),
)
def test_whatever_the_batches_the_post_is_found_after_a_few_ends_and_no_other_is_blamed(
    deadly: int, sizes: list[list[int]]
) -> None:
    posts = list(batch_of_texts(*(f"post {n}" for n in range(40))).posts)
    place, ends = 0, 0
    with TemporaryDirectory() as name:
        for sizes_of_start in sizes:
            worker = Worker(Path(name), posts, deadly)
            place = worker.score_from(place, sizes_of_start)
            if place >= len(posts):
                break
            ends += 1
            worker.end_by_fault()
        worker.journal.close()
    assert place >= len(posts)
    assert set(worker.doomed) == {deadly}
    assert ends == BATCH_ENDS + POST_ENDS


def test_ends_without_a_fault_blame_nobody(tmp_path: Path) -> None:
    batch = batch_of_texts("one", "two")
    for _ in range(5):
        journal = ScoringJournal(JournalFile(tmp_path))
        assert not journal.is_suspect(batch.posts)
        context = journal.scoring(batch.posts)
        context.__enter__()
        journal.close()


def test_a_span_loses_exactly_the_messages_of_another_one() -> None:
    span = Span("tweets", 0, 1, 5, ends=1)
    parts = span.without(Span("tweets", 0, 2, 4))
    assert [(part.first, part.last, part.ends) for part in parts] == [(1, 1, 1), (5, 5, 1)]
    assert span.without(Span("tweets", 0, 0, 9)) == []
    assert span.without(Span("tweets", 1, 0, 9)) == [span]


def test_an_end_is_counted_also_if_the_next_process_is_killed_at_once(tmp_path: Path) -> None:
    batch = batch_of_texts("one", "two")
    contexts = []
    for is_last in (False, True):
        journal = ScoringJournal(JournalFile(tmp_path))
        contexts.append(journal.scoring(batch.posts))
        contexts[-1].__enter__()
        journal.note_hang()
        journal.close()
        ScoringJournal(JournalFile(tmp_path)).close()  # a process that scores nothing
        again = ScoringJournal(JournalFile(tmp_path))
        assert again.is_suspect(batch.posts) == is_last
        again.close()


def test_a_hang_counts_like_a_fault(tmp_path: Path) -> None:
    batch = batch_of_texts("one", "two")
    for _ in range(BATCH_ENDS):
        journal = ScoringJournal(JournalFile(tmp_path))
        assert not journal.is_suspect(batch.posts)
        with pytest.raises(asyncio.CancelledError), journal.scoring(batch.posts):
            journal.note_hang()
            raise asyncio.CancelledError  # as the end of the worker does, while the thread still hangs
        journal.close()
    journal = ScoringJournal(JournalFile(tmp_path))
    assert journal.is_suspect(batch.posts)
    assert not journal.is_suspect(batch_of(event("x", offset=2), event("x", partition=1)).posts)
    journal.close()


def test_an_error_of_python_is_not_an_end_of_the_process(tmp_path: Path) -> None:
    journal = ScoringJournal(JournalFile(tmp_path))
    with pytest.raises(ValueError), journal.scoring(batch_of_texts("one").posts):
        raise ValueError
    journal.close()
    (tmp_path / "scoring-0.fault").write_text("Fatal Python error: Aborted\n")
    again = ScoringJournal(JournalFile(tmp_path))
    assert again._notes.suspects == []
    again.close()


def test_the_files_have_no_text(tmp_path: Path) -> None:
    journal = ScoringJournal(JournalFile(tmp_path))
    posts = batch_of_texts("a very secret text").posts
    with journal.scoring(posts), journal.scoring_alone(posts[0], BUNDLE):
        content = (tmp_path / "scoring-0.json").read_text()
    journal.close()
    assert '"alone":"' in content
    assert "secret" not in content


def test_a_damaged_journal_starts_empty(tmp_path: Path) -> None:
    file = JournalFile(tmp_path)
    file.write({"suspects": "everybody"})
    file.close()
    journal = ScoringJournal(JournalFile(tmp_path))
    assert not journal.is_suspect(batch_of_texts("one").posts)
    journal.close()


def test_another_bundle_may_score_the_post(tmp_path: Path) -> None:
    received = doomed_in(tmp_path)
    journal = ScoringJournal(JournalFile(tmp_path))
    assert journal.is_doomed(received, BUNDLE)
    assert not journal.is_doomed(received, "another-2")
    journal.close()


def doomed_in(folder: Path) -> ReceivedPost:
    """Write a journal with a post that has ended the process, and return the post."""
    [received] = batch_of_texts("deadly").posts
    for _ in range(POST_ENDS):
        journal = ScoringJournal(JournalFile(folder))
        context = journal.scoring_alone(received, BUNDLE)
        context.__enter__()
        journal.note_hang()
        journal.close()
        del context
    return received


async def score(folder: Path, scorer: PickyScorer, batch: Batch) -> Batch:
    journal = ScoringJournal(JournalFile(folder))
    try:
        return await scoring_with_journal(scorer, journal).process(batch)
    finally:
        journal.close()


async def test_a_post_that_ended_the_process_is_refused_and_the_others_are_scored(tmp_path: Path) -> None:
    doomed_in(tmp_path)
    batch = await score(tmp_path, PickyScorer("deadly"), batch_of_texts("one", "deadly", "three"))
    assert [row.received.post.text for row in batch.scored] == ["one", "three"]
    assert [(row.origin.offset, row.error.reason) for row in batch.refused] == [(1, "model-crash")]
    alone = await score(tmp_path, PickyScorer("deadly"), batch_of_texts("deadly"))
    assert (alone.scored, len(alone.refused)) == ((), 1)


class SizedScorer(PickyScorer):
    """Remembers how many texts each call had."""

    def __init__(self) -> None:
        super().__init__("bad")
        self.sizes: list[int] = []

    def score(self, texts, contexts=None):  # type: ignore[no-untyped-def]
        self.sizes.append(len(texts))
        return super().score(texts)


async def test_suspect_posts_are_scored_one_at_a_time_and_then_are_not_suspect(tmp_path: Path) -> None:
    posts = batch_of_texts("one", "bad", "three")
    contexts = []
    for _ in range(BATCH_ENDS):
        journal = ScoringJournal(JournalFile(tmp_path))
        contexts.append(journal.scoring(posts.posts))
        contexts[-1].__enter__()
        journal.note_hang()
        journal.close()
    scorer = SizedScorer()
    batch = await score(tmp_path, scorer, posts)
    assert set(scorer.sizes) == {1}
    assert [row.received.post.text for row in batch.scored] == ["one", "three"]
    assert [row.error.reason for row in batch.refused] == ["model-error"]
    scorer.sizes.clear()
    await score(tmp_path, scorer, batch_of_texts("one", "two", "three"))
    assert scorer.sizes == [3]


def test_without_a_folder_nothing_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    journal = open_journal(None)
    with journal.scoring(batch_of_texts("one").posts):
        journal.note_hang()
    journal.close()


def test_the_folder_of_systemd_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}/first:{tmp_path}/second")
    open_journal(None).close()
    assert (tmp_path / "first" / "scoring-0.json").exists()


def test_a_folder_that_cannot_be_written_is_an_error_with_advice(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FatalError, match=r"worker\.state_dir"):
        open_journal(tmp_path / "file" / "state")
