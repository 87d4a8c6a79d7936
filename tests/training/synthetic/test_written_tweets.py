from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.terminology import Terminology
from training.errors import CorpusError
from training.synthetic.lexicon import SIDES, divide_written, phrase_name
from training.synthetic.medicines import Medicine, MedicineIndex, fit_name, match_style
from training.synthetic.pieces import Piece, join_pieces
from training.synthetic.written_tweets import MarkedText, WrittenTweet, read_written, swap_medicines

MEDICINES = MedicineIndex(
    [Medicine(name, "antidepressant", ("ocd",)) for name in ("zoloft", "lexapro")]
    + [Medicine("insulin", "insulin", ("diabetes",))]
)


def read(tmp_path: Path, terminology: Terminology, *lines: str) -> list[WrittenTweet]:
    (tmp_path / "mine.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_written(terminology, tmp_path)


def test_marks_become_effects_and_medicines(tmp_path: Path, terminology: Terminology) -> None:
    lines = ("# a comment", "", "#fml {#Zoloft} = [no sleep|Insomnia], [tin ears|]!", "taking {zoloft}")
    positive, negative = read(tmp_path, terminology, *lines)
    text, spans = join_pieces(positive.pieces)
    assert text == "#fml #Zoloft = no sleep, tin ears!"
    code = terminology.codes_by_name()["insomnia"]
    assert [(text[s.start : s.end], s.ptid) for s in spans] == [("no sleep", code), ("tin ears", None)]
    assert (positive.label, positive.document) == (1, "written:mine:3")
    assert (negative.label, negative.effects) == (0, [])
    assert [
        tweet.pieces[index].text for tweet in (positive, negative) for index in tweet.content.medicines
    ] == [
        "#Zoloft",
        "zoloft",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "{zoloft gave me nausea",
        "[nausea] from {zoloft}",
        "a|b",
        "[{x}|Nausea]",
        "[ |Nausea]",
        "{ } day",
        "[]",
        "<[nausea|Nausea]> day 2",
        "<{zoloft> day 2",
    ],
)
def test_wrong_markup_is_reported_with_its_line(tmp_path: Path, terminology: Terminology, line: str) -> None:
    with pytest.raises(CorpusError, match=r"mine\.txt, line 2"):
        read(tmp_path, terminology, "{zoloft} day 1", line)


def test_a_line_may_start_with_a_context(tmp_path: Path, terminology: Terminology) -> None:
    [tweet] = read(tmp_path, terminology, "<{zoloft}, week 2> [no sleep|Insomnia] <3")
    assert (tweet.text, join_pieces(tweet.context.pieces)[0]) == ("no sleep <3", "zoloft, week 2")
    swapped = [swap_medicines(tweet, MEDICINES, Random(seed)) for seed in range(20)]
    assert {join_pieces(other.context.pieces)[0] for other in swapped} == {
        "zoloft, week 2",
        "lexapro, week 2",
    }


def test_a_file_without_tweets_yields_none(tmp_path: Path, terminology: Terminology) -> None:
    assert read(tmp_path, terminology, "", "# later") == []


def test_a_medicine_is_swapped_for_one_of_its_kind_in_the_same_style(
    tmp_path: Path, terminology: Terminology
) -> None:
    [tweet] = read(tmp_path, terminology, "a {ZOLOFT}, #{zoloft}, {Zoloft}; {insulin} and {unheard of}")
    texts = {join_pieces(swap_medicines(tweet, MEDICINES, Random(seed)).pieces)[0] for seed in range(20)}
    assert texts == {
        "a ZOLOFT, #zoloft, Zoloft; insulin and unheard of",
        "a LEXAPRO, #lexapro, Lexapro; insulin and unheard of",
    }


@pytest.mark.parametrize(
    ("before", "name", "result"),
    [
        ("took my ", "the pill", "took my pill"),
        ("took a ", "ambien", "took an ambien"),
        ("took an ", "xanax", "took a xanax"),
        ("A ", "Ambien", "An Ambien"),
        ("my idea ", "the pill", "my idea the pill"),
    ],
)
def test_a_name_and_the_words_before_it_are_fitted(before: str, name: str, result: str) -> None:
    assert "".join(fit_name(before, name)) == result


def test_a_name_takes_the_style_of_another() -> None:
    assert match_style("flu shot", "#Zoloft") == "#Flushot"
    assert match_style("lexapro", "ZOLOFT") == "LEXAPRO"


WORDS = st.sampled_from([f"word{number}" for number in range(30)])


@given(
    st.lists(st.tuples(st.lists(WORDS, max_size=3), st.integers(0, 10_000)), max_size=40), st.integers(0, 50)
)
def test_no_words_of_an_effect_are_on_two_sides(tweets: list[tuple[list[str], int]], seed: int) -> None:
    written = [
        WrittenTweet(MarkedText((Piece(f"tweet {number} "), *(Piece(word, "") for word in words))), "x")
        for words, number in tweets
    ]
    sides = divide_written(written, seed=seed)
    for tweet in written:
        assert sides.of_written(tweet) in SIDES
        for effect in tweet.effects:
            assert (
                sides.of_phrase(effect) == sides.of_phrase(f"the {effect.upper()}") == sides.of_written(tweet)
            )


def test_a_phrase_has_the_same_name_with_any_article() -> None:
    assert phrase_name("A  Headache") == phrase_name("the headache") == phrase_name("#headache") == "headache"
