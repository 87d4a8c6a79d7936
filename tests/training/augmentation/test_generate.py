import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.augmentation import KINDS, augment
from training.augmentation.generate import Kind
from training.errors import RunError
from training.examples import AnnotatedSpan, Example

TEXT = "@user7 i can't sleep since 20mg of it in Dallas, awful headaches not gone https://t.co/x9 #tired"


class Doubled:
    """Knows one synonym of each word: the word twice."""

    def of(self, word: str) -> tuple[str, ...]:
        return (word + word,)


def report(text: str = TEXT, *phrases: str, name: str = "1", document: str = "") -> Example:
    found = [(text.index(phrase), phrase) for phrase in phrases]
    spans = tuple(AnnotatedSpan(at, at + len(phrase), f"pt {phrase}") for at, phrase in found)
    return Example(name, text, 1, spans, document)


def covered(example: Example) -> list[str]:
    return [example.text[span.start : span.end] for span in example.spans]


def test_five_new_positives_come_of_each_positive_and_none_of_a_negative() -> None:
    examples = [
        report(TEXT, "can't sleep", name="a"),
        Example("b", "no effects from mine", 0),
        report(name="c"),
    ]
    new = augment(examples, seed=1, wordnet=Doubled())
    assert [one.id for one in new] == [f"{name}#{n}" for name in "ac" for n in range(1, 6)]
    assert all(one.label == 1 for one in new)


def test_the_transformations_take_turns() -> None:
    new = augment([report(TEXT)], seed=1, wordnet=Doubled(), per_positive=3)
    words = TEXT.split()
    kinds = []
    for one in new:
        changes = [w for w in one.text.split() if w not in words]
        doubled = any(re.search(r"([a-z]{3,})\1", w.lower()) for w in changes)
        told = "Dallas" not in one.text or "20mg" not in one.text or "cannot" in one.text
        kinds.append("synonym" if doubled else "checklist" if told else "char-swap")
    assert sorted(kinds) == sorted(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_transformation_moves_the_spans_along(kind: Kind) -> None:
    for seed in range(40):
        example = report(TEXT, "can't sleep", "awful headache", "tired")
        for new in augment([example], seed=seed, wordnet=Doubled(), only=[kind]):
            assert [span.ptid for span in new.spans] == [span.ptid for span in example.spans]
            first, second, third = covered(new)
            assert re.fullmatch(r"can(?:'|no)t s\w+p?", first)
            assert re.fullmatch(r"a\w+ h\w+", second)
            assert third == "tired"
            # The span ends within "headaches", so that word is not replaced as a whole.
            assert kind == "char-swap" or new.text[new.spans[1].end] == "s"


PIECES = "sleep|Headaches|not|NEVER|don't|20mg|3|London|new york|@u12|it is|tired,sick|İ|été|ﬁt".split("|")  # noqa: SIM905
PIECES += ["https://t.co/Ab", "#tired", "&amp;", "😀", "\u200d", "\n", "..."]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=14), st.data())
@settings(max_examples=150)
def test_whatever_the_text_spans_hold_and_nothing_opaque_or_negating_changes(
    pieces: list[str], data: st.DataObject
) -> None:
    text = " ".join(pieces)
    starts = data.draw(st.lists(st.integers(0, len(text) - 1), max_size=3))
    spans = tuple(
        AnnotatedSpan(start, data.draw(st.integers(start + 1, len(text))), str(number))
        for number, start in enumerate(starts)
    )
    example = Example("x", text, 1, spans)
    new = augment([example], seed=data.draw(st.integers(0, 99)), wordnet=Doubled())
    assert len({one.text for one in new} | {text}) == len(new) + 1
    kept = re.compile(r"@\w+|https?://\S+|#\w+|&amp;|\b(?:not|n't|cannot|never)\b|😀|\n", re.IGNORECASE)
    negated = [token.lower() for token in kept.findall(re.sub(r"n['o]t\b|cannot", " not", text))]
    for one in new:
        assert [span.ptid for span in one.spans] == [span.ptid for span in spans]
        assert all(covered(one))
        assert negated == [
            token.lower() for token in kept.findall(re.sub(r"n['o]t\b|cannot", " not", one.text))
        ]


def test_what_comes_of_an_example_depends_on_it_and_the_seed_alone() -> None:
    examples = [report(f"{TEXT} {number}", "sleep", name=str(number)) for number in range(12)]
    new = augment(examples, seed=3, wordnet=Doubled())
    shuffled = Random(0).sample(examples, len(examples))
    assert augment(examples, seed=3, wordnet=Doubled()) == new
    again = augment(shuffled, seed=3, wordnet=Doubled())
    assert sorted(again, key=lambda one: one.id) == sorted(new, key=lambda one: one.id)
    assert augment(examples[4:5], seed=3, wordnet=Doubled()) == [n for n in new if n.id.startswith("4#")]
    assert augment(examples, seed=4, wordnet=Doubled()) != new


def test_new_texts_stay_with_the_document_of_their_origin() -> None:
    assert {one.document for one in augment([report(document="d9")], seed=1, wordnet=None)} == {"d9"}
    assert len({one.document for one in augment([report()], seed=1, wordnet=None)} - {""}) == 1


def test_a_text_that_yields_fewer_gives_fewer_and_one_with_no_words_none() -> None:
    assert augment([report("ok 😀 @me")], seed=1, wordnet=Doubled()) == []
    assert [one.text for one in augment([report("Cannot eat")], seed=1, wordnet=None)] == ["Can't eat"]


def test_without_wordnet_the_others_do_its_part() -> None:
    assert len(augment([report()], seed=1, wordnet=None)) == 5


@pytest.mark.parametrize(
    "asked", [{"only": ["synonym"]}, {"only": []}, {"per_positive": 0}, {"per_positive": -1}]
)
def test_nothing_to_do_is_an_error(asked: dict[str, object]) -> None:
    with pytest.raises(RunError):
        augment([report()], seed=1, wordnet=None, **asked)  # type: ignore[arg-type]


def test_a_change_that_changes_nothing_gives_no_example() -> None:
    class Echo:
        def of(self, word: str) -> tuple[str, ...]:
            return (word,)

    assert augment([report()], seed=1, wordnet=Echo(), only=["synonym"]) == []
