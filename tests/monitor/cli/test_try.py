"""`ade-monitor try`: what the monitor makes of one post, without any server."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.monitor.cli.conftest import RunCommand

POST = "zoloft gave me a headache and i ended up in the hospital, so i take tylenol for it"
RULES = """
[[rule]]
name = "hospital"
severity = "high"
when.facts = "hospital"

[[rule]]
name = "warfarin only"
when.drug = "warfarin"
"""

# Nothing is there: the command must not ask for it.
NO_SERVERS = {
    "ADE_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "ADE_DATABASE__URL": "postgresql://127.0.0.1:1/x",
}


@pytest.fixture(autouse=True)
def without_servers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in NO_SERVERS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    return file


def tried(run: RunCommand, *arguments: str) -> list[dict[str, Any]]:
    ended = run(None, "try", "--bundle", "dummy", "--json", *arguments)
    assert ended.status == 0, ended.err
    return [json.loads(line) for line in ended.out.splitlines()]


def test_a_post_is_shown_with_effect_drug_facts_and_rules(run: RunCommand, rules: Path) -> None:
    [post] = tried(run, "--rules", str(rules), POST)
    [mention] = post["mentions"]
    assert POST[mention["start"] : mention["end"]] == "headache"
    assert mention["drug"]["name"] == "sertraline"
    assert {drug["text"] for drug in post["drugs"]} == {"zoloft", "tylenol"}
    assert "hospital" in {fact["kind"] for fact in post["facts"]}
    [effect] = post["effects"]
    assert effect["alert"]["severity"] == "high"
    assert [(rule["name"], rule["applies"]) for rule in effect["rules"]] == [
        ("hospital", True),
        ("warfarin only", False),
    ]
    assert effect["rules"][1]["failed"]


def test_people_see_the_same_in_words(run: RunCommand, rules: Path) -> None:
    ended = run(None, "try", "--bundle", "dummy", "--rules", str(rules), POST)
    assert ended.status == 0, ended.err
    for words in ("ADE", "Headache", "sertraline", "hospital", "warfarin only", "high"):
        assert words in ended.out
    again = run(None, "try", "--bundle", "dummy", "zoloft gave me a headache. Zoloft, that is sertraline").out
    [line] = [line for line in again.splitlines() if line.startswith("drugs: ")]
    assert line.count("N06AB06") == 1
    assert line.endswith('written "zoloft" and "sertraline"')


def test_the_context_gives_the_drug_that_the_post_does_not_name(run: RunCommand) -> None:
    [post] = tried(run, "--context", "Warfarin reviews", "what a headache since the first pill")
    assert post["mentions"][0]["drug"]["name"] == "warfarin"
    assert post["mentions"][0]["drug"]["place"] == "title"


def test_a_negative_post_says_why_and_names_its_drugs(run: RunCommand) -> None:
    [post] = tried(run, "picked up my prozac")
    assert (post["label"], post["effects"]) == ("NoADE", [])
    assert [drug["name"] for drug in post["drugs"]] == ["fluoxetine"]


def test_standard_input_is_one_post_of_any_number_of_lines(
    run: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("zoloft, day 3\n\nwhat a headache\n"))
    [post] = tried(run)
    assert post["text"] == "zoloft, day 3\n\nwhat a headache"
    assert post["label"] == "ADE"


class Terminal(io.StringIO):
    """Lines that a person types."""

    def isatty(self) -> bool:
        return True


def test_a_person_tries_one_post_after_the_other(run: RunCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("zoloft\nheadache\n\n\nall is well\n"))
    ended = run(None, "try", "--bundle", "dummy", "--json")
    assert ended.status == 0, ended.err
    records = [json.loads(line[line.index("{") :]) for line in ended.out.splitlines() if "{" in line]
    assert [record["text"] for record in records] == ["zoloft\nheadache", "all is well"]


def test_controls_in_a_post_do_not_reach_the_terminal(run: RunCommand) -> None:
    ended = run(None, "try", "--bundle", "dummy", "headache \x1b[31m from \x9bzoloft\x07")
    assert ended.status == 0, ended.err
    assert not {"\x1b", "\x9b", "\x07"} & set(ended.out)


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 100_001])
def test_an_empty_or_endless_post_is_refused(run: RunCommand, text: str) -> None:
    ended = run(None, "try", "--bundle", "dummy", text)
    assert ended.status == 2
    assert "post" in ended.err


def test_a_wrong_rules_file_is_refused_before_the_post_is_read(run: RunCommand, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('[[rule]]\nname = "x"\nwhen.drugs = "zoloft"\n')
    ended = run(None, "try", "--bundle", "dummy", "--rules", str(file), POST)
    assert ended.status != 0
    assert str(file) in ended.err.replace("\n", "")
    assert "Traceback" not in ended.err
