"""Word lists are read from `.ini` and `.txt` files."""

import configparser
from pathlib import Path

import pytest

from training.wordlists import read_numbered_lines, read_wordlist, split_alternatives


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """Return the data folder of a package `somewords_<test>`, which is importable."""
    package = tmp_path / f"somewords_{request.node.name}"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    return package / "data"


def test_files_of_a_folder_are_read_as_one_list(data: Path) -> None:
    lists = data / "colours"
    lists.mkdir()
    (lists / "b.ini").write_text("[Red]\nnoun = rose | blood\n[Blue]\nnoun = sky\n", encoding="utf-8")
    (lists / "a.ini").write_text("[Red]\nnoun = blood (dark|old)\nverb = glow\n", encoding="utf-8")
    (data / "colours.ini").write_text("[Red]\nnoun = blood\n", encoding="utf-8")
    assert read_wordlist(data.parent.name, "colours") == {
        "Red": {"noun": ("blood", "blood (dark|old)", "rose"), "verb": ("glow",)},
        "Blue": {"noun": ("sky",)},
    }


def test_a_missing_list_is_reported_with_its_name(data: Path) -> None:
    with pytest.raises(FileNotFoundError, match="shapes"):
        read_wordlist(data.parent.name, "shapes")


def test_lines_keep_their_numbers_without_comments(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("# no\n\nyes \n#hashtag\n", encoding="utf-8")
    assert read_numbered_lines(tmp_path) == [("x", 3, "yes"), ("x", 4, "#hashtag")]


def test_bars_in_brackets_do_not_separate() -> None:
    assert split_alternatives("a (b|c) | d |") == ("a (b|c)", "d", "")


def test_values_below_a_key_are_alternatives_by_line(data: Path) -> None:
    content = "[a]\nbelow =\n    yes | no\n    #tag\n# a comment\nnone =\nbeside = x | x\n"
    (data / "lists.ini").write_text(content, encoding="utf-8")
    assert read_wordlist(data.parent.name, "lists") == {
        "a": {"below": ("yes | no", "#tag"), "none": (), "beside": ("x", "x")}
    }


def test_keys_keep_their_case(data: Path) -> None:
    (data / "lists.ini").write_text("[A]\nKey = x\nkey = y\n", encoding="utf-8")
    assert read_wordlist(data.parent.name, "lists") == {"A": {"Key": ("x",), "key": ("y",)}}


def test_a_repeated_key_is_an_error(data: Path) -> None:
    (data / "lists.ini").write_text("[a]\nkey = x\nkey = y\n", encoding="utf-8")
    with pytest.raises(configparser.DuplicateOptionError):
        read_wordlist(data.parent.name, "lists")
