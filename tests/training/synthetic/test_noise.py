from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.synthetic import lettering, noise, spelling
from training.synthetic.noise import add_noise
from training.synthetic.pieces import Piece, join_pieces

PARTS = st.lists(st.tuples(st.text(max_size=12), st.sampled_from([None, "", "90000001"])), max_size=8)


@given(PARTS, st.integers())
def test_spans_stay_on_their_words_whatever_the_noise(parts: list[tuple[str, str | None]], seed: int) -> None:
    noisy = add_noise([Piece(text, ptid) for text, ptid in parts], Random(seed))
    text, spans = join_pieces(noisy)
    marked = [piece.text.strip() for piece in noisy if piece.ptid is not None]
    covered = [text[span.start : span.end] for span in spans]
    assert ["".join(words.split()) for words in covered] == [
        "".join(words.split()) for words in marked if words
    ]
    assert all(words == words.strip() for words in covered)
    assert text == text.strip()


@given(PARTS, st.integers())
def test_noise_neither_adds_nor_removes_marks(parts: list[tuple[str, str | None]], seed: int) -> None:
    pieces = [Piece(text, ptid) for text, ptid in parts]
    marks = [piece.ptid for piece in add_noise(pieces, Random(seed)) if piece.ptid is not None]
    assert marks == [ptid for _, ptid in parts if ptid is not None]


def test_pieces_are_joined_with_one_blank_and_none_before_a_comma() -> None:
    pieces = [
        Piece("zoloft  gave me "),
        Piece(" no sleep ", "1"),
        Piece(" , "),
        Piece("and \n "),
        Piece("rage", "2"),
    ]
    text, spans = join_pieces(pieces)
    assert text == "zoloft gave me no sleep, and\nrage"
    assert [(text[s.start : s.end], s.ptid) for s in spans] == [("no sleep", "1"), ("rage", "2")]


def test_a_piece_within_a_sentence_gets_no_capital() -> None:
    """Otherwise a capital would show where a span begins."""
    styles = set()
    for seed in range(300):
        noisy = add_noise([Piece("xanax gave me "), Piece("hives", "1"), Piece(" for a week")], Random(seed))
        styles.add(join_pieces(noisy)[0])
    assert "Xanax gave me hives for a week" in styles
    assert not any("gave me Hives" in style for style in styles if not style.startswith("Xanax Gave"))


@pytest.mark.parametrize(
    ("change", "text", "result"),
    [
        (spelling.drop_apostrophes, "i can't, it's 'fine'", "i cant, its 'fine'"),
        (lettering.capitalize_i, "i think i'm ill in bed", "I think I'm ill in bed"),
        (lettering.capitalize_sentences, "so i slept. not well", "So I slept. Not well"),
        (lettering.curl_quotes, 'it\'s "fine"', "it’s “fine”"),
        (noise.garble_encoding, "don't 😂", "donâ€™t ðŸ˜‚"),
        (noise.escape_as_json, "don't 😂", "don\\u2019t \\ud83d\\ude02"),
        (lettering.decompose, "café", "cafe\u0301"),
    ],
)
def test_a_change_has_its_documented_effect(
    change: Callable[[str, Random], str], text: str, result: str
) -> None:
    assert change(text, Random(1)) == result


def test_markup_characters_become_html_entities() -> None:
    assert noise.use_html_entities("a < b & c", Random(1)) == "a &lt; b &amp; c"


@given(st.text(max_size=30), st.integers())
def test_a_typo_changes_the_length_by_at_most_one(word: str, seed: int) -> None:
    assert abs(len(spelling.mistype(word, Random(seed))) - len(word)) <= 1


def test_masks_become_user_names_links_or_other_masks() -> None:
    texts = {noise.replace_masks("@USER see HTTPURL", Random(seed)) for seed in range(60)}
    assert "@USER see HTTPURL" in texts
    assert len(texts) > 20
