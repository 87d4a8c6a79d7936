from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.synthetic import lettering, noise, spelling
from training.synthetic.noise import roughen
from training.synthetic.pieces import Piece, join

PARTS = st.lists(st.tuples(st.text(max_size=12), st.sampled_from([None, "", "90000001"])), max_size=8)


@given(PARTS, st.integers())
def test_offsets_hold_whatever_the_noise(parts: list[tuple[str, str | None]], seed: int) -> None:
    rough = roughen([Piece(text, ptid) for text, ptid in parts], Random(seed))
    text, spans = join(rough)
    marked = [piece.text.strip() for piece in rough if piece.ptid is not None]
    found = [text[span.start : span.end] for span in spans]
    assert ["".join(words.split()) for words in found] == [
        "".join(words.split()) for words in marked if words
    ]
    assert all(words == words.strip() for words in found)
    assert text == text.strip()


@given(PARTS, st.integers())
def test_noise_neither_adds_nor_takes_marks(parts: list[tuple[str, str | None]], seed: int) -> None:
    pieces = [Piece(text, ptid) for text, ptid in parts]
    marks = [piece.ptid for piece in roughen(pieces, Random(seed)) if piece.ptid is not None]
    assert marks == [ptid for _, ptid in parts if ptid is not None]


def test_pieces_meet_with_one_blank_and_none_before_a_comma() -> None:
    pieces = [
        Piece("zoloft  gave me "),
        Piece(" no sleep ", "1"),
        Piece(" , "),
        Piece("and \n "),
        Piece("rage", "2"),
    ]
    text, spans = join(pieces)
    assert text == "zoloft gave me no sleep, and\nrage"
    assert [(text[s.start : s.end], s.ptid) for s in spans] == [("no sleep", "1"), ("rage", "2")]


def test_a_piece_within_a_sentence_gets_no_capital() -> None:
    """Else a capital would show where a span begins."""
    styles = set()
    for seed in range(300):
        rough = roughen([Piece("xanax gave me "), Piece("hives", "1"), Piece(" for a week")], Random(seed))
        styles.add(join(rough)[0])
    assert "Xanax gave me hives for a week" in styles
    assert not any("gave me Hives" in style for style in styles if not style.startswith("Xanax Gave"))


@pytest.mark.parametrize(
    ("change", "text", "result"),
    [
        (spelling.without_apostrophes, "i can't, it's 'fine'", "i cant, its 'fine'"),
        (lettering.with_capital_i, "i think i'm ill in bed", "I think I'm ill in bed"),
        (lettering.with_sentence_capitals, "so i slept. not well", "So I slept. Not well"),
        (lettering.with_curly_quotes, 'it\'s "fine"', "it’s “fine”"),
        (noise.garbled, "don't 😂", "donâ€™t ðŸ˜‚"),
        (noise.with_codes, "don't 😂", "don\\u2019t \\ud83d\\ude02"),
        (lettering.decomposed, "café", "cafe\u0301"),
    ],
)
def test_a_change_does_what_it_says(change: Callable[[str, Random], str], text: str, result: str) -> None:
    assert change(text, Random(1)) == result


def test_entities_are_those_of_html() -> None:
    assert noise.escaped("a < b & c", Random(1)) == "a &lt; b &amp; c"


@given(st.text(max_size=30), st.integers())
def test_any_word_can_be_misspelled(word: str, seed: int) -> None:
    assert abs(len(spelling.mistype(word, Random(seed))) - len(word)) <= 1


def test_masks_become_names_links_or_other_masks() -> None:
    texts = {noise.unmasked("@USER see HTTPURL", Random(seed)) for seed in range(60)}
    assert "@USER see HTTPURL" in texts
    assert len(texts) > 20
