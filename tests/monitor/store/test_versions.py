"""The versions of a post: which text is which version, whatever comes again and in whatever order."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.store.versions import UNKNOWN, History, add_arrivals
from tests.monitor.store.batches import POSTED, scored

A, B, C = b"a" * 16, b"b" * 16, b"c" * 16
FIRST, SECOND = POSTED + timedelta(minutes=5), POSTED + timedelta(minutes=9)


def test_a_new_text_is_the_next_version_and_a_known_one_is_not() -> None:
    history = History()
    versions = []
    for digest in (A, A, B, A, B, C):
        history, version = history.add(digest, None)
        versions.append(version)
    assert versions == [1, 1, 2, 1, 2, 3]
    assert (history.digests, history.version) == ((A, B, C), 3)


def test_a_text_that_is_older_than_the_current_version_is_stale() -> None:
    history, _ = History().add(B, SECOND)
    assert history.add(A, FIRST) == (history, None)
    assert history.add(A, None) == (history, None)
    assert history.add(A, SECOND) == (History((B, A), SECOND), 2)


def test_an_author_may_return_to_an_earlier_text() -> None:
    history, _ = History((A, B), FIRST).add(A, SECOND)
    assert history == History((A, B, A), SECOND)
    assert history.add(A, SECOND) == (history, 3)
    assert history.add(A, None) == (history, 3)
    assert history.add(B, FIRST) == (history, 2)


def test_the_same_text_with_a_later_time_is_the_same_version() -> None:
    assert History((A,)).add(A, FIRST) == (History((A,), FIRST), 1)


def test_an_announced_version_gets_the_next_text() -> None:
    history = History((A, UNKNOWN))
    assert history.add(A, None) == (history, 1)
    assert history.add(B, FIRST) == (History((A, B), FIRST), 2)


def test_a_row_without_digests_takes_the_text_that_comes_first() -> None:
    assert History().version == 1
    assert History().add(A, None) == (History((A,)), 1)


texts = st.lists(
    st.tuples(st.sampled_from("abcd"), st.one_of(st.none(), st.integers(0, 3))), min_size=1, max_size=12
)


def _arrivals(history: History, arrived):  # type: ignore[no-untyped-def]
    rows = [
        scored("1", text, edited_at=None if minute is None else POSTED + timedelta(minutes=minute))
        for text, minute in arrived
    ]
    return add_arrivals(history, rows)


@given(texts)
def test_what_came_once_changes_nothing_when_it_comes_again(arrived) -> None:  # type: ignore[no-untyped-def]
    once = _arrivals(History(), arrived)
    again = _arrivals(once.history, arrived)
    assert again.history == once.history
    assert again.edits == 0
    assert once.current is not None
    assert once.edits == len(once.history.digests) - 1


@given(texts, st.integers(0, 12))
def test_batches_of_any_size_lead_to_the_same_versions(arrived, cut: int) -> None:  # type: ignore[no-untyped-def]
    first = _arrivals(History(), arrived[:cut])
    second = _arrivals(first.history, arrived[cut:])
    whole = _arrivals(History(), arrived)
    assert second.history == whole.history
    assert first.edits + second.edits == whole.edits
