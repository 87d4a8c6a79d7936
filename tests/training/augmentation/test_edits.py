import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.augmentation import Edit, edited
from training.edits import apart, fits
from training.examples import AnnotatedSpan, Example


@st.composite
def places(draw: st.DrawFn, length: int) -> tuple[int, int]:
    start = draw(st.integers(0, length - 1))
    return start, draw(st.integers(start + 1, length))


@st.composite
def examples_with_edits(draw: st.DrawFn) -> tuple[Example, list[Edit]]:
    """Any text, spans that may touch, overlap and lie in one another, and edits that fit them."""
    text = draw(st.text(min_size=1, max_size=30))
    spans = draw(st.lists(places(len(text)), max_size=4))
    example = Example("1", text, 1, tuple(AnnotatedSpan(*place, str(n)) for n, place in enumerate(spans)))
    proposed = draw(st.lists(st.tuples(places(len(text)), st.text(min_size=1, max_size=5)), max_size=8))
    edits = [Edit(*place, new) for place, new in proposed]
    kept = apart(edit for edit in edits if fits(edit, example.spans))
    return example, draw(st.permutations(kept))


def as_edited(text: str, start: int, end: int, edits: list[Edit]) -> str:
    """Write a part of a text in its edited form, character by character."""
    written = ""
    for index in range(start, end):
        edit = next((edit for edit in edits if edit.start <= index < edit.end), None)
        if edit is None:
            written += text[index]
        elif index == edit.start:
            written += edit.replacement
    return written


@given(examples_with_edits())
def test_spans_stay_on_their_words_and_all_else_stays_as_it_was(given: tuple[Example, list[Edit]]) -> None:
    example, edits = given
    new = edited(example, edits)
    assert new.text == as_edited(example.text, 0, len(example.text), edits)
    assert len(new.spans) == len(example.spans)
    for old, moved in zip(example.spans, new.spans, strict=True):
        assert moved.ptid == old.ptid
        assert moved.start == len(as_edited(example.text, 0, old.start, edits))
        assert new.text[moved.start : moved.end] == as_edited(example.text, old.start, old.end, edits)
        assert moved.start < moved.end


@given(examples_with_edits())
def test_without_edits_nothing_changes(given: tuple[Example, list[Edit]]) -> None:
    assert edited(given[0], []) == given[0]


def test_codes_names_and_the_document_are_kept() -> None:
    example = Example(
        "7", "bad headache", 1, (AnnotatedSpan(4, 12, "10019211", "Headache", "10019218"),), "thread 3"
    )
    new = edited(example, [Edit(0, 3, "awful")])
    assert new == Example(
        "7", "awful headache", 1, (AnnotatedSpan(6, 14, "10019211", "Headache", "10019218"),), "thread 3"
    )


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(2, 6, "x")],  # across the first border
        [Edit(10, 13, "x")],  # across the last
        [Edit(0, 13, "x")],  # over both
        [Edit(0, 2, "x"), Edit(1, 3, "y")],  # overlapping
        [Edit(12, 14, "x")],  # past the end
    ],
)
def test_edits_that_leave_no_right_offsets_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="Edit"):
        edited(Example("7", "bad headaches", 1, (AnnotatedSpan(4, 12),)), edits)


@pytest.mark.parametrize(("start", "end", "new"), [(3, 3, "x"), (4, 3, "x"), (-1, 2, "x"), (0, 2, "")])
def test_an_edit_takes_and_leaves_something(start: int, end: int, new: str) -> None:
    with pytest.raises(ValueError, match="character"):
        Edit(start, end, new)
