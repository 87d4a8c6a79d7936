"""Edits of a text: its spans stay on their words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.edits import Edit, apply_edits, edit_example, fits_spans, move_span, without_overlaps
from training.examples import AnnotatedSpan, Example

TEXT = "one two three four"


@st.composite
def places(draw: st.DrawFn, length: int) -> tuple[int, int]:
    start = draw(st.integers(0, length - 1))
    return start, draw(st.integers(start + 1, length))


@st.composite
def examples_with_edits(draw: st.DrawFn) -> tuple[Example, list[Edit]]:
    """Draw any text, spans that may touch, overlap and nest, and edits that fit them."""
    text = draw(st.text(min_size=1, max_size=30))
    spans = draw(st.lists(places(len(text)), max_size=4))
    example = Example("1", text, 1, tuple(AnnotatedSpan(*place, str(n)) for n, place in enumerate(spans)))
    proposed = draw(st.lists(st.tuples(places(len(text)), st.text(min_size=1, max_size=5)), max_size=8))
    edits = [Edit(*place, replacement) for place, replacement in proposed]
    kept = without_overlaps(edit for edit in edits if fits_spans(edit, example.spans))
    return example, draw(st.permutations(kept))


@st.composite
def edits_of_text(draw: st.DrawFn) -> list[Edit]:
    """Draw edits of `TEXT`, in order and without overlaps."""
    cuts = sorted(draw(st.lists(st.integers(0, len(TEXT)), unique=True, max_size=6)))
    pairs = [(cuts[i], cuts[i + 1]) for i in range(0, len(cuts) - 1, 2)]
    words = draw(st.lists(st.text(min_size=1, max_size=4), min_size=len(pairs), max_size=len(pairs)))
    return [Edit(start, end, word) for (start, end), word in zip(pairs, words, strict=True)]


def edited_by_character(text: str, start: int, end: int, edits: list[Edit]) -> str:
    """Return a part of a text in its edited form, put together character by character."""
    result = ""
    for index in range(start, end):
        edit = next((edit for edit in edits if edit.start <= index < edit.end), None)
        if edit is None:
            result += text[index]
        elif index == edit.start:
            result += edit.replacement
    return result


@given(examples_with_edits())
def test_spans_stay_on_their_words_and_other_text_stays(case: tuple[Example, list[Edit]]) -> None:
    example, edits = case
    edited = edit_example(example, edits)
    assert edited.text == edited_by_character(example.text, 0, len(example.text), edits)
    assert len(edited.spans) == len(example.spans)
    for old, moved in zip(example.spans, edited.spans, strict=True):
        assert moved.ptid == old.ptid
        assert moved.start == len(edited_by_character(example.text, 0, old.start, edits))
        covered = edited.text[moved.start : moved.end]
        assert covered == edited_by_character(example.text, old.start, old.end, edits)
        assert moved.start < moved.end


@given(examples_with_edits())
def test_an_example_without_edits_stays_as_it_is(case: tuple[Example, list[Edit]]) -> None:
    assert edit_example(case[0], []) == case[0]


def test_codes_names_and_the_document_are_kept() -> None:
    headache = AnnotatedSpan(4, 12, "10019211", "Headache", "10019218")
    edited = edit_example(Example("7", "bad headache", 1, (headache,), "thread 3"), [Edit(0, 3, "awful")])
    moved = AnnotatedSpan(6, 14, "10019211", "Headache", "10019218")
    assert edited == Example("7", "awful headache", 1, (moved,), "thread 3")


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(2, 6, "x")],  # across the start of the span
        [Edit(10, 13, "x")],  # across its end
        [Edit(0, 13, "x")],  # across both
        [Edit(0, 2, "x"), Edit(1, 3, "y")],  # overlapping
        [Edit(12, 14, "x")],  # past the end of the text
    ],
)
def test_edits_that_make_offsets_uncertain_are_rejected(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="Edit"):
        edit_example(Example("7", "bad headaches", 1, (AnnotatedSpan(4, 12),)), edits)


@pytest.mark.parametrize(
    ("start", "end", "replacement"), [(3, 3, "x"), (4, 3, "x"), (-1, 2, "x"), (0, 2, "")]
)
def test_an_edit_of_an_example_must_replace_something_by_something(
    start: int, end: int, replacement: str
) -> None:
    with pytest.raises(ValueError, match="character"):
        edit_example(Example("7", "bad headaches", 0), [Edit(start, end, replacement)])


@pytest.mark.parametrize(
    ("place", "fits"),
    [((0, 4), True), ((8, 9), True), ((4, 8), True), ((5, 6), True), ((3, 5), False), ((7, 9), False)],
)
def test_an_edit_fits_a_span_inside_it_or_next_to_it(place: tuple[int, int], fits: bool) -> None:
    assert fits_spans(Edit(*place, "x"), [AnnotatedSpan(4, 8)]) == fits


def test_the_first_of_overlapping_edits_is_kept() -> None:
    first, overlapping, touching = Edit(0, 2, "a"), Edit(1, 3, "b"), Edit(2, 3, "c")
    assert without_overlaps([touching, overlapping, first]) == [first, touching]


def test_an_edit_past_the_end_of_a_text_is_rejected() -> None:
    assert apply_edits("abc", [Edit(1, 3, "x")]) == "ax"
    with pytest.raises(ValueError, match="past the text"):
        apply_edits("abc", [Edit(1, 4, "x")])


@given(edits_of_text())
def test_a_word_that_no_edit_touches_stays_in_its_span(edits: list[Edit]) -> None:
    start, end = move_span((8, 13), edits)
    if all(edit.end <= 8 or edit.start >= 13 for edit in edits):
        assert apply_edits(TEXT, edits)[start:end] == "three"


@given(edits_of_text())
def test_a_moved_span_stays_within_the_text(edits: list[Edit]) -> None:
    start, end = move_span((4, 13), edits)
    assert 0 <= start <= end <= len(apply_edits(TEXT, edits))


def test_insertions_at_the_borders_of_a_span_stay_outside() -> None:
    assert move_span((4, 7), [Edit(4, 4, "ab"), Edit(7, 7, "cd")]) == (6, 9)


def test_an_insertion_inside_a_span_extends_it() -> None:
    assert move_span((4, 7), [Edit(5, 5, "ab")]) == (4, 9)


def test_a_span_in_a_text_that_is_replaced_whole_keeps_its_offsets() -> None:
    assert move_span((4, 7), [Edit(0, len(TEXT), TEXT.upper())]) == (4, 7)
