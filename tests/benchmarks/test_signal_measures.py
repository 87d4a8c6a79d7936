from __future__ import annotations

from benchmarks.signals.measure_case import draw_table, measure


def test_each_step_is_measured_on_a_table_with_signals() -> None:
    figures = measure(2_000)
    steps = {name for name in figures if name.endswith("_s")}
    assert {"prr_s", "ic_s", "fit_prior_s", "ebgm_s", "unmask_s", "all_s"} <= steps
    assert figures["pairs"] == 2_000
    assert figures["prior_is_fitted"]
    assert 0 < figures["marked_by_consensus"] < 400


def test_drawn_pairs_have_cases_and_differ() -> None:
    counts, drugs, events = draw_table(1_000)
    assert (counts.both >= 1).all()
    assert len(set(zip(drugs.tolist(), events.tolist(), strict=True))) == 1_000
