"""From files to what their labels list: each label is stored once, and a bad one stops no other."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from monitor.enrich.drugs import DrugMatcher
from monitor.errors import RetryableError
from monitor.labels import LabelError
from monitor.labels.effect_finder import EffectFinder
from monitor.labels.importing import LabelImport
from monitor.labels.label import ReadLabel
from tests.monitor.labels.made_up_labels import (
    docx_file,
    openfda_file,
    openfda_label,
    pdf_file,
    spl_file,
)
from tests.tiny import EFFECTS

NAUSEA, HEADACHE, INSOMNIA, DIZZY = (ptid for ptid, _ in EFFECTS.values())


class Importer:
    """Imports files with the tiny bundle, and keeps what would be stored."""

    def __init__(self, folder: Path, finder: EffectFinder, matcher: DrugMatcher) -> None:
        self.folder, self.finder, self.matcher = folder, finder, matcher
        self.stored: list[ReadLabel] = []

    def run(self, files: dict[str, bytes], drugs: Collection[str] = ()) -> LabelImport:
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
        work = LabelImport(self.finder, self.matcher, self.stored.append, drugs=drugs)
        for _ in work.import_files(self.folder / name for name in files):
            pass
        return work


@pytest.fixture
def importer(tmp_path: Path, finder: EffectFinder, matcher: DrugMatcher) -> Importer:
    return Importer(tmp_path, finder, matcher)


def test_a_label_lists_the_effects_of_its_sentences_with_their_spans(importer: Importer) -> None:
    importer.run({"x.json": openfda_file(openfda_label())})
    (label,) = importer.stored
    assert (label.label_id, label.drug, label.sentences) == ("spl:0000-1111", "sertraline", 2)
    assert {effect.ptid for effect in label.effects} == {NAUSEA, HEADACHE}
    nausea = next(effect for effect in label.effects if effect.ptid == NAUSEA)
    assert (nausea.pt_name, nausea.section) == ("Nausea", "adverse reactions")
    assert nausea.sentence == "This pill and nausea."
    assert nausea.start is not None
    assert nausea.sentence[nausea.start : nausea.end] == "nausea"


def test_a_repeated_effect_is_kept_once_for_each_section(importer: Importer) -> None:
    label = openfda_label(
        adverse_reactions=["So nausea. This pill and nausea."], boxed_warning=["This pill and nausea."]
    )
    importer.run({"x.json": openfda_file(label)})
    kept = [(effect.section, effect.sentence) for effect in importer.stored[0].effects]
    assert sorted(kept) == [("adverse reactions", "So nausea."), ("boxed warning", "This pill and nausea.")]


def test_both_formats_of_a_label_have_one_id(importer: Importer) -> None:
    importer.run({"x.json": openfda_file(openfda_label()), "x.xml": spl_file()})
    assert [label.label_id for label in importer.stored] == ["spl:0000-1111"] * 2


@pytest.mark.parametrize("data", [pdf_file(), docx_file()], ids=["pdf", "docx"])
def test_an_smpc_names_its_drug(importer: Importer, data: bytes) -> None:
    importer.run({"x": data})
    (label,) = importer.stored
    assert (label.label_id, label.drug) == ("smpc:sertraline", "sertraline")
    assert HEADACHE in {effect.ptid for effect in label.effects}


def test_a_text_needs_the_name_of_its_drug(importer: Importer) -> None:
    work = importer.run({"x.txt": b"This pill and nausea."})
    assert "--drug" in str(work.counts.failures[0])
    importer.run({"x.txt": b"This pill and nausea."}, ["sertraline"])
    assert [label.label_id for label in importer.stored] == ["text:sertraline"]


def test_labels_of_other_drugs_are_left_out(importer: Importer) -> None:
    other = openfda_label(set_id="2", openfda={"generic_name": ["IBUPROFEN"]})
    work = importer.run({"x.json": openfda_file(openfda_label(), other)}, ["ibuprofen"])
    assert [label.drug for label in importer.stored] == ["ibuprofen"]
    assert work.counts.other_drugs == 1


def test_a_damaged_file_stops_no_other(importer: Importer) -> None:
    files = {"a.xml": spl_file()[:-99], "b.json": openfda_file(openfda_label()), "c.pdf": b"%PDF-1.4 x"}
    work = importer.run(files)
    assert work.counts.labels == 1
    assert [type(failure) for failure in work.counts.failures] == [LabelError] * 2


def test_a_label_without_a_found_effect_is_reported(importer: Importer) -> None:
    work = importer.run({"x.txt": b"hello you"}, ["sertraline"])
    assert not importer.stored
    assert "no effect" in str(work.counts.failures[0])


def test_what_was_stored_stays_when_the_database_goes_away(importer: Importer) -> None:
    def store(label: ReadLabel) -> None:
        if importer.stored:
            raise RetryableError("away")
        importer.stored.append(label)

    path = importer.folder / "x.json"
    path.write_bytes(openfda_file(openfda_label(), openfda_label(set_id="2")))
    work = LabelImport(importer.finder, importer.matcher, store)
    with pytest.raises(RetryableError):
        list(work.import_files([path]))
    assert work.counts.labels == len(importer.stored) == 1
