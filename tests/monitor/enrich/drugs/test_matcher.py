"""Which drugs a text names, and where."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.enrich.drugs import DrugMatcher
from monitor.enrich.drugs.matcher import MOST_NAMES
from monitor.findings import DrugMention, DrugNaming, DrugPlace
from monitor.records import ContextKind, ContextPart, Post
from monitor.word_search import words_of
from tests.monitor.enrich.drugs.drug_posts import drug_posts, figures

NAMES = st.sampled_from(
    ["zoloft", "Seraquil", "st. john's wort", "#ProzacNation", "PERCS", "ssri", "lithium"]
)
BETWEEN = st.text(max_size=8)


@pytest.mark.parametrize("half", ["tuned", "held-out"])
def test_precision_and_recall_on_the_written_posts(matcher: DrugMatcher, half: str) -> None:
    posts = [post for post in drug_posts() if post.half == half]
    assert len(posts) == 200
    counted = figures(matcher, posts)
    assert counted.precision >= 0.95
    assert counted.recall >= 0.95


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on Zoloft again", ("Zoloft", "sertraline", DrugNaming.BRAND, "N06AB06")),
        ("paracetamol and tea", ("paracetamol", "acetaminophen", DrugNaming.GENERIC, "N02BE01")),
        ("took an addy for finals", ("addy", "amphetamine", DrugNaming.SLANG, "N06BA01")),
        ("off benzos", ("benzos", "benzodiazepines", DrugNaming.CLASS, "N05BA")),
        ("seraquil knocked me out", ("seraquil", "quetiapine", DrugNaming.MISSPELLING, "N05AH04")),
        ("ibuprophen hurts", ("ibuprophen", "ibuprofen", DrugNaming.GENERIC, "M01AE01")),
        ("percocet itch", ("percocet", "acetaminophen + oxycodone", DrugNaming.BRAND, "N02AJ17")),
        ("two zolofts", ("zolofts", "sertraline", DrugNaming.BRAND, "N06AB06")),
        ("zoloft’s fault", ("zoloft", "sertraline", DrugNaming.BRAND, "N06AB06")),
        ("St  Johns\nWort", ("St  Johns\nWort", "st john's wort", DrugNaming.GENERIC, "N06AP01")),
        ("#zoloftproblems", ("zoloft", "sertraline", DrugNaming.BRAND, "N06AB06")),
        ("#TeamLexapro", ("Lexapro", "escitalopram", DrugNaming.BRAND, "N06AB10")),
        ("adderall xr day", ("adderall xr", "amphetamine", DrugNaming.BRAND, "N06BA01")),
    ],
)  # fmt: skip
def test_each_kind_of_name_has_its_drug(
    matcher: DrugMatcher, text: str, expected: tuple[str, str, DrugNaming, str]
) -> None:
    (mention,) = matcher.find(text)
    assert (mention.text, mention.drug, mention.naming, mention.atc) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing here",
        "zolofting along",
        "@zoloft_fan said so",
        "https://example.org/zoloft?x=xanax",
        "see www.adderall.example for more",
        "#allegro #instantmigraine",
        "lithium battery",
        "bayer leverkusen",
        "the lyrics are accurate, a modern concert",
        "becuase of the seasonal migrane",
    ],
)
def test_what_is_not_a_drug_is_not_found(matcher: DrugMatcher, text: str) -> None:
    assert matcher.find(text) == []


@given(st.lists(st.tuples(BETWEEN, NAMES), max_size=5), BETWEEN)
def test_offsets_are_exact_in_any_text(matcher: DrugMatcher, parts: list[tuple[str, str]], end: str) -> None:
    text = "".join(between + name for between, name in parts) + end
    mentions = matcher.find(text)
    assert [text[mention.start : mention.end] for mention in mentions] == [
        mention.text for mention in mentions
    ]
    for first, second in pairwise(mentions):
        assert first.end <= second.start


@given(st.lists(st.text(max_size=6), max_size=4), st.lists(st.text(max_size=6), max_size=4))
def test_a_name_between_spaces_is_always_found(
    matcher: DrugMatcher, before: list[str], after: list[str]
) -> None:
    text = " ".join([*before, "İß", "sertraline", *after])
    if not {"@", "www.", "://", "HTTP", "http"} & set(text) and "@" not in text and "＠" not in text:
        assert "sertraline" in {mention.text for mention in matcher.find(text)}


@given(st.text())
def test_mentions_are_whole_words_outside_of_hashtags(matcher: DrugMatcher, text: str) -> None:
    words = words_of(text)
    for mention in matcher.find(text.replace("#", " ").replace("＃", " ")):
        assert set(words_of(mention.text)) <= set(words)


def test_a_combination_is_found_in_any_order(matcher: DrugMatcher) -> None:
    for text in ("codeine/acetaminophen", "Acetaminophen + Codeine"):
        (mention,) = matcher.find(text)
        assert (mention.text, mention.drug, mention.atc) == (text, "acetaminophen + codeine", "N02AJ06")


def test_the_parts_of_the_context_are_searched_too(matcher: DrugMatcher) -> None:
    context = (ContextPart(ContextKind.TITLE, "how I sleep"), ContextPart(ContextKind.PARENT, "try zoloft"))
    mentions = matcher.find_in_post(Post("1", "prozac made me shake", context=context))
    assert mentions == (
        DrugMention(0, 6, "prozac", "fluoxetine", DrugNaming.BRAND, "N06AB03"),
        DrugMention(4, 10, "zoloft", "sertraline", DrugNaming.BRAND, "N06AB06", DrugPlace.PARENT, 1),
    )


def test_a_name_is_looked_up_in_any_form(matcher: DrugMatcher) -> None:
    for name in ("Zoloft", " #zoloft ", "SERTRALINE", "lustral"):
        known = matcher.drug_of(name)
        assert known is not None
        assert known.drug == "sertraline"
    assert matcher.drug_of("zolofft") is None
    assert matcher.drug_of("💊") is None


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["zolof ", "@ab zoloft ", "#zoloft #zoloftproblems "])
def test_time_is_linear_in_the_length_of_a_text(matcher: DrugMatcher, piece: str) -> None:
    """In quadratic time, each of these texts would take half a minute or more."""
    assert len(matcher.find(piece * (500_000 // len(piece)))) == MOST_NAMES


def test_of_too_many_names_the_first_ones_count(matcher: DrugMatcher) -> None:
    text = "@zoloft " * MOST_NAMES + "prozac " * MOST_NAMES + "zoloft"
    mentions = matcher.find(text)
    assert {mention.drug for mention in mentions} == {"fluoxetine"}
    assert [mention.start for mention in mentions] == [
        8 * MOST_NAMES + 7 * number for number in range(MOST_NAMES)
    ]


def test_names_in_hashtags_do_not_overlap_other_names(matcher: DrugMatcher) -> None:
    text = "#prozac #ProzacNation zoloft #zoloftproblems #TeamLexapro lexapro"
    assert [(mention.start, mention.end) for mention in matcher.find(text)] == [
        *((1, 7), (9, 15), (22, 28), (30, 36), (50, 57), (58, 65)),
    ]
