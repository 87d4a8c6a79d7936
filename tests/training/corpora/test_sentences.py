from __future__ import annotations

from pathlib import Path

import pytest

from models.terminology import read_release
from training.corpora import clean_sentences, read_lay_phrases, read_records
from training.examples import AnnotatedSpan, Example


def test_of_nested_spans_the_longest_is_kept() -> None:
    text = "Patients had severe peripheral neuropathy and rash."
    spans = (AnnotatedSpan(31, 41), AnnotatedSpan(20, 41), AnnotatedSpan(46, 50))
    [kept] = clean_sentences([Example("a", text, 1, spans)])
    assert [text[span.start : span.end] for span in kept.spans] == ["peripheral neuropathy", "rash"]


@pytest.mark.parametrize(
    "text", ["6 ADVERSE REACTIONS", "5.1 WARNINGS AND PRECAUTIONS FOR ALL", "- Rash", "x" * 500]
)
def test_headings_and_fragments_are_no_sentences(text: str) -> None:
    assert clean_sentences([Example("a", text, 0)]) == []


def test_the_shared_corpora_can_be_read_whole(shared: Path) -> None:
    names = read_release(shared / "terminology")
    for corpus in ("tac2017_train.jsonl", "ade_corpus_v2.jsonl"):
        examples = read_records(shared / "corpora" / corpus)
        assert sum(example.label for example in examples) > 4_000
    assert len(read_lay_phrases(shared / "corpora" / "lay_phrases.tsv")) > 1_500
    assert len(names.llts) > len(names.pt_names) > 1_000
