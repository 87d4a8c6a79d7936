"""A wrong rules file becomes a message with the line, the rule and the key of each problem."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.alerts.rulebook import RulesError, read_rules
from tests.monitor.alerts.rulebook.reports import NAMES, RASH, TREMOR, book_of, terminology

WRONG = [
    ("drug = 'zolof'", 4, "when.drug", "sertraline|zolof"),
    ("drug = []", 4, "when.drug", "empty"),
    ("drug = ''", 4, "when.drug", "empty"),
    ("drug = true", 4, "when.drug", "string"),
    ("class = 'N99999'", 4, "when.class", "ATC"),
    ("group = 'our'", 4, "when.group", "ours"),
    ("soc = 'nervous system disorder'", 4, "when.soc", "Nervous system disorders"),
    ("smq = 'akathisa:broad'", 4, "when.smq", "Akathisia"),
    ("serious = 'yes'", 4, "when.serious", "must be true or false$"),
    ("facts = 'deaths'", 4, "when.facts", "death"),
    ("listedness = 'not listed'", 4, "when.listedness", "unlisted"),
    ("drug_place = 'reply'", 4, "when.drug_place", "parent"),
    ("language = 'English'", 4, "when.language", "en"),
    ("min_probability = 1.5", 4, "when.min_probability", "1"),
    ("min_probability = '0.5'", 4, "when.min_probability", "number"),
    ("copies = 'all'", 4, "when.copies", "only"),
    ("pts = 'x'", 4, "when.pts", "pt"),
]


def problems(folder: Path, text: str) -> list[str]:
    """Return the lines of the error about a file."""
    with pytest.raises(RulesError) as error:
        book_of(folder, text, knowledge=terminology())
    return str(error.value).split("\n  ")[1:]


def problem(folder: Path, text: str) -> str:
    """Return the one problem of a file."""
    [line] = problems(folder, text)
    return line


@pytest.mark.parametrize(("condition", "line", "key", "hint"), WRONG)
def test_a_wrong_condition_is_shown_with_its_line(
    tmp_path: Path, condition: str, line: int, key: str, hint: str
) -> None:
    text = f"[[rule]]\nname = 'severe'\n[rule.when]\n{condition}\n[group.ours]\ndrugs = ['sertraline']"
    message = problem(tmp_path, text)
    assert message.startswith(f'line {line}, rule 1 "severe", {key}: ')
    assert re.search(hint, message)


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ("action = 'alarm'", 'line 4, rule 2 "b", action'),
        ("severity = 'urgent'", 'line 4, rule 2 "b", severity'),
        ("cooldown = '6 hours'", 'line 4, rule 2 "b", cooldown'),
        ("cooldown = 6", 'line 4, rule 2 "b", cooldown'),
        ("cooldown = '9999999w'", 'line 4, rule 2 "b", cooldown'),
        ("quiet_hours = '22-7'", 'line 4, rule 2 "b", quiet_hours'),
        ("quiet_hours = '07:00-07:00'", 'line 4, rule 2 "b", quiet_hours'),
        ("quiet_hours = '24:00-07:00'", 'line 4, rule 2 "b", quiet_hours'),
        ("time_zone = 'Berlin'", 'line 4, rule 2 "b", time_zone'),
        ("route = 'nowhere'", 'line 4, rule 2 "b", route'),
        ("every = 'daily'", 'line 4, rule 2 "b", every'),
        ("cooldown_by = 'drug'", 'line 4, rule 2 "b", cooldown_by'),
        ("cooldwon = '6h'", 'line 4, rule 2 "b", cooldwon'),
        ("when = { drugs = 'sertraline' }", 'line 4, rule 2 "b", when.drugs'),
        ("action = 'digest'", 'line 3, rule 2 "b", every'),
        ("action = 'tag'", 'line 3, rule 2 "b", tags'),
        ("action = 'drop'\nseverity = 'high'", 'line 5, rule 2 "b", severity'),
        ("action = 'drop'\ntags = ['x']", 'line 5, rule 2 "b", tags'),
        ("action = 'tag'\ntags = ['x']\ncooldown = '6h'", 'line 6, rule 2 "b", cooldown'),
    ],
)
def test_a_wrong_key_is_shown_with_its_line(tmp_path: Path, lines: str, place: str) -> None:
    message = problem(tmp_path, f"[[rule]]\nname = 'a'\n[[rule]]\n{lines}\nname = 'b'")
    assert message.startswith(f"{place}: ")


def test_all_problems_are_shown_at_once(tmp_path: Path) -> None:
    text = "[[rule]]\nname = 'a'\nwhen = { drug = 'x' }\n[[rule]]\nname = 'a'\nroute = 'x'"
    assert [line.split(":")[0] for line in problems(tmp_path, text)] == [
        'line 3, rule 1 "a", when.drug',
        'line 5, rule 2 "a", name',
        'line 6, rule 2 "a", route',
    ]


def test_headers_in_strings_and_comments_are_not_counted(tmp_path: Path) -> None:
    text = '# [[rule]]\n[[rule]]\nname = "a"\ntags = ["""\n[[rule]]\n"""]\n[[ rule ]] # b\nname = 5'
    lines = problems(tmp_path, text)
    assert [line.split(":")[0] for line in lines] == ['line 4, rule 1 "a", tags', "line 8, rule 2, name"]


def test_rules_of_an_inline_array_have_no_line(tmp_path: Path) -> None:
    assert problem(tmp_path, "rule = [{ name = 'a', action = 'x' }]").startswith('rule 1 "a", action: ')


def test_a_syntax_error_is_shown_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"rules\.toml.*line 2"):
        book_of(tmp_path, "[[rule]]\nname = a")


def test_a_file_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"\[\[rule\]\]"):
        book_of(tmp_path, "[group.x]\ndrugs = ['sertraline']")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * (4 * 1024 * 1024 + 1)])
def test_a_file_that_is_not_text_or_too_large_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rules.toml"
    path.write_bytes(content)
    with pytest.raises(RulesError, match="rules"):
        read_rules(path)


@pytest.mark.parametrize("path", [Path("/nowhere/rules.toml"), Path("/"), Path("a\0b")])
def test_a_file_that_cannot_be_opened_is_refused(path: Path) -> None:
    with pytest.raises(RulesError, match=r"alerts\.rules"):
        read_rules(path)


# ── product groups ─────────────────────────────────────────────────────────────────────────────────────────

RULE = "[[rule]]\nname = 'a'\n"


def test_a_cycle_of_groups_is_shown(tmp_path: Path) -> None:
    text = f"{RULE}[group.a]\ngroups = ['b']\n[group.b]\ngroups = ['c', 'd']\n[group.c]\ngroups = ['a']\n"
    message = problem(tmp_path, f"{text}[group.d]\ndrugs = ['sertraline']")
    assert message.startswith("line 4, [group.a], groups: ")
    assert "a → b → c → a" in message


def test_a_group_that_has_itself_is_a_cycle(tmp_path: Path) -> None:
    assert "a → a" in problem(tmp_path, f"{RULE}[group.a]\ngroups = ['a']")


def test_a_group_may_be_in_several_others(tmp_path: Path) -> None:
    text = f"{RULE}[group.a]\ngroups = ['b', 'c']\n[group.b]\ngroups = ['d']\n[group.c]\ngroups = ['d']\n"
    book = book_of(tmp_path, f"{text}[group.d]\ndrugs = ['Zoloft', 'oxycodone']")
    assert book.groups["a"] == {"sertraline", "oxycodone"}


def test_a_long_chain_of_groups_is_read(tmp_path: Path) -> None:
    chain = "".join(f"[group.g{number}]\ngroups = ['g{number + 1}']\n" for number in range(2_000))
    book = book_of(tmp_path, f"{RULE}{chain}[group.g2000]\ndrugs = ['sertraline']")
    assert book.groups["g0"] == {"sertraline"}


@pytest.mark.parametrize(
    ("group", "hint"),
    [
        ("drugs = ['sertralin']", "sertraline"),
        ("groups = ['y']", "y"),
        ("", "no drug"),
        ("drug = 'x'", "drugs"),
    ],
)
def test_a_wrong_group_is_shown_with_its_line(tmp_path: Path, group: str, hint: str) -> None:
    message = problem(tmp_path, f"{RULE}[group.x]\n{group}")
    assert message.startswith(("line 3, [group.x]: ", "line 4, [group.x], "))
    assert hint in message


# ── rules that can never apply ─────────────────────────────────────────────────────────────────────────────

NEVER = [
    ("when = { drug = 'sertraline' }\nnot = { drug = ['Zoloft', 'fluoxetine'] }", "not.drug"),
    ("when = { serious = true }\nnot = { serious = true }", "not.serious"),
    ("when = { min_probability = 0.9 }\nnot = { min_probability = 0.9 }", "not.min_probability"),
    ("not = { min_probability = 0 }", "not.min_probability"),
    ("when = { has_drug = false, drug = 'sertraline' }", "when.drug"),
    ("when = { has_drug = false, listedness = 'unlisted' }", "when.listedness"),
    ("when = { has_drug = false, first_time = true }", "when.first_time"),
    ("when = { drug = 'fluoxetine', group = 'ours' }", "when.group"),
    ("when = { drug = 'fluoxetine', class = 'N05' }", "when.class"),
    ("when = { group = 'ours', class = 'N02' }", "when.class"),
    ("when = { serious = false, facts = ['death', 'hospital'] }", "when.facts"),
    (f"when = {{ pt = {TREMOR[0]}, soc = 'skin disorders' }}", "when.soc"),
]
SOMETIMES = [
    "when = { drug = ['sertraline', 'fluoxetine'] }\nnot = { drug = 'sertraline' }",
    "when = { min_probability = 0.5 }\nnot = { min_probability = 0.9 }",
    "when = { has_drug = false, listedness = ['unknown', 'unlisted'] }",
    "when = { has_drug = false, first_time = false }",
    "when = { drug = ['fluoxetine', 'sertraline'], group = 'ours' }",
    "when = { drug = ['alprazolam', 'fluoxetine'], class = 'N05' }",
    "when = { serious = false, facts = ['death', 'dose'] }",
    f"when = {{ pt = [{TREMOR[0]}, {RASH[0]}], soc = 'skin disorders' }}",
]
OURS = "\n[group.ours]\ndrugs = ['sertraline']"


@pytest.mark.parametrize(("lines", "key"), NEVER)
def test_a_rule_that_can_never_apply_is_refused(tmp_path: Path, lines: str, key: str) -> None:
    assert f'rule 1 "a", {key}: ' in problem(tmp_path, f"{RULE}{lines}{OURS}")


def test_a_misspelt_group_is_shown_as_it_is_written_with_the_name_of_the_release(tmp_path: Path) -> None:
    for level, written, name in (
        ("soc", "Nervous", "Nervous system disorders"),
        ("soc", "NERVOUS SYSTEM DISORDER", "Nervous system disorders"),
        ("smq", "Malignant:broad", "Neuroleptic malignant syndrome"),
    ):
        message = problem(tmp_path, f"{RULE}when = {{ {level} = '{written}' }}")
        assert f"has no {level.upper()} '{written.removesuffix(':broad')}'" in message
        assert name in message


def test_codes_of_pts_are_checked_if_a_terminology_is_imported(tmp_path: Path) -> None:
    assert "when.pt: the imported release has no PT with the code 10000001" in problem(
        tmp_path, f"{RULE}when = {{ pt = ['10000001', '{TREMOR[0]}'], soc = 'Nervous system disorders' }}"
    )
    assert "not.pt" in problem(tmp_path, f"{RULE}not = {{ pt = 10000001 }}")
    assert book_of(tmp_path, f"{RULE}when = {{ pt = 10000001 }}").rules


def test_names_of_pts_are_collected_because_nothing_checks_them(tmp_path: Path) -> None:
    text = f"{RULE}when = {{ pt = ['Naussea', '{TREMOR[0]}'] }}\nnot = {{ pt = 'Tremor' }}"
    assert book_of(tmp_path, text, knowledge=terminology()).pt_names == ("Naussea", "Tremor")


def test_rules_whose_alerts_no_route_takes_are_found(tmp_path: Path) -> None:
    rules = (
        "[[rule]]\nname = 'silent'\n[[rule]]\nname = 'sent'\nroute = 'mail'\n"
        "[[rule]]\nname = 'tagged'\naction = 'tag'\ntags = ['x']\n"
        "[[rule]]\nname = 'daily'\naction = 'digest'\nevery = 'daily'\n"
    )
    route = "type = 'email'\nhost = 'localhost'\nfrom = 'a@example.org'\nto = ['b@example.org']\n"
    mail = f"{rules}[route.mail]\n{route}"
    assert book_of(tmp_path, mail).without_route == ("silent", "daily")
    assert book_of(tmp_path, f"{mail}[route.default]\n{route}").without_route == ()


@pytest.mark.parametrize("lines", SOMETIMES)
def test_a_rule_that_may_apply_is_accepted(tmp_path: Path, lines: str) -> None:
    assert book_of(tmp_path, f"{RULE}{lines}{OURS}", knowledge=terminology()).rules


def test_rules_below_one_that_drops_everything_are_refused(tmp_path: Path) -> None:
    drop = "[[rule]]\nname = 'd'\naction = 'drop'\n"
    assert problem(tmp_path, f"{drop}{RULE}").startswith('line 4, rule 2 "a": ')
    assert book_of(tmp_path, f"{RULE}{drop}").rules
    assert book_of(tmp_path, f"{drop}when = {{ copies = 'only' }}\n{RULE}").rules
    assert book_of(tmp_path, f"{drop}when = {{ copies = false }}\n{RULE}when = {{ copies = true }}").rules
    assert problem(tmp_path, f"{drop}when = {{ copies = false }}\n{RULE}")


# ── wild files ─────────────────────────────────────────────────────────────────────────────────────────────

KEYS = ["rule", "group", "route", "time_zone", "name", "when", "not", "action", "drug", "class", "pt", "smq"]
KEYS += ["cooldown", "quiet_hours", "severity", "copies", "min_probability", "drugs", "groups", "x"]
values = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        st.sampled_from(["'a'", "'sertraline'", "'6h'", "'only'", "'N06'", "'drop'", "'22:00-07:00'", "''"]),
    ).map(lambda value: str(value).lower() if isinstance(value, bool) else str(value)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=3).map(
            lambda table: f"{{ {', '.join(f'{key} = {value}' for key, value in table.items())} }}"
        ),
    ),
    max_leaves=6,
)
lines = st.one_of(
    st.tuples(st.sampled_from(KEYS), values).map(" = ".join),
    st.sampled_from(["[[rule]]", "name = 'a'", "[rule.when]", "[rule.not]", "[group.x]", "[route.y]", "[x]"]),
    st.text(max_size=20),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.lists(lines, max_size=12).map("\n".join))
def test_wild_files_end_in_rules_or_in_a_message(tmp_path: Path, text: str) -> None:
    path = tmp_path / "wild.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        assert read_rules(path, names=NAMES, knowledge=terminology()).rules
    except RulesError as error:
        assert "wild.toml" in str(error)
