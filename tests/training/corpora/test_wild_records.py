"""Whatever JSON a file of records holds, each record becomes an example or a fault with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.corpora.doccano import read_doccano
from training.corpora.huggingface import read_huggingface
from training.corpora.reading_log import ReadingLog
from training.corpora.reviews import read_reviews
from training.corpora.spacy_records import read_spacy
from training.errors import CorpusError
from training.examples import Example

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 20) | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "text",
    "label",
    "labels",
    "spans",
    "entities",
    "relations",
    "cats",
    "answer",
    "accept",
    "meta",
    "id",
)
FIRST = {"id": "first", "text": "fine", "label": "NoADE", "decision": "confirmed"}
RECORDS = (
    st.dictionaries(st.sampled_from((*FIELDS, "decision", "tokens", "ner_tags", "context")), VALUES)
    | VALUES
    | st.builds(
        lambda text, spans, decision: {"text": text, "spans": spans, "decision": decision, "label": "ADE"},
        st.text(min_size=1),
        st.lists(st.tuples(st.integers(-1, 9), st.integers(0, 9), st.just("ADR")), max_size=3),
        st.sampled_from(["confirmed", "unclear", "x"]),
    )
)


@pytest.mark.parametrize("read", [read_spacy, read_doccano, read_huggingface, read_reviews])
@settings(max_examples=50)
@given(records=st.lists(RECORDS, max_size=5))
def test_each_record_becomes_an_example_or_a_fault(
    tmp_path_factory: pytest.TempPathFactory,
    read: Callable[[Path, ReadingLog], dict[str, list[Example]]],
    records: list[Any],
) -> None:
    path = tmp_path_factory.getbasetemp() / f"{read.__name__}.jsonl"
    path.write_text("".join(f"{json.dumps(record)}\n" for record in (FIRST, *records)))
    log = ReadingLog()
    try:
        examples = read(path, log)["all"]
    except CorpusError as error:
        assert str(path.parent) in str(error)
        return
    for example in examples:
        assert all(example.text[span.start : span.end] for span in example.spans)
    counted = len(examples) + log.dropped.total()
    assert counted <= len(records) + 1
    if not log.noted:
        assert counted == len(records) + 1 or read is read_reviews  # where the last review of a post counts
