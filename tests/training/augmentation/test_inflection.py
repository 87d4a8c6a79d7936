import pytest

from training.augmentation.inflection import Form, inflected


@pytest.mark.parametrize(
    ("base", "form", "irregular", "expected"),
    [
        ("pill", "plural", (), "pills"),
        ("rash", "plural", (), "rashes"),
        ("story", "plural", (), "stories"),
        ("day", "plural", (), "days"),
        ("woman", "plural", ("women",), None),
        ("cry", "third person", (), "cries"),
        ("feel", "third person", ("felt",), "feels"),
        ("ache", "past", (), "ached"),
        ("cry", "past", (), "cried"),
        ("stop", "past", ("stopped", "stopping"), "stopped"),
        ("feel", "past", ("felt",), None),
        ("die", "past", ("dying",), "died"),
        ("die", "participle", (), "dying"),
        ("take", "participle", ("took", "taken"), "taking"),
        ("see", "participle", ("saw", "seen"), "seeing"),
        ("cry", "participle", (), "crying"),
        ("stop", "participle", ("stopped", "stopping"), "stopping"),
    ],
)
def test_words_take_the_regular_ending_unless_they_are_irregular(
    base: str, form: Form, irregular: tuple[str, ...], expected: str | None
) -> None:
    assert inflected(base, form, irregular) == expected
