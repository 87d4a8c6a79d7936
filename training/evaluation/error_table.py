"""The table of errors, in the style of the paper's Table 2: annotated sample beside model prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from training.evaluation.highlighting import escape_html, escape_markdown, in_html, in_markdown
from training.evaluation.mistakes import KINDS, Kind, Mistake, count_kinds, first_of_each_kind
from training.scorer import Mark

_TITLES: Final[Mapping[Kind, str]] = {
    "false alarm": "False alarms: no adverse effect is annotated",
    "missed tweet": "Missed tweets: their adverse effect was not noticed",
    "missed span": "Missed spans",
    "extra span": "Extra spans",
    "other code": "Other codes: the span was found, its Preferred Term is another",
}
_NO_CODE = "no code"
_NOTHING = "—"

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --gold: #ffe08a; --said: #9fd3ff; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; margin-bottom: 2rem; }
th, td { border: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
th { background: #8882; }
col.text { width: 34%; } col.term { width: 13%; } col.sure { width: 6%; }
mark { color: #111; border-radius: .2em; padding: 0 .15em; background: var(--gold); }
td.said mark { background: var(--said); }
small { opacity: .7; }
"""


def markdown_table(mistakes: list[Mistake], names: Mapping[str, str], *, title: str, most: int) -> str:
    """Write the tables as Markdown, one for each kind of mistake.

    Args:
        mistakes: in the order that they are to be shown in.
        names: of PTs by code; a code without a name stands for itself.
        title: of the page.
        most: rows of a table.
    """
    lines = [f"# {escape_markdown(title)}", "", *_summary(mistakes)]
    for kind, group in first_of_each_kind(mistakes, most).items():
        lines += [
            "",
            f"## {_TITLES[kind]}",
            "",
            "| Annotated sample | MedDRA | Model prediction | MedDRA | P(ADE) |",
            "| --- | --- | --- | --- | --- |",
        ]
        for one in group:
            cells = (
                in_markdown(one.text, one.gold.marks),
                escape_markdown(_terms(one.gold.marks, names)),
                in_markdown(one.text, one.predicted.marks),
                escape_markdown(_terms(one.predicted.marks, names)),
                _sureness(one),
            )
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def html_table(mistakes: list[Mistake], names: Mapping[str, str], *, title: str, most: int) -> str:
    """Write the tables as one HTML page that loads nothing; arguments are those of `markdown_table`."""
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape_html(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        f"<h1>{escape_html(title)}</h1>",
        *(f"<p>{escape_html(line)}</p>" for line in _summary(mistakes) if line),
    ]
    for kind, group in first_of_each_kind(mistakes, most).items():
        parts += [
            f"<h2>{_TITLES[kind]}</h2>\n<table>",
            '<colgroup><col class="text"><col class="term"><col class="text"><col class="term">'
            '<col class="sure"></colgroup>',
            "<thead><tr><th>Annotated sample</th><th>MedDRA</th><th>Model prediction</th>"
            "<th>MedDRA</th><th>P(ADE)</th></tr></thead>\n<tbody>",
            *(_html_row(one, names) for one in group),
            "</tbody>\n</table>",
        ]
    return "\n".join([*parts, "</body>\n</html>\n"])


def _html_row(one: Mistake, names: Mapping[str, str]) -> str:
    others = ", ".join(one.kinds[1:])
    also = f"<br><small>also: {others}</small>" if others else ""
    return (
        f'<tr><td dir="auto">{in_html(one.text, one.gold.marks)}<br><small>{escape_html(one.id)}</small></td>'
        f"<td>{escape_html(_terms(one.gold.marks, names))}</td>"
        f'<td class="said" dir="auto">{in_html(one.text, one.predicted.marks)}{also}</td>'
        f"<td>{escape_html(_terms(one.predicted.marks, names))}</td><td>{_sureness(one)}</td></tr>"
    )


def _summary(mistakes: list[Mistake]) -> list[str]:
    if not mistakes:
        return ["Nothing was judged otherwise than annotated."]
    counts = count_kinds(mistakes)
    told = ", ".join(f"{kind}: {counts[kind]:,}" for kind in KINDS)
    return [f"{len(mistakes):,} texts were judged otherwise than annotated ({told})."]


def _terms(marks: Sequence[Mark], names: Mapping[str, str]) -> str:
    ordered = sorted(marks, key=lambda mark: (mark.start, mark.end))
    terms = [names.get(mark.code, mark.code) if mark.code else _NO_CODE for mark in ordered]
    return ", ".join(dict.fromkeys(terms)) or _NOTHING


def _sureness(one: Mistake) -> str:
    return _NOTHING if one.probability is None else f"{one.probability:.2f}"
