"""A terminology in one file: it is read as it was written, and damage is detected."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.terminology import (
    Level,
    Llt,
    Terminology,
    TerminologyError,
    TermPath,
    read_index,
    read_release,
    write_index,
)
from tests.release import write_release

CODES = st.text(min_size=1, max_size=8)
NAMES = st.text(min_size=1, max_size=30)  # any character, lone surrogates too
LEVELS = st.builds(Level, CODES, NAMES)


@st.composite
def terminologies(draw: st.DrawFn) -> Terminology:
    pt_names = draw(st.dictionaries(CODES, NAMES, max_size=8))
    if not pt_names:
        return Terminology({}, version=draw(NAMES))
    ptids = st.sampled_from([*pt_names])
    llts = draw(st.lists(st.builds(Llt, CODES, NAMES, ptids, st.booleans()), max_size=12))
    ways = st.lists(st.builds(TermPath, LEVELS, LEVELS, LEVELS), min_size=1, max_size=3).map(tuple)
    return Terminology(pt_names, tuple(llts), draw(st.dictionaries(ptids, ways)), draw(st.text(max_size=5)))


@given(terminologies())
def test_a_terminology_is_read_as_it_was_written_in_the_same_order(terms: Terminology) -> None:
    copy = read_index(write_index(terms))
    assert copy == terms
    assert [*copy.pt_names] == [*terms.pt_names]
    assert [*copy.paths] == [*terms.paths]
    assert write_index(copy) == write_index(terms)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_index(read_release(write_release(tmp_path_factory.mktemp("release"))))


def test_the_same_release_has_the_same_bytes(index: bytes, tmp_path: Path) -> None:
    assert write_index(read_release(write_release(tmp_path))) == index


@settings(max_examples=200)
@given(data=st.data())
def test_a_damaged_index_is_refused_or_read_correctly(index: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(index) - 1))
    damaged = index[:place] + bytes([data.draw(st.integers(0, 255))]) + index[place + 1 :]
    for content in (damaged, index[:place]):
        try:
            read = read_index(content)
        except TerminologyError:
            continue
        assert read == read_index(index)


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@settings(max_examples=200)
@given(data=st.data())
def test_an_index_with_other_content_is_refused_or_a_consistent_terminology(
    index: bytes, data: st.DataObject
) -> None:
    columns: Any = json.loads(gzip.decompress(index))
    key = data.draw(st.sampled_from(sorted(columns)))
    column = data.draw(st.sampled_from(sorted(columns[key]))) if isinstance(columns[key], dict) else None
    value = data.draw(JSON)
    if column is None:
        columns[key] = value
    else:
        columns[key][column] = value
    try:
        read = read_index(gzip.compress(json.dumps(columns).encode()))
    except TerminologyError:
        return
    assert read_index(write_index(read)) == read
    assert all(llt.ptid in read.pt_names for llt in read.llts)


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"{}", gzip.compress(b"{}", mtime=0), gzip.compress(b"[" * 100_000, mtime=0)],
)
def test_other_content_is_refused(content: bytes) -> None:
    with pytest.raises(TerminologyError):
        read_index(content)


def test_the_error_names_the_format_of_a_later_version(index: bytes) -> None:
    columns = {**json.loads(gzip.decompress(index)), "format": 99}
    with pytest.raises(TerminologyError, match="99"):
        read_index(gzip.compress(json.dumps(columns).encode()))


def test_an_index_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch, index: bytes) -> None:
    monkeypatch.setattr("models.terminology.index_file._MAX_BYTES", 100)
    with pytest.raises(TerminologyError, match="large"):
        read_index(index)
