"""Labels are read in every format, and only the sections that list effects."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from monitor.labels import LabelError, read_product_labels
from monitor.labels.label import ProductLabel, SectionKind
from tests.monitor.labels.made_up_labels import (
    EFFECTS,
    SMPC_LINES,
    docx_file,
    openfda_file,
    openfda_label,
    pdf_file,
    spl_file,
)


def read(folder: Path, name: str, data: bytes) -> list[ProductLabel | LabelError]:
    path = folder / name
    path.write_bytes(data)
    return list(read_product_labels(path))


def read_one(folder: Path, name: str, data: bytes) -> ProductLabel:
    (label,) = read(folder, name, data)
    assert isinstance(label, ProductLabel), label
    return label


def refused(folder: Path, name: str, data: bytes) -> str:
    (error,) = read(folder, name, data)
    assert isinstance(error, LabelError)
    assert str(folder / name) in str(error)
    return str(error)


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return file.getvalue()


def test_openfda_labels_have_the_sections_that_list_effects(tmp_path: Path) -> None:
    file = openfda_file(openfda_label(boxed_warning=["can't sleep"], warnings=["so dizzy"]))
    label = read_one(tmp_path, "label.json", file)
    assert (label.source, label.set_id, label.version, label.title) == (
        "spl",
        "0000-1111",
        "20250101",
        "Zoloft",
    )
    assert label.names[0] == "SERTRALINE HYDROCHLORIDE"
    assert {section.kind: section.text for section in label.sections} == {
        SectionKind.BOXED_WARNING: "can't sleep",
        SectionKind.WARNINGS: "so dizzy",
        SectionKind.ADVERSE_REACTIONS: EFFECTS,
    }


@pytest.mark.parametrize("form", ["list", "lines", "one", "byte order mark"])
def test_openfda_labels_come_in_other_forms_too(tmp_path: Path, form: str) -> None:
    labels = [openfda_label(set_id=str(number)) for number in range(3)]
    data = {
        "list": json.dumps(labels),
        "lines": "\n".join(json.dumps(label) for label in labels),
        "one": json.dumps(labels[0]),
        "byte order mark": "\ufeff" + json.dumps({"results": labels}),
    }[form]
    read_ids = [getattr(label, "set_id", label) for label in read(tmp_path, "x.json", data.encode())]
    assert read_ids == (["0"] if form == "one" else ["0", "1", "2"])


def test_a_label_without_a_section_of_effects_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    without = openfda_label()
    del without["adverse_reactions"]
    first, second, third, fourth = read(
        tmp_path, "x.json", openfda_file(without, 5, {"a": 1}, openfda_label())
    )
    for number, error in enumerate((first, second, third), 1):
        assert isinstance(error, LabelError)
        assert f"label {number} (line " in str(error)
    assert isinstance(fourth, ProductLabel)


def test_damaged_json_names_its_line_and_keeps_the_labels_before(tmp_path: Path) -> None:
    whole = openfda_file(openfda_label(), openfda_label())
    first, error = read(tmp_path, "x.json", whole[:-60])
    assert isinstance(first, ProductLabel)
    assert isinstance(error, LabelError)
    assert ", line " in str(error)
    line = whole[: whole.index(b'"meta"')].count(b"\n") + 1
    assert f"line {line}" in refused(tmp_path, "y.json", whole.replace(b'"meta":', b'"meta"'))


def test_long_labels_are_read_piece_by_piece(tmp_path: Path) -> None:
    labels = [openfda_label(adverse_reactions=[f"{number} " + "é " * 900_000]) for number in range(3)]
    lengths = [
        len(label.sections[0].text)
        for label in read(tmp_path, "x.json", openfda_file(*labels))
        if isinstance(label, ProductLabel)
    ]
    assert lengths == [1_800_001] * 3


def test_spl_documents_have_lists_tables_and_subsections_line_by_line(tmp_path: Path) -> None:
    label = read_one(tmp_path, "x.xml", spl_file())
    assert (label.set_id, label.version, label.title) == ("0000-1111", "7", "Zoloft")
    assert label.names[0] == "SERTRALINE"
    assert not any("IBUPROFEN" in name for name in label.names)
    (section,) = label.sections
    assert section.kind is SectionKind.ADVERSE_REACTIONS
    assert section.text.split("\n") == [
        "6 ADVERSE REACTIONS",
        "This pill and nausea.",
        "Zoloft gives me a headache",
        "so dizzy",
        "6.1 Trials",
        "can't sleep",
        "3",
    ]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("34066-1", SectionKind.BOXED_WARNING),
        ("43685-7", SectionKind.WARNINGS),
        ("34071-1", SectionKind.WARNINGS),
    ],
)
def test_spl_sections_are_known_by_their_loinc_codes(tmp_path: Path, code: str, kind: SectionKind) -> None:
    assert [section.kind for section in read_one(tmp_path, "x.xml", spl_file(section=code)).sections] == [
        kind
    ]


def test_damaged_and_other_xml_is_refused(tmp_path: Path) -> None:
    assert "line " in refused(tmp_path, "a.xml", spl_file()[:-200])
    assert "not an SPL document" in refused(tmp_path, "b.xml", b"<html><body/></html>")
    assert "no section" in refused(tmp_path, "c.xml", spl_file(section="34067-9"))


def test_entities_of_xml_read_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("so dizzy")
    declared = f'<!DOCTYPE document [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]><document'
    data = spl_file(text="<paragraph>nausea &x;</paragraph>").replace(b"<document", declared.encode(), 1)
    assert "dizzy" not in read_one(tmp_path, "x.xml", data).sections[0].text


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_an_smpc_has_its_section_of_undesirable_effects(tmp_path: Path, form: str) -> None:
    data = pdf_file() if form == "pdf" else docx_file()
    label = read_one(tmp_path, f"x.{form}", data)
    assert label.source == "smpc"
    assert "sertraline" in label.names[0]
    assert label.title == "Zoloft 50 mg tablets"
    joint = " " if form == "pdf" else "\n"  # only pages break paragraphs into lines
    assert label.sections[0].text == f"This pill and{joint}nausea.\nZoloft gives me a headache"


def test_tables_of_a_docx_are_read_where_they_stand(tmp_path: Path) -> None:
    label = read_one(tmp_path, "x.docx", docx_file(cells=("common", "can't sleep")))
    assert label.sections[0].text.split("\n")[-2:] == ["common", "can't sleep"]


def test_a_table_of_contents_is_not_taken_for_the_section(tmp_path: Path) -> None:
    lines = ("4.8 Undesirable effects ... 5", "4.9 Overdose ... 6", *SMPC_LINES)
    assert "nausea" in read_one(tmp_path, "x.pdf", pdf_file(lines)).sections[0].text


def test_documents_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    assert "4.8" in refused(tmp_path, "a.pdf", pdf_file(["a leaflet"]))
    assert "PDF" in refused(tmp_path, "b.pdf", pdf_file()[:200])
    assert "not a PDF" in refused(tmp_path, "c.pdf", b"hello")
    assert "4.8" in refused(tmp_path, "d.docx", docx_file(["a leaflet"]))
    assert "not a DOCX" in refused(tmp_path, "e.docx", b"hello")
    assert "DOCX" in refused(tmp_path, "f.docx", zipped(x__txt=b"nausea"))
    assert "page 1" in refused(tmp_path, "g.pdf", pdf_file(["4.8 Undesirable effects", "4.9 Overdose"]))


def test_a_text_has_its_sections_or_is_read_whole(tmp_path: Path) -> None:
    text = b"1 INDICATIONS AND USAGE\nso dizzy\n6 ADVERSE REACTIONS\nThis pill and\nnausea.\n7 INTERACTIONS\n"
    label = read_one(tmp_path, "x.txt", text)
    assert [(section.kind, section.text) for section in label.sections] == [
        (SectionKind.ADVERSE_REACTIONS, "This pill and nausea.")
    ]
    assert read_one(tmp_path, "y.txt", b"nausea\n").sections[0].kind is SectionKind.TEXT


def test_texts_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    assert "is empty" in refused(tmp_path, "a.txt", b" \n")
    assert "line 2: it is not UTF-8" in refused(tmp_path, "b.txt", b"nausea\n\xff\n")
    assert "line 1: it is not text" in refused(tmp_path, "c.txt", b"nau\0sea")


def test_archives_have_several_files_and_archives(tmp_path: Path) -> None:
    inner = zipped(label__xml=spl_file(set_id="2"), picture__jpg=b"\xff\xd8")
    data = zipped(a__json=openfda_file(openfda_label(set_id="1")), b__zip=inner, c__xml=b"<x", d__txt=b"sick")
    first, second, third, fourth = read(tmp_path, "x.zip", data)
    assert isinstance(first, ProductLabel)
    assert isinstance(second, ProductLabel)
    assert (first.set_id, second.set_id) == ("1", "2")
    assert second.place.endswith("x.zip/b.zip/label.xml")
    assert "x.zip/c.xml, line 1" in str(third)
    assert isinstance(fourth, ProductLabel)


def test_archives_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    assert "damaged" in refused(tmp_path, "a.zip", zipped(a__json=b"{}")[:40])
    assert "no file of labels" in refused(tmp_path, "b.zip", zipped(a__jpg=b"x"))
    nested = spl_file()
    for _ in range(4):
        nested = zipped(**{"x__xml" if nested.startswith(b"<?xml") else "x__zip": nested})
    assert "archive in an archive" in refused(tmp_path, "c.zip", nested)
    damaged = bytearray(zipped(a__json=openfda_file(openfda_label())))
    damaged[60] ^= 0xFF
    (error,) = read(tmp_path, "d.zip", bytes(damaged))
    assert isinstance(error, LabelError)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (error,) = read_product_labels(tmp_path / "none.xml")
    assert str(tmp_path / "none.xml") in str(error)
