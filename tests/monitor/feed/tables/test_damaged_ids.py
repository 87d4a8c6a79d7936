"""Ids that spreadsheets have rounded are noticed, and their wrappers are removed."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feed.file_format import ReadOptions
from monitor.feed.source import FeedError
from monitor.feed.tables.damaged_ids import IdWatch
from tests.monitor.feed.tables.table_reading import TableResult, read_as

ID = 1212092628029698048


def read_ids(ids: Iterable[object], options: ReadOptions | None = None) -> TableResult:
    rows = "".join(f"{post_id},felt sick {number}\n" for number, post_id in enumerate(ids))
    return read_as(f"id,text\n{rows}".encode(), "csv", options)


@pytest.mark.parametrize("wrapped", ["'{}", '"=""{}"""', '="{}"', "'{}'", '"""{}"""', "{}"])
def test_wrappers_for_spreadsheets_are_removed(wrapped: str) -> None:
    assert read_ids([wrapped.format(ID), wrapped.format(ID + 1)]).ids == [str(ID), str(ID + 1)]


def test_short_numbers_of_data_frames_lose_their_fraction() -> None:
    assert read_ids(["57.0", "58.0"]).ids == ["57", "58"]


@pytest.mark.parametrize("damaged", ["1.21209E+18", "1.2e18", "1,21209E+18", f"{ID}.0"])
def test_a_file_of_numbers_with_exponents_is_refused(damaged: str) -> None:
    with pytest.raises(FeedError, match="as text"):
        read_ids([f'"{damaged}"'] * 3)
    result = read_ids([f'"{damaged}"'], ReadOptions(accept_rounded_ids=True))
    assert result.ids[0].isdecimal()


def test_one_damaged_id_is_rejected_alone() -> None:
    result = read_ids([1, 2, 3, "1.21209E+18", 5])
    assert result.rejects == [(5, "bad-id")]
    assert result.ids == ["1", "2", "3", "5"]


def test_ids_with_fifteen_digits_are_refused_unless_the_user_accepts_them() -> None:
    rounded = [(ID + 7919 * number) // 10_000 * 10_000 for number in range(50)]
    with pytest.raises(FeedError, match="--accept-rounded-ids"):
        read_ids(rounded)
    result = read_ids(rounded, ReadOptions(accept_rounded_ids=True))
    assert len(result.posts) == 50
    assert any("an edit of that post" in note for note in result.notes)


@pytest.mark.parametrize("form", ["{}", "reddit:t1_abcdefghijkl{}"])
def test_short_numbers_and_ids_of_other_platforms_may_end_in_zeros(form: str) -> None:
    ids = [form.format(1_000 * number) for number in range(1, 60)]
    assert read_ids(ids).ids == ids


def test_posts_that_all_got_one_id_are_refused() -> None:
    with pytest.raises(FeedError, match="--accept-rounded-ids"):
        read_ids([ID // 10_000 * 10_000] * 5)


def test_a_few_ids_that_end_in_zeros_by_chance_are_not_refused() -> None:
    # At their start, files are refused at odds of a million: of 300 ids, 15 that end in 000 are too many.
    intact = [(str(ID + 1_000 * number), "sick") for number in range(285)]
    rounded = [(str(ID // 1_000 * 1_000 + 1_000 * number), "sick") for number in range(15)]
    one_more = (str(ID + 1_000_000), "sick")
    IdWatch("the file", lambda note: None).check_start([*intact, one_more, *rounded[1:]])
    with pytest.raises(FeedError, match="15 of 300 long ids"):
        IdWatch("the file", lambda note: None).check_start(intact + rounded)


def test_rounded_ids_are_noticed_behind_many_intact_ones() -> None:
    intact = [ID + 7919 * 1_003 * number for number in range(5_000)]
    rounded = [(ID + 7919 * number) // 10_000 * 10_000 for number in range(100)]
    with pytest.raises(FeedError, match="end in 000"):
        read_ids(intact + rounded)


@given(st.integers(min_value=0))
def test_intact_ids_are_not_refused(seed: int) -> None:
    # Ids of X whose counter is zero are multiples of 4096, so they end in 000 eight times as often.
    source = random.Random(seed)
    watch = IdWatch("the file", lambda note: None)
    ids = [str(source.getrandbits(41) << 22 | source.getrandbits(10) << 12) for _ in range(300)]
    watch.check_start([(post_id, "sick") for post_id in ids[:100]])
    for number, post_id in enumerate(ids):
        watch.add(post_id, str(number))


def test_repeated_rows_do_not_collide() -> None:
    notes: list[str] = []
    watch = IdWatch("the file", notes.append)
    for _ in range(2):
        watch.add(str(ID), "the same text")
    watch.report()
    assert watch.collisions == 0
    assert not notes
