"""HTML in posts becomes the text that a reader sees, and everything else stays as it is."""

from __future__ import annotations

import json
from html import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.errors import PoisonError
from monitor.ingest.html_text import MAX_TAGS, html_to_text, looks_like_html, plain_text
from tests.monitor.messages import read_post

PLAIN = [
    "i <3 zoloft",
    "a < b > c",
    "x<y",
    "so good <sarcasm>",
    "<user> took it, see <url>",
    "take it at <time> with <b>",
    "<b and c>",
    "<i> feel sick </s>",
    "dose <5mg and >2mg",
    "<p",
    "<",
    "</",
    "<!--",
    "a --> b <!-- c",
    "tom &amp; i &lt;3 zoloft",
    "<" * 1_000,
]

HTML = {
    "<p>zoloft gave me a <b>terrible</b> headache</p>": "zoloft gave me a terrible headache",
    "<p>day 1</p><p>day 2</p>": "day 1\n\nday 2",
    "<p>day 1</p>\n  <p> day 2 </p>": "day 1\n\nday 2",
    "day 1<br>day 2<br/>day 3<BR />": "day 1\nday 2\nday 3",
    "<p>a<br></p><p>b</p><br><br><br>c": "a\n\nb\n\nc",
    "a\nb<br>c": "a b\nc",
    "a\nb <b>c</b>\n\nd": "a\nb c\n\nd",
    "<p>tom &amp; i &lt;3 it&nbsp;&#39;til&#x2019;</p>": "tom & i <3 it\xa0'til’",
    '<p>see <a href="https://example.org/a/b"><span class="invisible">https://</span>'
    '<span class="ellipsis">example.org/a</span><span class="invisible">/b</span></a></p>': (
        "see https://example.org/a/b"
    ),
    '<span class="h-card"><a href="https://a.example/@bob" class="u-url">@<span>bob</span></a></span> hi': (
        "@bob hi"
    ),
    '<p>so sick <img class="custom-emoji" alt=":sick:" src="a.png"> <img src="b.png" alt="a photo"></p>': (
        "so sick :sick:"
    ),
    '<p>hm <img alt=":pill:"></p>': "hm :pill:",
    "<p>a<script>alert('<b>x</b>')</script>b<style>p{}</style>c<!-- d --></p>": "abc",
    "<ul><li>dizzy</li><li>tired</li></ul>bye": "dizzy\ntired\n\nbye",
    "<table><tr><td>zoloft</td><td>nausea</td></tr><tr><td>advil</td></tr></table>": "zoloft nausea\nadvil",
    "<blockquote>how is it?</blockquote>bad": "how is it?\n\nbad",
    "<pre>  a\n   b</pre>c": "a\n   b\n\nc",
    "<h1>Zoloft</h1>bad": "Zoloft\n\nbad",
    '<p class="quote-inline">RE: https://example.org/1</p><p>same here</p>': "same here",
    '<a href="https://example.org/?a=1&b=2">link</a> ok': "link ok",
    '<a title="a>b" href=x>link</a> <b title=\'x "y" <z>\'>ok</b>': "link ok",
    "<font color=red>no sleep</font>": "no sleep",
    "<P>loud</P>": "loud",
    "<p>cut off in a <b>tag and <a href='https://exam": "cut off in a tag and",
    "i <3 it<br>x<y <sarcasm>great</sarcasm> <b and c>": "i <3 it\nx<y <sarcasm>great</sarcasm> <b and c>",
    "<p>a<o:p></o:p></p>": "a",
    "<!-- a -->b": "b",
    "<u>x</u>": "x",
    "</p>x": "x",
}


@pytest.mark.parametrize("text", PLAIN)
def test_text_with_angle_brackets_is_not_html(text: str) -> None:
    assert not looks_like_html(text)
    assert plain_text(text) == text


@pytest.mark.parametrize(("html", "text"), HTML.items())
def test_html_becomes_its_visible_text(html: str, text: str) -> None:
    assert looks_like_html(html)
    assert plain_text(html) == text


@pytest.mark.parametrize(
    "text",
    [
        "zoloft\u200b and \u202edizzy\u202c",
        "👩‍⚕️ said 🏳️‍🌈 👍🏽",
        "אני לא ישן \u200fעם zoloft",
        "e\u0301tourdi",
        "\ufeffdizzy",
    ],
)
def test_invisible_characters_and_emoji_stay_as_they_are(text: str) -> None:
    assert html_to_text(f"<p>{text}</p>") == text


def test_offsets_count_code_points_of_the_converted_text() -> None:
    text = read_post(json.dumps({"id": "1", "text": "<p>😬&nbsp;so <b>dizzy</b></p>"}).encode()).text
    assert (text, text[5:10]) == ("😬\xa0so dizzy", "dizzy")


def test_a_text_of_markup_only_is_refused_as_blank() -> None:
    for text in ("<p> </p>", '<img src="a.png">', "<p>&nbsp;</p>", "<br>"):
        with pytest.raises(PoisonError) as refusal:
            read_post(json.dumps({"id": "1", "text": text}).encode())
        assert refusal.value.reason == "blank-text"


