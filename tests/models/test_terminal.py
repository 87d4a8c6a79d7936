"""Text from outside cannot control a terminal or a spreadsheet, and help texts fit the terminal."""

from __future__ import annotations

import json
import unicodedata

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from models.terminal import flow_help, json_line, spreadsheet_safe, terminal_safe

UNSAFE_RANGES = (
    *((0, 0x20), (0x7F, 0xA0), (0x61C, 0x61D)),
    *((0x200E, 0x2010), (0x2028, 0x202F), (0x2066, 0x2070), (0xFFF9, 0xFFFC)),
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


def test_values_without_a_json_type_are_written_by_the_default() -> None:
    assert json_line({"letters": {"a\x9b"}}, default=sorted) == '{"letters": ["a\\u009b"]}'


BLANKS = [
    "",
    " ",
    "\t",
    "\n",
    "\r",
    "\xa0",
    "\u3000",
    "\u200b",
    "\ufeff",
    "\u2060",
    "\x00",
    "\u0301",
    "\u3164",
    '"',
]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(1)", "＝1+1", "＋1", "－1", "＠a", "﹦1", "\u22121"]


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
@pytest.mark.parametrize("formula", FORMULAS, ids=ascii)
def test_a_cell_never_starts_a_formula(blank: str, formula: str) -> None:
    for text in (f"{blank}{formula}", f"{blank}{blank} {formula}"):
        assert spreadsheet_safe(text) == f"'{terminal_safe(text)}"
        assert spreadsheet_safe(f"sick;{text}") == f"sick;'{terminal_safe(text)}"


@pytest.mark.parametrize("text", ["", "sick", "'=1", "a=b", "2 - 1", "so sick :-(", "💊 =", "頭痛", "a;b; c"])
def test_a_cell_without_a_formula_is_unchanged(text: str) -> None:
    assert spreadsheet_safe(text) == text


@given(st.text(st.sampled_from([*"=+-@;'\"\n\x1b a＝💊\u200b\u202e"])) | st.text())
def test_any_cell_is_one_line_without_controls_and_formulas(text: str) -> None:
    cell = spreadsheet_safe(text)
    assert not set(cell) & set(UNSAFE)
    for piece in cell.split(";"):
        visible = "".join(character for character in piece if unicodedata.category(character)[0] not in "ZCM")
        assert unicodedata.normalize("NFKC", visible.lstrip('"'))[:1] not in {*"=+-@"}
    assert spreadsheet_safe(cell) == cell
    assert len(cell) <= len(text) + text.count(";") + 1


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
