"""The word list behind `make check`: phrases that read as translated, and what to write instead.

`python -m tests.plain_english [PATH ...]` checks the tracked Python, Markdown and YAML files. It prints one
line per violation and exits with 1 if there are any. The list is the tables in `CONTRIBUTING.md`:

- phrases: in Markdown, YAML, comments and docstrings, in names that code defines, and in all other strings
  of the product's code (strings in tests may hold anything: many are tweets);
- names that do not say what they hold;
- first words of the docstrings of functions.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = "CONTRIBUTING.md"
SUFFIXES: Final = (".py", ".md", ".yml", ".yaml", ".toml", "Makefile")
FORMATS: Final = frozenset({"judged_on", "judged"})
"""Words that a file format or an output has had from its first version, and keeps."""
JSON_FIELDS: Final = frozenset({'"mend"'})
"""Fields of JSON output that stay as they are; the words are violations everywhere else."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Piece(NamedTuple):
    """A piece of a file: its line (from 1), its kind (`prose`, `name` or `docstring`), and its text."""

    line: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Violation:
    """A phrase that the list does not allow, the line that holds it (from 1), and what to write instead."""

    path: str
    line: int
    phrase: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.phrase!r}: write {self.instead}"


class WordList:
    """The three tables of the page."""

    def __init__(self, page: str) -> None:
        tables = {"instead of": {}, "name": {}, "first word": {}}
        current: dict[str, str] | None = None
        for line in page.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not line.startswith("|"):
                current = None
            elif cells[0] in tables:
                current = tables[cells[0]]
            elif current is not None and set(cells[0]) != {"-"}:
                current.update((entry.strip(), cells[1]) for entry in cells[0].split(","))
        self.phrases = [(_pattern(phrase), instead) for phrase, instead in tables["instead of"].items()]
        self.names = tables["name"]
        self.first_words = tables["first word"]

    def violations_in(self, path: str, content: str) -> list[Violation]:
        """Return the violations in one file; the suffix of `path` decides how its content is read."""
        pieces = _pieces_of_python(path, content) if path.endswith(".py") else _pieces_of_text(path, content)
        violations = {
            Violation(path, piece.line, phrase, instead)
            for piece in pieces
            for phrase, instead in self._matches(piece)
        }
        return sorted(violations, key=lambda violation: (violation.line, violation.phrase))

    def _matches(self, piece: Piece) -> Iterator[tuple[str, str]]:
        if piece.kind == "docstring":
            word = piece.text.split(maxsplit=1)[0] if piece.text.strip() else ""
            if word in self.first_words:
                yield word, self.first_words[word]
            return
        if piece.text in JSON_FIELDS:
            return
        if piece.kind == "name" and piece.text.strip("_") in self.names:
            yield piece.text, self.names[piece.text.strip("_")]
        text = re.sub(r"\w+", lambda word: "" if word.group() in FORMATS else word.group(), piece.text)
        text = text.replace("_", " ") if piece.kind == "name" else text
        for pattern, instead in self.phrases:
            for match in pattern.finditer(text):
                yield match.group(), instead


def _pattern(phrase: str) -> re.Pattern[str]:
    """Return what finds a phrase of the table; "…" stands for any word, and "there is no" is English."""
    words = re.escape(phrase.removesuffix("…").strip()).replace(r"\ ", r"\s+")
    comparison = r"longer|more|less|better|worse|other|\w+er\s+than"
    after = rf"\s+(?!(?:{comparison})\b)\w+" if phrase.endswith("…") else ""
    return re.compile(rf"(?<![A-Za-z])(?<!there ){words}{after}(?![A-Za-z])", re.IGNORECASE)


def _pieces_of_text(path: str, content: str) -> Iterator[Piece]:
    for number, line in enumerate(content.splitlines(), 1):
        if path != PAGE or not line.startswith("|"):
            yield Piece(number, "prose", line)


def _pieces_of_python(path: str, content: str) -> Iterator[Piece]:
    docstrings: set[tuple[int, int]] = set()
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Module)) and ast.get_docstring(node) is not None:
            expression = node.body[0]
            docstrings.add((expression.lineno, expression.col_offset))
            if isinstance(node, _FUNCTIONS):
                yield Piece(expression.lineno, "docstring", ast.get_docstring(node) or "")
        for name in _names_defined_by(node):
            yield Piece(getattr(node, "lineno", 1), "name", name)
    for token in tokenize.generate_tokens(io.StringIO(content).readline):
        kind = tokenize.tok_name[token.type]
        is_message = kind in ("STRING", "FSTRING_MIDDLE") and not path.startswith("tests/")
        if kind == "COMMENT" or token.start in docstrings or is_message:
            for offset, line in enumerate(token.string.splitlines()):
                yield Piece(token.start[0] + offset, "prose", line)


def _names_defined_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr


def checked_files(*paths: str) -> list[str]:
    """Return the files that the check covers, below `paths` or in the whole repository."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "--", *paths]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in output.splitlines() if name.endswith(SUFFIXES) and (ROOT / name).is_file()]


def main(paths: list[str]) -> int:
    """Print the violations below `paths`; return the exit status."""
    word_list = WordList((ROOT / PAGE).read_text(encoding="utf-8"))
    count = 0
    for name in checked_files(*paths):
        for violation in word_list.violations_in(name, (ROOT / name).read_text(encoding="utf-8")):
            print(violation)  # noqa: T201
            count += 1
    if count:
        print(f"{count} violations: see {PAGE}, section Plain English", file=sys.stderr)  # noqa: T201
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