def test_the_field_html_overrides_the_detection() -> None:
    context = [{"kind": "parent", "text": "use <br>"}]
    plain = read_post(json.dumps({"id": "1", "text": "use <br>", "html": False, "context": context}).encode())
    html = read_post(json.dumps({"id": "1", "text": "a &amp; b", "html": True, "context": context}).encode())
    assert (plain.text, plain.context[0].text) == ("use <br>", "use <br>")
    assert (html.text, html.context[0].text) == ("a & b", "use")


def test_html_in_the_context_is_converted_before_it_is_cut() -> None:
    context = [{"kind": "parent", "text": "<p>" + "a " * 20_000}]
    [part] = read_post(json.dumps({"id": "1", "text": "x", "context": context}).encode()).context
    assert len(part.text) == 10_000
    assert "<" not in part.text


BLOCKS = st.sampled_from(["p", "div", "blockquote", "li", "h2"])
WORDS = st.lists(st.text("abc<&é😬", min_size=1, max_size=5), min_size=1, max_size=4).map(" ".join)


@pytest.mark.parametrize("html", [html for html in HTML if "pre>" not in html and "img" not in html])
def test_large_html_is_converted_like_small_html(html: str) -> None:
    empty_paragraphs = "<p> </p>" * MAX_TAGS
    assert html_to_text(empty_paragraphs + html) == html_to_text(f"<p>{html}")


@given(st.lists(st.tuples(BLOCKS, WORDS, WORDS), min_size=1, max_size=5))
def test_large_html_without_a_parser_has_the_same_words(blocks: list[tuple[str, str, str]]) -> None:
    html = "".join(f"<{tag}>{escape(a)} <b>{escape(b)}</b></{tag}>" for tag, a, b in blocks)
    words = html_to_text(html)
    assert words.split() == [word for _, a, b in blocks for word in f"{a} {b}".split()]
    repeats = MAX_TAGS // html.count("<") + 1
    assert html_to_text(html * repeats).split() == words.split() * repeats


def elements(names: list[str], content: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pieces = st.tuples(st.sampled_from(names), st.lists(content, max_size=4).map("".join))
    return pieces.map(lambda piece: f"<{piece[0]} class=x>{piece[1]}</{piece[0]}>")


TEXTS = st.sampled_from(
    [" ", "\n", "  \n", "&lt;", "&amp ", "&#39;", "&nbsp;", "<br>", "<BR/>", "a", "b ", " 😬"]
)
INLINE = st.recursive(TEXTS, lambda inner: elements(["b", "span", "em"], inner), max_leaves=5)
BLOCK = st.recursive(
    elements(["p", "h2", "li"], INLINE) | INLINE, lambda inner: elements(["div", "ul"], inner), max_leaves=5
)


@given(st.lists(BLOCK, max_size=4).map("".join))
def test_usual_tags_are_cut_out_with_the_result_of_the_parser(html: str) -> None:
    # An element that is not usual makes the parser read the text.
    assert html_to_text(html) == html_to_text(html + "<wbr>")


HOSTILE = {
    "angle brackets": "<" * 100_000,
    "open elements": "<div>" * 20_000,
    "elements to be repaired": "".join(f"<b x={number}><p>" for number in range(7_000)),
    "open comments": "<!--" * 25_000,
    "empty comments": "<!---->" * 14_000,
    "open scripts": "<script>" * 12_000,
    "open attributes": "<a x=\"'" * 14_000,
    "one tag with many attributes": "<a " + "x=1 " * 25_000,
    "spaces in a tag": "<a" + " " * 99_000,
    "spaces": "<pre>" + " " * 99_000 + "x",
    "entities": "<p>" + "&amp" * 24_000,
    "slashes": "</" * 50_000,
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_html_does_not_grow(html: str) -> None:
    assert len(html_to_text(html)) <= len(html)
    assert len(plain_text(html)) <= len(html)


PARTS = (
    "< > </ /> <p> </p> <br> <b> </b> <b x=1> <a href=' \" = <!-- --> <script> </script> <pre> <table> <td> "
    "<svg> <math> <template> <select> &amp; &#0; &#xd800; &lt; <img alt=:x:> <sarcasm> \n \t"
)
FRAGMENTS = st.lists(
    st.sampled_from(PARTS.split(" ")) | st.text(st.characters(exclude_categories=[]), max_size=5), max_size=40
)


@given(FRAGMENTS.map("".join))
@example("<p>\ud800")
@example("<table><b><p></table>")
def test_any_text_is_converted_without_an_error_and_never_grows(text: str) -> None:
    for converted in (plain_text(text), html_to_text(text)):
        assert len(converted) <= len(text)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_an_escaped_text_comes_back(text: str) -> None:
    html = f"<pre>|{escape(text)}|</pre>"
    assert html_to_text(html) == f"|{text}|".replace("\r\n", "\n").replace("\r", "\n")
