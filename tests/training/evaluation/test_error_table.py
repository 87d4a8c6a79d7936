"""The table of errors highlights spans, and shows every character as itself."""

import html
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.error_table import highlight_html, highlight_markdown, html_table, markdown_table
from training.evaluation.prediction_errors import PredictionError
from training.scorer import OfficialSpan, TweetAnnotation

SPANS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda ends: OfficialSpan(min(ends), max(ends))),
    max_size=5,
)
NASTY = '</td><script>alert("1")</script> & <b> | `x` *y*'


def error(text: str, gold: tuple[OfficialSpan, ...], predicted: tuple[OfficialSpan, ...]) -> PredictionError:
    return PredictionError(
        "<id>", ("missed span",), text, TweetAnnotation(True, gold), TweetAnnotation(True, predicted), 0.7
    )


def test_spans_are_marked() -> None:
    assert highlight_html("so dizzy today", [OfficialSpan(3, 8)]) == "so <mark>dizzy</mark> today"
    assert highlight_markdown("so dizzy today", [OfficialSpan(3, 8)]) == "so <b>dizzy</b> today"


def test_overlapping_spans_are_marked_once() -> None:
    assert (
        highlight_html("abcdef", [OfficialSpan(2, 5), OfficialSpan(0, 3)])
        == "<mark>abc</mark><mark>de</mark>f"
    )


@given(st.text(max_size=30), SPANS)
def test_html_shows_the_text_and_nothing_else(text: str, spans: list[OfficialSpan]) -> None:
    shown = highlight_html(text, spans)
    tags = re.findall(r"<[^>]*>", shown)
    assert set(tags) <= {"<mark>", "</mark>", "<br>"}
    plain = html.unescape(re.sub(r"</?mark>", "", shown).replace("<br>", "\n"))
    assert len(plain) == len(text)
    readable = [(a, b) for a, b in zip(plain, text, strict=True) if b.isprintable()]
    assert all(a == b or a == "\ufffd" for a, b in readable)


@given(st.text(max_size=30), SPANS)
def test_a_cell_of_markdown_stays_one_cell(text: str, spans: list[OfficialSpan]) -> None:
    shown = highlight_markdown(text, spans)
    assert len(shown.splitlines()) <= 1
    assert not re.search(r"(?<!\\)(?:\\\\)*\|", shown)
    assert set(re.findall(r"<[^>]*>", shown)) <= {"<b>", "</b>"}


def test_text_that_looks_like_html_is_shown_as_text() -> None:
    page = html_table([error(NASTY, (OfficialSpan(0, 5, "<i>"),), ())], {"<i>": "<u>&"}, title="<t>", most=9)
    for tag in ("<script", "<i>", "<u>", "<t>", "<id>", "<b>"):
        assert tag not in page
    assert html.escape(NASTY[5:]) in page


def test_the_page_is_well_formed() -> None:
    class Balance(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "br", "col"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    parser = Balance()
    parser.feed(
        html_table([error(NASTY, (OfficialSpan(0, 9),), (OfficialSpan(2, 4),))], {}, title="Errors", most=9)
    )
    assert parser.open == []


def test_a_row_has_both_sides_with_the_names_of_their_terms() -> None:
    row_error = error(
        "so dizzy, my head", (OfficialSpan(3, 8, "10"),), (OfficialSpan(10, 17, "20"), OfficialSpan(3, 8))
    )
    page = markdown_table([row_error], {"10": "Dizziness"}, title="Errors", most=9)
    row = page.splitlines()[-1]
    assert (
        row
        == "| so <b>dizzy</b>, my head | Dizziness | so <b>dizzy</b>, <b>my head</b> | no code, 20 | 0.70 |"
    )


def test_rows_are_limited_but_all_errors_are_counted() -> None:
    many = [error(f"text {number}", (), ()) for number in range(5)]
    page = markdown_table(many, {}, title="Errors", most=2)
    assert sum(line.startswith("| text") for line in page.splitlines()) == 2
    assert "5 texts" in page


def test_a_page_without_errors_says_so() -> None:
    assert "Nothing" in markdown_table([], {}, title="Errors", most=9)
    assert "<table>" not in html_table([], {}, title="Errors", most=9)
