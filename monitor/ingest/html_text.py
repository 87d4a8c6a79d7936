"""HTML in posts: recognize it, and convert it to the text that a reader sees."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode

MAX_TAGS: Final = 300
"""Largest number of tags that the parser gets.

An HTML parser repairs wrong nesting, and the repaired tree can have as many nodes as the square of the number
of tags: `<b x=1><p><b x=2><p>…`. The tags of larger texts are cut out, in linear time.
"""


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PARAGRAPHS: Final = _names("blockquote dl figure h1 h2 h3 h4 h5 h6 hr ol p pre table ul")
_LINES: Final = _names(
    "address article aside body caption center dd details div dt fieldset figcaption footer form header html "
    "legend li main nav section summary tr"
)
_HIDDEN: Final = _names("audio canvas head iframe math noscript object script style svg template video")
_OTHERS: Final = _names(
    "a abbr acronym b bdi bdo big br cite code del dfn em embed font i img ins kbd label link mark meta nobr "
    "o:p q rb rp rt ruby s samp small source span strike strong sub sup tbody td tfoot th thead time track "
    "tt u var wbr"
)
_NAMES: Final = _PARAGRAPHS | _LINES | _HIDDEN | _OTHERS

# One of these is enough to see that a text is HTML. Others may be words, as in "take it at <time>".
_UNMISTAKABLE: Final = _names(
    "blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p span table td th tr ul"
)

# The tags of nearly all posts. Without others, the text is what remains when they are cut out.
_SIMPLE: Final = _names(
    "a b blockquote br code del div em font h1 h2 h3 h4 h5 h6 hr i ins li ol p s small span strong sub sup "
    "u ul"
)

# Number of line ends before and after an element.
_BREAKS: Final = dict.fromkeys(_PARAGRAPHS, 2) | dict.fromkeys(_LINES, 1)

_CELLS: Final = _names("td th")
_LINE_TAGS: Final = frozenset(_BREAKS) | {"br"}

# An attribute needs a value, so "<b and c>" is not a tag. Quantifiers are possessive: the time is linear.
_ATTRIBUTE = (
    r"[a-z_:@][\w:.-]*+\s*+=\s*+"
    r"""(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s"'<>=`][^\s"'<>`]*+)"""
    r"|(?:allowfullscreen|async|autoplay|controls|defer|disabled|hidden|itemscope|loop|muted|nowrap|open)(?=[\s/>])"
)
_NAME = "|".join(sorted(_NAMES, key=len, reverse=True))
_TAG: Final = re.compile(
    rf"<(?P<end>/?)(?P<name>{_NAME})(?=[\s/>])(?P<attributes>(?:[\s/]*+(?:{_ATTRIBUTE}))*+)[\s/]*+(?:>|\Z)",
    re.IGNORECASE | re.ASCII,
)
# Tags of the usual form. They need no closer look if their names are known.
_USUAL_TAG: Final = re.compile(
    r"""</?([a-z][a-z0-9:]*+)(?:\s(?=[^<>=]*+=)(?:[^<>"']++|"[^"<>]*+"|'[^'<>]*+')*+|[\s/]*+)>""",
    re.IGNORECASE | re.ASCII,
)
# "<" that starts neither a tag nor a comment, as in "i <3 zoloft" or "<sarcasm>".
_LITERAL: Final = re.compile(rf"<(?!(?:{_TAG.pattern[1:]})|!--|!doctype)", re.IGNORECASE | re.ASCII)
_LINE_TAG: Final = re.compile(rf"<(?:{'|'.join(_LINE_TAGS)})[\s/>]", re.IGNORECASE | re.ASCII)
_HIDDEN_CONTENT: Final = re.compile(
    rf"<(?P<hidden>{'|'.join(_HIDDEN)})\b.*?(?:</(?P=hidden)[^<>]*+>?|\Z)|<!--.*?(?:-->|\Z)"
    r"|<p\s[^<>]*quote-inline[^<>]*>.*?(?=</?p\b|\Z)",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
# White space other than a single space.
_SPACES: Final = re.compile(r"[\t\n\r\f][ \t\n\r\f]*+| [ \t\n\r\f]++")
_EMOJI_CLASS: Final = re.compile("emoji|emote|smil", re.IGNORECASE)


def plain_text(text: str) -> str:
    """Return the text that a reader sees: `text` itself, unless it looks like HTML."""
    return html_to_text(text) if "<" in text and looks_like_html(text) else text


def looks_like_html(text: str) -> bool:
    """Return True if a text has tags of HTML, and not only characters such as "<".

    Names of unknown elements do not count ("<sarcasm>"). The name of an element that may be a word counts if
    it has an attribute or is closed: "<b>" alone is not HTML, "<b>zoloft</b>" is.
    """
    opened: set[str] = set()
    for tag in _TAG.finditer(text):
        name = tag["name"].lower()
        if name in _UNMISTAKABLE or tag["attributes"] or (tag["end"] and name in opened):
            return True
        if not tag["end"]:
            opened.add(name)
    comment = text.find("<!--")
    return comment >= 0 and text.find("-->", comment) >= 0


def html_to_text(html: str) -> str:
    """Return the visible text of an HTML fragment.

    Paragraphs are separated by a blank line, and `<br>` is a line end. Links are their text, and the parts of
    an address that Mastodon hides are shown. Custom emoji are their names (`:name:`). Scripts, styles and
    comments are left out. What is not a known tag is text, such as "<sarcasm>".

    Line ends are spaces, as in a browser. But they stay if the fragment has no paragraphs and no `<br>`,
    because then its author relied on them.
    """
    parts = _USUAL_TAG.split(html)  # text, name, text, name, …, text
    tags = set(map(str.lower, parts[1::2]))
    is_usual = len(parts) == 2 * html.count("<") + 1
    if is_usual and _SIMPLE.issuperset(tags) and "quote-inline" not in html:
        return _without_tags(parts, keeps_lines=tags.isdisjoint(_LINE_TAGS))
    source = html if is_usual and _NAMES.issuperset(tags) else _LITERAL.sub("&lt;", html)
    keeps_lines = not _LINE_TAG.search(source)
    if source.count("<") > MAX_TAGS:
        pieces = _TAG.split(_HIDDEN_CONTENT.sub("", source))  # text, slash, name, attributes, text, …
        return _without_tags([piece for place, piece in enumerate(pieces) if place % 2 == 0], keeps_lines)
    tree = LexborHTMLParser(source.encode(errors="replace"), options=LexborDocumentOptions.WO_EVENTS)
    return "" if tree.body is None else _visible_text(tree.body, keeps_lines, "quote-inline" in source)


class _Lines:
    """Collects text. White space collapses, and line ends are only written between texts."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._breaks = 0

    def end_line(self) -> None:
        self._breaks = min(self._breaks + 1, 2)

    def separate(self, breaks: int) -> None:
        if breaks > self._breaks:
            self._breaks = breaks

    def add(self, text: str, keeps_spaces: bool) -> None:
        parts = self._parts
        if not keeps_spaces:
            text = _SPACES.sub(" ", text)
            if self._breaks or not parts or parts[-1][-1:] == " ":
                text = text.lstrip(" ")
        if not text:
            return
        if self._breaks:
            if parts:
                parts[-1] = parts[-1].rstrip(" ")
                parts.append("\n" * self._breaks)
            self._breaks = 0
        parts.append(text)

    def text(self) -> str:
        return "".join(self._parts).strip()


def _visible_text(body: LexborNode, keeps_lines: bool, has_quotes: bool) -> str:
    lines = _Lines()
    # Children that remain to be visited, line ends after them, and True if their spaces stay as they are.
    stack = [(body.iter(include_text=True), 0, keeps_lines)]
    while stack:
        children, breaks, keeps_spaces = stack[-1]
        node = next(children, None)
        if node is None:
            stack.pop()
            lines.separate(breaks)
            continue
        tag = node.tag or "-"
        if tag == "-text":
            lines.add(node.text_content or "", keeps_spaces)
        elif tag == "br":
            lines.end_line()
        elif tag == "img":
            lines.add(_emoji(node.attributes), True)
        elif tag[0] == "-" or tag in _HIDDEN:
            continue
        elif tag in _CELLS:
            lines.add(" ", False)
            stack.append((node.iter(include_text=True), 0, keeps_spaces))
        elif not has_quotes or "quote-inline" not in (node.attributes.get("class") or ""):
            # Mastodon repeats the address of a quoted post in a paragraph of that class.
            breaks = _BREAKS.get(tag, 0)
            lines.separate(breaks)
            stack.append((node.iter(include_text=True), breaks, keeps_spaces or tag == "pre"))
    return lines.text()


def _emoji(attributes: dict[str, str | None]) -> str:
    """Return the text of an image that stands for an emoji, and "" for pictures."""
    name = attributes.get("alt") or ""
    if _EMOJI_CLASS.search(attributes.get("class") or ""):
        return name
    return name if len(name) > 2 and name[0] == name[-1] == ":" and " " not in name else ""


def _without_tags(parts: list[str], keeps_lines: bool) -> str:
    """Return the text between tags. `parts` alternate between texts and names of elements."""
    lines = _Lines()
    lines.add(unescape(parts[0]), keeps_lines)
    for place in range(1, len(parts), 2):
        name, text = parts[place].lower(), parts[place + 1]
        if name == "br":
            lines.end_line()
        elif name in _BREAKS:
            lines.separate(_BREAKS[name])
        elif name in _CELLS:
            lines.add(" ", False)
        if text:
            lines.add(unescape(text), keeps_lines)
    return lines.text()
