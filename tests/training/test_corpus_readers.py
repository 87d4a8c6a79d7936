import json
from pathlib import Path

import pytest

from training.corpora import clean_sentences, documents_apart, read_jsonl, read_lay_phrases, read_terminology
from training.errors import CorpusError
from training.examples import CodedPhrase, Example, Span

SPAN = {"start": 0, "end": 4, "text": "Rash", "ptid": "10037844"}


def write_rows(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def test_a_record_becomes_an_example(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "c.jsonl", {"id": "a", "text": "Rash again", "label": 1, "spans": [SPAN]}, ""
    )
    assert read_jsonl(path) == [Example("a", "Rash again", 1, (Span(0, 4, "10037844"),))]


@pytest.mark.parametrize(
    "bad",
    [
        "no json",
        ["a", "list"],
        {"id": "b", "text": "Rash", "label": 2},
        {"id": "b", "text": None, "label": 0},
        {"id": "b", "text": "Rash", "label": True},
        {"id": "b", "text": "a Rash", "label": 1, "spans": [SPAN]},
        {"id": "b", "text": "Rash", "label": 0, "spans": [SPAN]},
        {"id": "b", "text": "Ra", "label": 1, "spans": [{"start": 0, "end": 4}]},
        {"id": "b", "text": "Rash", "label": 1, "spans": ["Rash"]},
    ],
)
def test_a_malformed_row_is_named_with_file_and_line(tmp_path: Path, bad: object) -> None:
    path = write_rows(tmp_path / "c.jsonl", {"id": "a", "text": "fine", "label": 0}, bad)
    with pytest.raises(CorpusError, match=r"c\.jsonl, line 2"):
        read_jsonl(path)


def test_a_missing_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"gone\.jsonl"):
        read_jsonl(tmp_path / "gone.jsonl")


def test_lay_phrases_without_a_code_and_repeated_ones_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "lay.tsv"
    path.write_text(
        "mention\tconcept_name\tpt_code\tsource\nNo sleep\tx\t1\ts\nno sleep\tx\t1\ts\nLipitor\tx\t\ts\n"
    )
    assert read_lay_phrases(path) == [CodedPhrase("no sleep", "1")]


def test_a_lay_phrase_with_a_missing_field_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lay.tsv"
    path.write_text("mention\tconcept_name\tpt_code\tsource\nno sleep\tx\n")
    with pytest.raises(CorpusError, match=r"lay\.tsv, line 2: 2 fields instead of 4"):
        read_lay_phrases(path)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_terminology_is_read_in_both_encodings(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "pt.asc").write_bytes("1$Sjögren's syndrome$$$\n".encode(encoding))
    (tmp_path / "llt.asc").write_bytes("2$Sjögren$1$$$\n".encode(encoding))
    names = read_terminology(tmp_path)
    assert names.pt_names == {"1": "Sjögren's syndrome"}
    assert names.llts == (CodedPhrase("Sjögren", "1"),)
    assert names.codes_by_name() == {"sjögren's syndrome": "1"}


def test_a_term_without_its_pt_is_named(tmp_path: Path) -> None:
    (tmp_path / "pt.asc").write_text("1$Rash$\n")
    (tmp_path / "llt.asc").write_text("1$Rash$1$\n3$Itch$2$\n")
    with pytest.raises(CorpusError, match=r"llt\.asc, line 2.* PT 2"):
        read_terminology(tmp_path)


def test_of_nested_spans_the_longest_is_kept() -> None:
    text = "Patients had severe peripheral neuropathy and rash."
    spans = (Span(31, 41), Span(20, 41), Span(46, 50))
    [kept] = clean_sentences([Example("a", text, 1, spans)])
    assert [text[span.start : span.end] for span in kept.spans] == ["peripheral neuropathy", "rash"]


@pytest.mark.parametrize(
    "text", ["6 ADVERSE REACTIONS", "5.1 WARNINGS AND PRECAUTIONS FOR ALL", "- Rash", "x" * 500]
)
def test_headings_and_fragments_are_no_sentences(text: str) -> None:
    assert clean_sentences([Example("a", text, 0)]) == []


def test_the_sentences_of_a_document_stay_together() -> None:
    sentences = [Example(f"{document}:{n}", "text", 0) for document in range(200) for n in range(3)]
    training, validation = documents_apart(sentences, lambda e: e.id.split(":")[0], share=0.2, salt="x")
    left, right = ({e.id.split(":")[0] for e in side} for side in (training, validation))
    assert not left & right
    assert len(training) + len(validation) == len(sentences)
    assert 20 <= len(right) <= 60


def test_the_shared_corpora_can_be_read_whole(shared: Path) -> None:
    names = read_terminology(shared / "terminology")
    for corpus in ("tac2017_train.jsonl", "ade_corpus_v2.jsonl"):
        examples = read_jsonl(shared / "corpora" / corpus)
        assert sum(example.label for example in examples) > 4_000
    assert len(read_lay_phrases(shared / "corpora" / "lay_phrases.tsv")) > 1_500
    assert len(names.llts) > len(names.pt_names) > 1_000
