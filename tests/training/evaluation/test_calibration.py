"""Temperature and bias are recovered from drawn labels, and reliability is measured on bins."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import RunError
from training.evaluation.calibration import Calibrator, fit_calibrator, log_odds, measure_reliability


def drawn(
    temperature: float, bias: float, texts: int = 6_000, seed: int = 1
) -> tuple[list[float], list[int]]:
    """Return log-odds, and labels drawn with the probabilities that they have after a calibration."""
    source = random.Random(seed)
    odds = [source.gauss(-2, 4) for _ in range(texts)]
    chances = [1 / (1 + math.exp(-(value / temperature + bias))) for value in odds]
    return odds, [int(source.random() < chance) for chance in chances]


def probabilities(odds: list[float]) -> list[float]:
    return [1 / (1 + math.exp(-value)) for value in odds]


@pytest.mark.parametrize(("temperature", "bias"), [(1.0, 0.0), (2.5, -1.0), (0.5, 0.7)])
def test_temperature_and_bias_are_recovered(temperature: float, bias: float) -> None:
    odds, labels = drawn(temperature, bias)
    calibrator = fit_calibrator(log_odds(probabilities(odds)), labels, bias=True)
    assert calibrator.temperature == pytest.approx(temperature, rel=0.1)
    assert calibrator.bias == pytest.approx(bias, abs=0.15)


def test_the_bias_can_be_left_out() -> None:
    odds, labels = drawn(2.0, 0.0)
    calibrator = fit_calibrator(log_odds(probabilities(odds)), labels, bias=False)
    assert calibrator.bias == 0
    assert calibrator.temperature == pytest.approx(2, rel=0.1)


def test_calibration_lowers_loss_and_calibration_error() -> None:
    odds, labels = drawn(3.0, -1.5)
    before = probabilities(odds)
    after = fit_calibrator(log_odds(before), labels, bias=True).probabilities(log_odds(before))
    assert measure_reliability(after, labels).loss < measure_reliability(before, labels).loss
    assert measure_reliability(after, labels).error < measure_reliability(before, labels).error / 3


def test_a_prevalence_shifts_the_bias_by_its_log_odds() -> None:
    odds, labels = drawn(1.0, 0.0)
    share = sum(labels) / len(labels)
    calibrator = fit_calibrator(log_odds(probabilities(odds)), labels, bias=True, prevalence=0.02)
    expected = math.log(0.02 / 0.98) - math.log(share / (1 - share))
    assert calibrator.bias == pytest.approx(expected, abs=0.3)


def test_separated_classes_have_a_finite_temperature() -> None:
    calibrator = fit_calibrator(log_odds([0.1, 0.2, 0.8, 0.9]), [0, 0, 1, 1], bias=True)
    assert 0 < calibrator.temperature < math.inf


def test_probabilities_of_0_and_1_are_allowed() -> None:
    calibrator = fit_calibrator(log_odds([0.0, 1.0, 0.0, 1.0, 1.0]), [0, 1, 1, 1, 0], bias=True)
    assert all(0 < chance < 1 for chance in calibrator.probabilities(log_odds([0.0, 0.5, 1.0])))


def test_positives_with_the_lower_probabilities_are_refused() -> None:
    with pytest.raises(RunError, match="positive"):
        fit_calibrator(log_odds([0.9, 0.8, 0.2, 0.1] * 10), [0, 0, 1, 1] * 10, bias=True)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0.1, 10), st.floats(-5, 5))
def test_calibration_keeps_the_order_of_texts(chances: list[float], temperature: float, bias: float) -> None:
    odds = log_odds(sorted(chances))
    after = Calibrator(temperature, bias).probabilities(odds)
    assert after == sorted(after)


def test_the_calibration_error_is_the_weighted_distance_of_the_bins() -> None:
    # Two texts at 0.25 with one positive, two at 0.95 with two.
    reliability = measure_reliability([0.25, 0.25, 0.95, 0.95], [0, 1, 1, 1])
    assert reliability.error == pytest.approx((2 * 0.25 + 2 * 0.05) / 4)
    assert [(bin_.low, bin_.texts, bin_.positive) for bin_ in reliability.bins] == [
        (0.2, 2, 0.5),
        (0.9, 2, 1),
    ]
    assert reliability.brier == pytest.approx((0.25**2 + 0.75**2 + 2 * 0.05**2) / 4)
    assert reliability.loss == pytest.approx(-(math.log(0.75) + math.log(0.25) + 2 * math.log(0.95)) / 4)


def test_a_prevalence_weighs_the_negatives() -> None:
    # The negative counts three times, so that a quarter is positive.
    reliability = measure_reliability([0.25, 0.25], [0, 1], prevalence=0.25)
    assert reliability.error == pytest.approx(0)
    assert [bin_.texts for bin_ in reliability.bins] == [4]


def test_the_ends_of_the_scale_have_bins() -> None:
    assert [bin_.texts for bin_ in measure_reliability([0.0, 1.0], [0, 1]).bins] == [1, 1]


def test_reliability_needs_texts() -> None:
    with pytest.raises(ValueError, match="no texts"):
        measure_reliability([], [])
