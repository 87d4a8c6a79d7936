"""Drugs from TSV files, RxNorm and WHODrug, and what is wrong with such files."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.enrich.drugs import DrugFileError, DrugMatcher, load_matcher
from monitor.findings import DrugNaming
from monitor.settings import EnrichSettings


def matcher_with(path: Path) -> DrugMatcher:
    return load_matcher(EnrichSettings(drugs=path))


def names_in(matcher: DrugMatcher, text: str) -> list[tuple[str, str, DrugNaming, str | None]]:
    return [(each.text, each.drug, each.naming, each.atc) for each in matcher.find(text)]


def test_a_table_adds_drugs_and_replaces_names(tmp_path: Path) -> None:
    path = tmp_path / "drugs.tsv"
    path.write_text(
        "drug\tatc\tbrand\tslang\tclass\n"
        "# what our trial is about\n"
        "Examplinib\tl01ex99\tExamplar|Exa-Plus\texi\n"
        "ritonavir + examplinib\t\tDuo-Examplar\n"
        "study drugs\t\t\t\tstudy drug|study drugs\n"
        "other drug\t\tZoloft\n"
        "\n"
    )
    matcher = matcher_with(path)
    assert names_in(matcher, "Examplar, exi and examplinib") == [
        ("Examplar", "examplinib", DrugNaming.BRAND, "L01EX99"),
        ("exi", "examplinib", DrugNaming.SLANG, "L01EX99"),
        ("examplinib", "examplinib", DrugNaming.GENERIC, "L01EX99"),
    ]
    assert names_in(matcher, "exa plus")[0][1] == "examplinib"
    assert names_in(matcher, "examplinb")[0][2] is DrugNaming.MISSPELLING
    assert names_in(matcher, "duo examplar")[0][1] == "examplinib + ritonavir"
    assert names_in(matcher, "my study drug")[0][1:3] == ("study drugs", DrugNaming.CLASS)
    assert names_in(matcher, "zoloft")[0][1] == "other drug"
    assert names_in(matcher, "prozac")[0][1] == "fluoxetine"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "line 1"),
        (b"name\tbrand\nx\ty\n", "line 1"),
        (b"drug\tdrug\n", "line 1"),
        (b"drug\tbrands\n", "line 1"),
        (b"drug\tbrand\nx\ty\tz\n", "line 2"),
        (b"drug\tbrand\nx\ty\n\tz\n", "line 3"),
        (b"drug\tbrand\nx\ty|!!|z\n", "line 2"),
        (b"drug\tbrand\n" + b"x" * 300 + b"\ty\n", "line 2"),
        (b"drug\n\xff\xfe\n", "UTF-8"),
    ],
    ids=str,
)
def test_a_wrong_table_is_an_error_with_its_line(tmp_path: Path, content: bytes, place: str) -> None:
    path = tmp_path / "drugs.tsv"
    path.write_bytes(content)
    with pytest.raises(DrugFileError) as raised:
        matcher_with(path)
    assert place in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_missing_file_and_a_strange_folder_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DrugFileError, match=r"missing\.tsv"):
        matcher_with(tmp_path / "missing.tsv")
    with pytest.raises(DrugFileError, match=r"RXNCONSO\.RRF"):
        matcher_with(tmp_path)


def concept(
    rxcui: str, term_type: str, name: str, *, source: str = "RXNORM", code: str = "", **other: str
) -> str:
    language, suppress = other.get("language", "ENG"), other.get("suppress", "N")
    fields = [rxcui, language, *[""] * 9, source, term_type, code or rxcui, name, "", suppress, "4096"]
    return "|".join(fields) + "|"


def relation(first: str, second: str, kind: str, source: str = "RXNORM") -> str:
    return "|".join([first, "", "CUI", "RO", second, "", "CUI", kind, "1", "", source, *[""] * 5]) + "|"


CONCEPTS = [
    concept("1", "IN", "examplinib"),
    concept("2", "IN", "ibuprofen"),
    concept("3", "IN", "paracetamol"),
    concept("4", "PIN", "examplinib mesylate"),
    concept("5", "BN", "Examplar"),
    concept("6", "MIN", "examplinib / ibuprofen"),
    concept("7", "BN", "Duexamp"),
    concept("1", "IN", "examplinib", source="ATC", code="L01EX99"),
    concept("8", "BN", "Oldexamplar", suppress="O"),
    concept("1", "IN", "ejemplinib", language="SPA"),
    concept("9", "SCD", "examplinib 10 MG Oral Tablet"),
]
RELATIONS = [
    relation("1", "4", "form_of"),
    relation("1", "5", "tradename_of"),
    relation("7", "1", "has_tradename"),
    relation("2", "7", "tradename_of"),
    relation("1", "2", "tradename_of", source="OTHER"),
]


def release(folder: Path, concepts: list[str], relations: list[str]) -> Path:
    (folder / "RXNCONSO.RRF").write_text("\n".join(concepts) + "\n")
    (folder / "RXNREL.RRF").write_text("\n".join(relations) + "\n")
    return folder


@pytest.mark.parametrize("name", ["", "RXNCONSO.RRF"])
def test_rxnorm_has_ingredients_salts_brands_and_combinations(tmp_path: Path, name: str) -> None:
    matcher = matcher_with(release(tmp_path, CONCEPTS, RELATIONS) / name)
    assert names_in(matcher, "Examplar") == [("Examplar", "examplinib", DrugNaming.BRAND, "L01EX99")]
    assert names_in(matcher, "examplinib mesylate")[0][1] == "examplinib"
    assert names_in(matcher, "Duexamp")[0][1:] == ("examplinib + ibuprofen", DrugNaming.BRAND, None)
    assert names_in(matcher, "ibuprofen and examplinib")[1][1] == "examplinib"
    assert names_in(matcher, "examplinib / ibuprofen")[0][1] == "examplinib + ibuprofen"
    assert names_in(matcher, "paracetamol")[0][1] == "acetaminophen"  # as the package calls it
    assert names_in(matcher, "oldexamplar ejemplinib") == []


@pytest.mark.parametrize(
    ("concepts", "relations", "place"),
    [
        ([*CONCEPTS, "1|2|3|"], RELATIONS, "line 12"),
        (CONCEPTS, [*RELATIONS, "x"], "line 6"),
        (CONCEPTS[3:5], RELATIONS, "no ingredient"),
    ],
)
def test_a_damaged_release_of_rxnorm_is_an_error(
    tmp_path: Path, concepts: list[str], relations: list[str], place: str
) -> None:
    with pytest.raises(DrugFileError, match=place):
        matcher_with(release(tmp_path, concepts, relations))


def test_rxnorm_without_relationships_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "RXNCONSO.RRF").write_text("\n".join(CONCEPTS))
    with pytest.raises(DrugFileError, match=r"RXNREL\.RRF"):
        matcher_with(tmp_path)


def b3(record: str, first: str, second: str, name: str) -> str:
    return f"{record}{first}{second}7N99WHO 00000 01".ljust(30) + name.ljust(1500)


def b3_atc(record: str, first: str, atc: str) -> str:
    return f"{record}{first}0017{atc:7}99*"


PRODUCTS = [
    ("900001", "01", "003", "EXAMPLAR"),
    ("900001", "01", "001", "EXAMPLINIB"),
    ("900001", "02", "001", "EXAMPLINIB MESYLATE"),
    ("900002", "01", "001", "PARACETAMOL;EXAMPLINIB"),
    ("900002", "01", "002", "Duexamp"),
]


def c3(number: int, record: str, first: str, second: str, name: str) -> str:
    return f"{number:<10}{'':35}{record}{first}{second}{'':20}N{name:1500}{'':165}"


def write_b3(folder: Path) -> None:
    (folder / "DD.txt").write_text("\n".join(b3(*product) for product in PRODUCTS))
    (folder / "DDA.txt").write_text(b3_atc("900001", "01", "L01EX99") + "\n")


def write_c3(folder: Path) -> None:
    (folder / "MP.txt").write_text("\n".join(c3(number, *each) for number, each in enumerate(PRODUCTS, 1)))
    groups = [f"{1:<10}{'L01EX':10}20200101N{2:<10}", f"{2:<10}{'L01EX99':10}20200101Y{2:<10}"]
    (folder / "ThG.txt").write_text("\n".join(groups))


@pytest.mark.parametrize("write", [write_b3, write_c3])
def test_whodrug_has_preferred_names_salts_and_trade_names(tmp_path: Path, write: object) -> None:
    assert callable(write)
    write(tmp_path)
    matcher = matcher_with(tmp_path)
    assert names_in(matcher, "Examplar and examplinib") == [
        ("Examplar", "examplinib", DrugNaming.BRAND, "L01EX99"),
        ("examplinib", "examplinib", DrugNaming.GENERIC, "L01EX99"),
    ]
    assert names_in(matcher, "examplinib mesylate")[0][1:3] == ("examplinib", DrugNaming.GENERIC)
    assert names_in(matcher, "duexamp")[0][1] == "acetaminophen + examplinib"


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("DD.txt", "900001\n", "line 1"),
        ("DD.txt", b3("90000x", "01", "001", "X"), "line 1"),
        ("DD.txt", b3("900001", "01", "002", "X"), "preferred"),
        ("MP.txt", c3(1, "900001", "01", "001", "X") + "\n\nshort", "line 3"),
    ],
)
def test_a_damaged_release_of_whodrug_is_an_error(
    tmp_path: Path, name: str, content: str, place: str
) -> None:
    (tmp_path / name).write_text(content)
    (tmp_path / "DDA.txt").write_text("")
    (tmp_path / "ThG.txt").write_text("")
    with pytest.raises(DrugFileError, match=place):
        matcher_with(tmp_path)
