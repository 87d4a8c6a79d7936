"""Soft labels: stored as lines, and combined from several teachers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.predictions import Candidate
from models.scoring import ReadWord
from training.distillation import SoftLabel, SoftSpan, combine_soft_labels

PROBABILITIES = st.integers(0, 1_000_000).map(lambda value: value / 1_000_000)
CANDIDATES = st.builds(Candidate, st.text(min_size=1), st.text(min_size=1), PROBABILITIES)
WORDS = st.builds(ReadWord, st.integers(0, 50), st.integers(51, 99), PROBABILITIES, st.just(1))
SPANS = st.builds(SoftSpan, st.integers(0, 50), st.integers(51, 99), st.lists(CANDIDATES).map(tuple))
LABELS = st.builds(
    SoftLabel,
    st.integers(-30_000_000, 30_000_000).map(lambda value: value / 1_000_000),
    st.lists(WORDS).map(tuple),
    st.lists(SPANS).map(tuple),
)


def label(log_odds: float, *words: ReadWord, spans: tuple[SoftSpan, ...] = ()) -> SoftLabel:
    return SoftLabel(log_odds, words, spans)


@given(LABELS, st.text())
def test_a_label_comes_back_from_its_line(written: SoftLabel, identifier: str) -> None:
    line = written.to_line(identifier)
    assert line.count("\n") == 1
    assert line.isascii()
    assert SoftLabel.from_line(line) == written


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "3", '{"log_odds": 1}', '{"log_odds": "x", "words": 1, "spans": []}']
)
def test_another_line_is_not_a_label(line: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        SoftLabel.from_line(line)


def test_one_teacher_is_taken_as_it_is() -> None:
    labels = [label(1.0, ReadWord(0, 3, 0.5)), label(-2.0)]
    assert combine_soft_labels([labels]) == labels


def test_a_surer_teacher_does_not_outvote_the_other() -> None:
    calm = [label(value) for value in (-1.0, 1.0, -1.0, 1.0)]
    sure = [label(value * 100) for value in (-1.0, -1.0, 1.0, 1.0)]
    combined = [soft.log_odds for soft in combine_soft_labels([calm, sure])]
    assert combined[0] < -1 < 1 < combined[3]
    assert combined[1] == pytest.approx(0)
    assert combined[2] == pytest.approx(0)


def test_teachers_without_a_difference_between_texts_do_no_harm() -> None:
    combined = combine_soft_labels([[label(2.0), label(2.0)], [label(4.0), label(4.0)]])
    assert all(math.isfinite(soft.log_odds) for soft in combined)
    assert combine_soft_labels([[], []]) == []


def test_words_are_averaged_by_their_characters() -> None:
    first = [label(1.0, ReadWord(0, 5, 0.2), ReadWord(6, 9, 1.0))]
    second = [label(1.0, ReadWord(0, 2, 0.4), ReadWord(2, 5, 0.8))]
    [combined] = combine_soft_labels([first, second])
    assert [(word.start, word.end) for word in combined.words] == [(0, 5), (6, 9)]
    assert [word.score for word in combined.words] == pytest.approx([0.4, 1.0])


def test_spans_of_any_teacher_are_kept_and_their_candidates_averaged() -> None:
    nausea, dizzy = Candidate("1", "Nausea", 0.8), Candidate("2", "Dizziness", 0.6)
    first = [label(1.0, spans=(SoftSpan(0, 4, (nausea,)), SoftSpan(6, 9, (dizzy,))))]
    second = [label(1.0, spans=(SoftSpan(0, 4, (dizzy,)),))]
    [combined] = combine_soft_labels([first, second])
    assert [(span.start, span.end) for span in combined.spans] == [(0, 4), (6, 9)]
    assert [(c.ptid, c.score) for c in combined.spans[0].candidates] == [("1", 0.4), ("2", 0.3)]
    assert combined.spans[1].candidates == (dizzy,)
