"""The table of errors as Markdown and HTML: annotated sample next to prediction, as in the paper's Table 2.

Spans are highlighted. Every character of a text is shown literally, never taken as markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from training.evaluation.prediction_errors import (
    ERROR_KINDS,
    ErrorKind,
    PredictionError,
    count_errors,
    errors_by_kind,
)
from training.scorer import OfficialSpan

_TITLES: Final[Mapping[ErrorKind, str]] = {
    "false alarm": "False alarms: no adverse effect is annotated",
    "missed tweet": "Missed tweets: their adverse effect was not found",
    "missed span": "Missed spans",
    "extra span": "Extra spans",
    "other code": "Other codes: the span was found, but with another Preferred Term",
    "other offsets": "Other offsets: the span overlaps the annotated one, and is longer, shorter or shifted",
}
_NO_CODE: Final = "no code"
_NOTHING: Final = "—"

_MARKDOWN: Final = re.compile(r"([\\`*_\[\]|~$:])")
# Characters that HTML does not allow, or that change the order of the characters after them.
_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --gold: #ffe08a; --predicted: #9fd3ff; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; margin-bottom: 2rem; }
th, td { border: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
th { background: #8882; }
col.text { width: 34%; } col.term { width: 13%; } col.probability { width: 6%; }
mark { color: #111; border-radius: .2em; padding: 0 .15em; background: var(--gold); }
td.predicted mark { background: var(--predicted); }
small { opacity: .7; }
"""


def markdown_table(errors: list[PredictionError], names: Mapping[str, str], *, title: str, most: int) -> str:
    """Return the tables as Markdown, one for each kind of error.

    Args:
        errors: in the order that they are shown in.
        names: of PTs by code; a PT without a name is shown by its code.
        title: of the page.
        most: rows of each table.
    """
    lines = [f"# {escape_markdown(title)}", "", *_summary(errors)]
    for kind, group in errors_by_kind(errors, most).items():
        lines += [
            "",
            f"## {_TITLES[kind]}",
            "",
            "| Annotated sample | MedDRA | Model prediction | MedDRA | P(ADE) |",
            "| --- | --- | --- | --- | --- |",
        ]
        for error in group:
            cells = (
                highlight_markdown(error.text, error.gold.spans),
                escape_markdown(_terms(error.gold.spans, names)),
                highlight_markdown(error.text, error.predicted.spans),
                escape_markdown(_terms(error.predicted.spans, names)),
                _probability(error),
            )
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def html_table(errors: list[PredictionError], names: Mapping[str, str], *, title: str, most: int) -> str:
    """Return the tables as one HTML page that loads nothing; arguments are those of `markdown_table`."""
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape_html(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        f"<h1>{escape_html(title)}</h1>",
        *(f"<p>{escape_html(line)}</p>" for line in _summary(errors)),
    ]
    for kind, group in errors_by_kind(errors, most).items():
        parts += [
            f"<h2>{_TITLES[kind]}</h2>\n<table>",
            '<colgroup><col class="text"><col class="term"><col class="text"><col class="term">'
            '<col class="probability"></colgroup>',
            "<thead><tr><th>Annotated sample</th><th>MedDRA</th><th>Model prediction</th>"
            "<th>MedDRA</th><th>P(ADE)</th></tr></thead>\n<tbody>",
            *(_html_row(error, names) for error in group),
            "</tbody>\n</table>",
        ]
    return "\n".join([*parts, "</body>\n</html>\n"])


def highlight_html(text: str, spans: Sequence[OfficialSpan]) -> str:
    """Return the text as HTML with each span in `<mark>`; overlapping spans are one."""
    return "".join(
        f"<mark>{escape_html(piece)}</mark>" if inside else escape_html(piece)
        for piece, inside in _pieces(text, spans)
    )


def highlight_markdown(text: str, spans: Sequence[OfficialSpan]) -> str:
    """Return the text for a cell of a Markdown table with each span bold; overlapping spans are one."""
    return "".join(
        f"<b>{escape_markdown(piece)}</b>" if inside else escape_markdown(piece)
        for piece, inside in _pieces(text, spans)
    )


def escape_html(text: str) -> str:
    """Return the text with every character escaped for HTML; line breaks are kept."""
    return html.escape(_UNSAFE.sub("\ufffd", text)).replace("\n", "<br>")


def escape_markdown(text: str) -> str:
    """Return the text with every character escaped for a cell of a Markdown table."""
    single_line = " ".join(_UNSAFE.sub("\ufffd", text).splitlines())
    return html.escape(_MARKDOWN.sub(r"\\\1", single_line), quote=False)


def _pieces(text: str, spans: Sequence[OfficialSpan]) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a text, and whether each lies inside a span; offsets are clipped to the text."""
    done = 0
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        start, end = max(done, span.start), min(len(text), span.end)
        if start >= end:
            continue
        if start > done:
            yield text[done:start], False
        yield text[start:end], True
        done = end
    if done < len(text):
        yield text[done:], False


def _html_row(error: PredictionError, names: Mapping[str, str]) -> str:
    others = ", ".join(error.kinds[1:])
    also = f"<br><small>also: {others}</small>" if others else ""
    gold = highlight_html(error.text, error.gold.spans)
    predicted = highlight_html(error.text, error.predicted.spans)
    return (
        f'<tr><td dir="auto">{gold}<br><small>{escape_html(error.id)}</small></td>'
        f"<td>{escape_html(_terms(error.gold.spans, names))}</td>"
        f'<td class="predicted" dir="auto">{predicted}{also}</td>'
        f"<td>{escape_html(_terms(error.predicted.spans, names))}</td><td>{_probability(error)}</td></tr>"
    )


def _summary(errors: list[PredictionError]) -> list[str]:
    if not errors:
        return ["Nothing to show: every prediction is the same as its annotation, offsets included."]
    counts = count_errors(errors)
    by_kind = ", ".join(f"{kind}: {counts[kind]:,}" for kind in ERROR_KINDS)
    return [f"{len(errors):,} texts have predictions that differ from their annotations ({by_kind})."]


def _terms(spans: Sequence[OfficialSpan], names: Mapping[str, str]) -> str:
    ordered = sorted(spans, key=lambda span: (span.start, span.end))
    terms = [names.get(span.code, span.code) if span.code else _NO_CODE for span in ordered]
    return ", ".join(dict.fromkeys(terms)) or _NOTHING


def _probability(error: PredictionError) -> str:
    return _NOTHING if error.probability is None else f"{error.probability:.2f}"
