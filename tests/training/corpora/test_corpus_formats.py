"""The registry of formats, and how a format is recognized."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from training.corpora.corpus_formats import FORMATS, recognize_format
from training.corpora.corpus_options import CorpusOptions
from training.errors import CorpusError


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.ann", "brat"),
        ("DRUG-AE.rel", "ade-v2"),
        ("book.xlsx", "psytar"),
        ("label.xml", "tac"),
        ("train.parquet", "huggingface"),
        ("train.spacy", "spacy"),
        ("train.iob2", "conll"),
    ],
)
def test_some_formats_are_recognized_by_their_files(tmp_path: Path, name: str, form: str) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / name).touch()
    assert recognize_format(tmp_path) == form
    assert recognize_format(tmp_path / "train" / name) == form


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("tweets.tsv", "1\thi", "smm4h"),
        ("task1.tsv", "tweet_id\tclass\ttweet\n", "smm4h"),
        ("train.txt", "-DOCSTART- O\n", "conll"),
        ("train.txt", "pillex NN B-Drug\n", "conll"),
        ("posts.csv", "text,label\n", "huggingface"),
    ],
)
def test_others_by_their_first_line(tmp_path: Path, name: str, content: str, form: str) -> None:
    (tmp_path / name).write_text(content)
    assert recognize_format(tmp_path) == form


@pytest.mark.parametrize(
    ("record", "form"),
    [
        ({"text": "a", "label": 0}, "jsonl"),
        ({"text": "a", "label": 0, "spans": []}, "jsonl"),
        ({"text": "a", "decision": "confirmed", "label": "ADE"}, "reviews"),
        ({"id": "1", "context": "a", "annotations": []}, "phee"),
        ({"tokens": ["a"], "ner_tags": [0]}, "huggingface"),
        ({"text": "a", "label": [[0, 1, "ADR"]]}, "doccano"),
        ({"text": "a", "entities": [], "relations": []}, "doccano"),
        ({"text": "a", "entities": [[0, 1, "ADR"]]}, "spacy"),
        (["a", {"entities": []}], "spacy"),
        ({"text": "a", "spans": [], "answer": "accept"}, "spacy"),
    ],
)
def test_json_is_recognized_by_its_first_record(tmp_path: Path, record: Any, form: str) -> None:
    (tmp_path / "train.jsonl").write_text(f"\n{json.dumps(record)}\n")
    assert recognize_format(tmp_path) == form


@pytest.mark.parametrize("indent", [None, 2])
def test_a_file_of_one_list_is_recognized_by_its_first_record(tmp_path: Path, indent: int | None) -> None:
    (tmp_path / "a.json").write_text(json.dumps([["a", {"entities": []}]] * 2, indent=indent))
    assert recognize_format(tmp_path) == "spacy"


@pytest.mark.parametrize("content", ["hello", '{"text": "a"}', "[1]", "{"])
def test_an_unclear_format_is_an_error_that_lists_all(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.jsonl").write_text(content)
    with pytest.raises(CorpusError, match=r"--format.*brat.*tac"):
        recognize_format(tmp_path)


def test_a_corpus_without_content_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="is empty"):
        recognize_format(tmp_path)
    (tmp_path / "a.jsonl").touch()
    for source in (tmp_path, tmp_path / "a.jsonl"):
        with pytest.raises(CorpusError, match="is empty"):
            recognize_format(source)


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("tac", CorpusOptions(offsets="utf16")),
        ("smm4h", CorpusOptions(whole_documents=True)),
        ("jsonl", CorpusOptions(effect_labels=("ADR",))),
        ("spacy", CorpusOptions(effect_relations=("causes",))),
        ("brat", CorpusOptions(fields={"text": "post"})),
    ],
)
def test_an_option_without_effect_is_refused(form: str, options: CorpusOptions) -> None:
    with pytest.raises(CorpusError, match=rf"no effect on {form}.*it is for"):
        FORMATS[form].require_options(form, options)
