"""Places that are found again after edits, property-based."""

from hypothesis import given
from hypothesis import strategies as st

from training.checklist.cases import Edit, Effect, Sentence, edited, moved

TEXT = "one two three four"


@st.composite
def edits(draw: st.DrawFn) -> tuple[Edit, ...]:
    cuts = sorted(draw(st.lists(st.integers(0, len(TEXT)), unique=True, max_size=6)))
    pairs = [(cuts[i], cuts[i + 1]) for i in range(0, len(cuts) - 1, 2)]
    words = draw(st.lists(st.text(min_size=1, max_size=4), min_size=len(pairs), max_size=len(pairs)))
    return tuple(Edit(start, end, word) for (start, end), word in zip(pairs, words, strict=True))


@given(edits())
def test_a_word_that_no_edit_touches_is_found_again(changes: tuple[Edit, ...]) -> None:
    changed = edited(Sentence(TEXT, (Effect(8, 13),)), changes)
    if all(change.end <= 8 or change.start >= 13 for change in changes):
        [effect] = changed.effects
        assert changed.text[effect.start : effect.end] == "three"


@given(edits())
def test_no_place_leaves_the_text(changes: tuple[Edit, ...]) -> None:
    changed = edited(Sentence(TEXT, (Effect(4, 13),)), changes)
    [effect] = changed.effects
    assert 0 <= effect.start <= effect.end <= len(changed.text)


def test_what_is_put_in_at_the_borders_stays_outside() -> None:
    assert moved((4, 7), [Edit(4, 4, "ab"), Edit(7, 7, "cd")]) == (6, 9)


def test_what_is_put_inside_is_inside() -> None:
    assert moved((4, 7), [Edit(5, 5, "ab")]) == (4, 9)


def test_a_place_in_a_text_that_is_replaced_as_a_whole_keeps_its_offsets() -> None:
    assert moved((4, 7), [Edit(0, len(TEXT), TEXT.upper())]) == (4, 7)
