"""The TOML file of drugs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.connect import ConnectError, read_drug_list

PAGE = Path(__file__).parents[3] / "docs" / "connect.md"


def read(tmp_path: Path, content: str) -> object:
    path = tmp_path / "drugs.toml"
    path.write_text(content, encoding="utf-8")
    return read_drug_list(path)


def test_the_example_of_the_page_can_be_read(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    example = next(block for block in blocks if "[[drug]]" in block)
    assert read(tmp_path, example)


def test_the_example_file_can_be_read() -> None:
    drugs = read_drug_list(PAGE.parents[1] / "deploy" / "drugs.toml")
    assert {"zoloft", "St. John's wort"} <= set(drugs.names())


def test_names_aliases_and_hashtags_are_all_names(tmp_path: Path) -> None:
    path = tmp_path / "drugs.toml"
    path.write_text(
        '[[drug]]\nname = "  sertraline  hcl "\naliases = ["zoloft"]\nhashtags = ["#zoloftlife"]\n',
        encoding="utf-8",
    )
    assert list(read_drug_list(path).names()) == ["sertraline hcl", "zoloft", "zoloftlife"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "drug: Field required"),
        ("drug = []", "at least 1 item"),
        ("[[drug]]\nnames = 'x'", "drug 1, name"),
        ("[[drug]]\nname = '...'", "no letter and no digit"),
        ("[[drug]]\nname = 'ok'\n[[drug]]\nname = 'b'\naliases = ['']", "drug 2, aliases 1"),
        ("[[drug]]\nname = 'a\"b'", "quotation mark"),
        ("[[drug]]\nname = 'ok'\nhashtags = ['two words']", "not one word"),
        ("[[drug]]\nname = 'ok'\n[x]\nlanguages = ['e n']", "not a language tag"),
        ("[[drug]]\nname = 'ok'\n[x]\nretweet = false", "x, retweet"),
        ("[[drug]\n", "not valid TOML"),
    ],
)
def test_a_mistake_names_its_place(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(ConnectError, match=re.escape(message)):
        read(tmp_path, content)


def test_a_file_that_is_missing_or_not_utf8_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConnectError, match="cannot be read"):
        read_drug_list(tmp_path / "missing.toml")
    (tmp_path / "latin1.toml").write_bytes(b"[[drug]]\nname = '\xe9'")
    with pytest.raises(ConnectError, match="not valid TOML"):
        read_drug_list(tmp_path / "latin1.toml")
