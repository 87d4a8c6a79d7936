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
    """Synonyms that are each word, doubled."""

    def of(self, word: str) -> tuple[str, ...]:
        return (word + word,)


def report(text: str = TEXT, *phrases: str, name: str = "1", document: str = "") -> Example:
    places = [(text.index(phrase), phrase) for phrase in phrases]
    spans = tuple(AnnotatedSpan(at, at + len(phrase), f"pt {phrase}") for at, phrase in places)
    return Example(name, text, 1, spans, document)


def covered(example: Example) -> list[str]:
    return [example.text[span.start : span.end] for span in example.spans]


def test_five_positives_are_made_from_each_positive_and_none_from_a_negative() -> None:
    examples = [
        report(TEXT, "can't sleep", name="a"),
        Example("b", "no effects from mine", 0),
        report(name="c"),
    ]
    new = augment(examples, seed=1, wordnet=Doubled())
    assert [variant.id for variant in new] == [f"{name}#{n}" for name in "ac" for n in range(1, 6)]
    assert all(variant.label == 1 for variant in new)


def test_the_transformations_take_turns() -> None:
    new = augment([report(TEXT)], seed=1, wordnet=Doubled(), per_positive=3)
    words = TEXT.split()
    kinds = []
    for variant in new:
        changes = [w for w in variant.text.split() if w not in words]
        doubled = any(re.search(r"([a-z]{3,})\1", w.lower()) for w in changes)
        is_checklist = "Dallas" not in variant.text or "20mg" not in variant.text or "cannot" in variant.text
        kinds.append("synonym" if doubled else "checklist" if is_checklist else "char-swap")
    assert sorted(kinds) == sorted(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_spans_move_with_each_transformation(kind: Kind) -> None:
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
def test_in_any_text_spans_stay_valid_and_negations_and_masks_unchanged(
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
    assert len({variant.text for variant in new} | {text}) == len(new) + 1
    kept = re.compile(r"@\w+|https?://\S+|#\w+|&amp;|\b(?:not|n't|cannot|never)\b|😀|\n", re.IGNORECASE)
    negated = [token.lower() for token in kept.findall(re.sub(r"n['o]t\b|cannot", " not", text))]
    for variant in new:
        assert [span.ptid for span in variant.spans] == [span.ptid for span in spans]
        assert all(covered(variant))
        assert negated == [
            token.lower() for token in kept.findall(re.sub(r"n['o]t\b|cannot", " not", variant.text))
        ]


def test_the_variants_of_an_example_depend_only_on_it_and_the_seed() -> None:
    examples = [report(f"{TEXT} {number}", "sleep", name=str(number)) for number in range(12)]
    new = augment(examples, seed=3, wordnet=Doubled())
    shuffled = Random(0).sample(examples, len(examples))
    assert augment(examples, seed=3, wordnet=Doubled()) == new
    again = augment(shuffled, seed=3, wordnet=Doubled())
    assert sorted(again, key=lambda variant: variant.id) == sorted(new, key=lambda variant: variant.id)
    assert augment(examples[4:5], seed=3, wordnet=Doubled()) == [n for n in new if n.id.startswith("4#")]
    assert augment(examples, seed=4, wordnet=Doubled()) != new


def test_variants_have_the_document_of_their_original() -> None:
    assert {variant.document for variant in augment([report(document="d9")], seed=1, wordnet=None)} == {"d9"}
    assert len({variant.document for variant in augment([report()], seed=1, wordnet=None)} - {""}) == 1


def test_a_text_with_few_words_yields_fewer_variants() -> None:
    assert augment([report("ok 😀 @me")], seed=1, wordnet=Doubled()) == []
    assert [variant.text for variant in augment([report("Cannot eat")], seed=1, wordnet=None)] == [
        "Can't eat"
    ]


def test_without_wordnet_the_other_transformations_fill_in() -> None:
    assert len(augment([report()], seed=1, wordnet=None)) == 5


@pytest.mark.parametrize(
    "options", [{"only": ["synonym"]}, {"only": []}, {"per_positive": 0}, {"per_positive": -1}]
)
def test_invalid_options_are_rejected(options: dict[str, object]) -> None:
    with pytest.raises(RunError):
        augment([report()], seed=1, wordnet=None, **options)  # type: ignore[arg-type]


def test_a_synonym_equal_to_its_word_yields_no_variant() -> None:
    class Echo:
        def of(self, word: str) -> tuple[str, ...]:
            return (word,)

    assert augment([report()], seed=1, wordnet=Echo(), only=["synonym"]) == []
