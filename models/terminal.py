"""Text from outside, made safe for a terminal or a spreadsheet; both command lines print through it.

Anybody can tweet escape sequences and formulas, and a corpus or a bundle may contain them. Logs and files
that people open in a terminal pass these functions, too.
"""

from __future__ import annotations

import inspect
import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer import Typer

# The C0 and C1 controls, what changes the direction or the order of text (Unicode's Bidi_Control, the
# deprecated format characters, and those of annotations), line separators, and lone surrogates, which no
# encoding can write.
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\ud800-\udfff]"
)
_UNSAFE_BUT_NEWLINES: Final = re.compile(_UNSAFE.pattern.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))

# U+2212 is the typographic minus sign, which a spreadsheet may take for a minus.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\u2212")

# Quotation marks, which CSV removes, and letters of Hangul that are blank.
_SKIPPED: Final = frozenset('"\u115f\u1160\u3164\uffa0')


def terminal_safe(text: str, *, keep_newlines: bool = False) -> str:
    """Return `text` with a space for each character that could control a terminal; offsets stay the same."""
    return (_UNSAFE_BUT_NEWLINES if keep_newlines else _UNSAFE).sub(" ", text)


def json_line(record: Any, *, default: Callable[[Any], Any] | None = None) -> str:
    r"""Return `record` as JSON on one line, with `\u` escapes for what `terminal_safe` replaces.

    Parsing it gives the same values as without the escapes.

    Args:
        record: what `json.dumps` accepts.
        default: as for `json.dumps`.
    """
    text = json.dumps(record, ensure_ascii=False, default=default)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def spreadsheet_safe(text: str) -> str:
    """Return `text` for a cell of a CSV file that a spreadsheet opens: on one line, and never a formula.

    Controls become spaces, as in `terminal_safe`. An apostrophe precedes whatever could start a formula: `=`,
    `+`, `-` or `@`, also as a full-width or a small form, after any number of blanks and of invisible
    characters. In some languages, spreadsheets separate cells with semicolons and would start a cell after
    each of them, so the same is done there. Text that has passed once stays as it is.
    """
    return ";".join(map(_without_formula, terminal_safe(text).split(";")))


def _without_formula(piece: str) -> str:
    start = next(filter(_is_visible, piece), "")
    return f"'{piece}" if unicodedata.normalize("NFKC", start).startswith(_FORMULA_STARTS) else piece


def _is_visible(character: str) -> bool:
    """Return False for what a reader of CSV may skip: blanks, quotes, format and combining characters."""
    category = unicodedata.category(character)
    return category[0] not in "ZCM" and character not in _SKIPPED


def flow_help(app: Typer) -> None:
    """Make the help texts of all commands fill the width of the terminal.

    Typer keeps the line breaks of a docstring in all paragraphs but the first, which a narrower terminal then
    breaks again.
    """
    for command in app.registered_commands:
        text = inspect.cleandoc(command.help or inspect.getdoc(command.callback) or "")
        command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    for group in app.registered_groups:
        if group.typer_instance is not None:
            flow_help(group.typer_instance)
