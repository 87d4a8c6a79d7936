"""Text from outside cannot control a terminal, and help texts fit it."""

from __future__ import annotations

import json

import typer
from hypothesis import given
from hypothesis import strategies as st

from models.terminal import flow_help, json_line, terminal_safe

UNSAFE_RANGES = (
    *((0, 0x20), (0x7F, 0xA0), (0x61C, 0x61D)),
    *((0x200E, 0x2010), (0x2028, 0x202F), (0x2066, 0x206A)),
)
UNSAFE = "".join(chr(code) for first, end in UNSAFE_RANGES for code in range(first, end))


def test_safe_text_keeps_its_offsets() -> None:
    assert terminal_safe("a\x1b[2J\u202eb\n\u2028💊 صداع") == "a [2J b  💊 صداع"
    assert terminal_safe(UNSAFE) == " " * len(UNSAFE)
    assert terminal_safe("a\nb\rc", keep_newlines=True) == "a\nb c"
    assert terminal_safe("👩\u200d⚕️") == "👩\u200d⚕️"


@given(
    st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)
)
def test_json_has_the_same_values_and_no_control_characters(record: object) -> None:
    line = json_line(record)
    assert not set(line) & set(UNSAFE)
    assert json.loads(line) == record


def test_help_texts_flow_in_all_commands() -> None:
    app, inner = typer.Typer(), typer.Typer()

    def command() -> None:
        """Do one thing.

        A second paragraph
        of two lines.

        A third.
        """

    app.command("outer")(command)
    inner.command("inner", help="One\nline.")(command)
    app.add_typer(inner, name="group")
    flow_help(app)
    assert app.registered_commands[0].help == "Do one thing.\n\nA second paragraph of two lines.\n\nA third."
    assert inner.registered_commands[0].help == "One line."
