"""The sample is divided among strata: no stratum is left without posts, and none gets more than it has."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.review.allocation import FEWEST, allocate
from monitor.store.reviews import PostStratum, StratumSize

KEYS = st.builds(
    PostStratum,
    st.sampled_from(["ADE", "NoADE"]),
    st.sampled_from(["0.00-0.05", "0.80-0.95"]),
    st.sampled_from(["sertraline", "warfarin", "other", "none"]),
    st.sampled_from(["en", "de", "other", "und"]),
)
SIZES = st.integers(1, 5_000).flatmap(
    lambda stored: st.builds(StratumSize, st.just(stored), st.sampled_from([stored / 1, stored / 0.001]))
)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(KEYS, SIZES, min_size=1, max_size=20), st.integers(1, 500))
def test_every_stratum_is_sampled_and_no_post_is_lost(
    sizes: dict[PostStratum, StratumSize], posts: int
) -> None:
    allocation = allocate(sizes, posts)
    assert set(allocation.numbers) == set(sizes)
    assert sum(allocation.stored) == sum(size.stored for size in sizes.values())
    for (stratum, size), count in zip(allocation.strata.items(), allocation.counts, strict=True):
        assert min(FEWEST, size.stored) <= count <= size.stored, stratum
    for key, number in allocation.numbers.items():
        target = list(allocation.strata)[number]
        assert (target.label, target.band) == (key.label, key.band)


def test_large_strata_get_more_and_small_ones_are_merged() -> None:
    def stratum(drug: str) -> PostStratum:
        return PostStratum("ADE", "0.80-0.95", drug, "en")

    sizes = {
        stratum("a"): StratumSize(400, 400.0),
        stratum("b"): StratumSize(100, 100.0),
        stratum("c"): StratumSize(1, 1.0),
        stratum("d"): StratumSize(1, 1.0),
    }
    allocation = allocate(sizes, 30)
    merged = PostStratum("ADE", "0.80-0.95", "other", "other")
    assert list(allocation.strata) == [stratum("a"), stratum("b"), merged]
    assert allocation.strata[merged] == StratumSize(2, 2.0)
    assert allocation.counts == [19, 10, 2]
