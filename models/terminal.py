"""Text for a terminal. Both command lines print through these functions.

Text from outside is made safe: anybody can tweet escape sequences, and a corpus or a bundle may contain them.
"""

from __future__ import annotations

import inspect
import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from typer import Typer

# The C0 and C1 controls, what changes the direction of text (Unicode's Bidi_Control), line separators, and
# lone surrogates, which no encoding can write.
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_UNSAFE_BUT_NEWLINES: Final = re.compile(_UNSAFE.pattern.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))


def terminal_safe(text: str, *, keep_newlines: bool = False) -> str:
    """Return `text` with a space for each character that could control a terminal; offsets stay the same."""
    return (_UNSAFE_BUT_NEWLINES if keep_newlines else _UNSAFE).sub(" ", text)


def json_line(record: Any) -> str:
    r"""Return `record` as JSON on one line, with `\u` escapes for what `terminal_safe` replaces.

    Parsing it gives the same values as without the escapes.
    """
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(record, ensure_ascii=False))


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
