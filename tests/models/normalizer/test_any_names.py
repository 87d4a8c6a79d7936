"""Any names in a release and any spans: the index is built, and the features of candidates are valid."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import normalize

from models.normalizer import BY_HAND, FEATURES, CandidateFinder, NameIndex, Names
from models.normalizer.canonical_words import canonical_words
from models.terminology import Llt, Terminology, read_index, read_release, write_index
from models.terminology.terms import LONGEST_TERM
from tests.release import llt_row, pt_row, write_rows

ODD = [
    "!?",
    "\u200b",
    "\u0301",
    "🤢",
    "頭痛",
    "١٢٣",
    "of the",
    "s",
    "A" * 400,
    "a " * 200 + "b",
    "Ǆ ﬁ İ ß",
    "\U0010ffff",
    "Rash",
    "rash",
    "RASH, rashes",
    "x\u2028y\x85z",
    "NULL",
    "\x00",
]
# What a field of an .asc file can hold.
NAME = (
    st.one_of(
        st.sampled_from(ODD),
        st.text(st.characters(codec="utf-8", exclude_characters="$\n"), max_size=60),
        st.lists(st.sampled_from([*ODD, "nausea", "pain"]), min_size=1, max_size=3).map(" ".join),
    )
    .map(str.strip)
    .filter(lambda name: 0 < len(name) <= LONGEST_TERM)
)
# A row with a NUL character is refused.
NAMES_IN_FILES = st.lists(
    st.lists(NAME.filter(lambda name: "\x00" not in name), min_size=1, max_size=4), min_size=1, max_size=6
)
SPAN = st.one_of(st.text(st.characters(exclude_categories=()), max_size=60), NAME)
PTS = st.lists(st.lists(NAME, min_size=1, max_size=4), min_size=1, max_size=6)


def release_of(names: list[list[str]]) -> Terminology:
    """Return a PT for each list, called by its first name, with an LLT for each name."""
    pts = {str(100 + number): pt_names[0] for number, pt_names in enumerate(names)}
    llts = [
        Llt(f"{ptid}{number}", name, ptid)
        for ptid, pt_names in zip(pts, names, strict=True)
        for number, name in enumerate(pt_names)
    ]
    return Terminology(pts, tuple(llts))


@settings(deadline=None)
@given(pts=PTS, spans=st.lists(SPAN, max_size=4), seed=st.integers(0, 99))
def test_any_names_can_be_searched_for_any_spans(pts: list[list[str]], spans: list[str], seed: int) -> None:
    names = Names.of_terminology(release_of(pts))
    generator = torch.Generator().manual_seed(seed)
    vectors = normalize(torch.randn(len(names), 8, generator=generator), dim=-1)
    queries = normalize(torch.randn(len(spans), 8, generator=generator), dim=-1)
    log_classes = torch.randn(len(spans), 2, generator=generator).log_softmax(-1)
    table = CandidateFinder(NameIndex(names, vectors), torch.device("cpu"), [0, -1]).find(
        spans, queries, log_classes
    )
    assert len(table.concepts) == len(spans)
    assert ((table.concepts >= -1) & (table.concepts < len(pts))).all()
    for row in table.concepts:
        candidates = row[row >= 0]
        assert len(candidates) == len(set(candidates.tolist())) > 0
    assert np.isfinite(table.values).all()
    assert np.abs(table.values).max(initial=0) <= 1 + 1e-2  # bfloat16 rounds the vectors
    probabilities = BY_HAND["hybrid"].probabilities(table)
    assert (probabilities >= 0).all()
    assert (probabilities.sum(-1) <= 1 + 1e-9).all()


@settings(deadline=None)
@given(names=st.lists(NAME, min_size=1, max_size=6))
def test_the_name_of_a_pt_is_exact_for_it(names: list[str]) -> None:
    index = NameIndex(
        Names.of_terminology(release_of([[name] for name in names])), torch.zeros(len(names), 8)
    )
    table = CandidateFinder(index, torch.device("cpu")).find(names, torch.zeros(len(names), 8))
    for row, name in enumerate(names):
        column = table.concepts[row].tolist().index(row)
        # A name without letters and digits has no words that could be the same.
        assert table.values[row, column, FEATURES.index("exact")] == bool(canonical_words(name))


@settings(max_examples=50, deadline=None)
@given(pts=NAMES_IN_FILES)
def test_any_names_survive_the_release_files_and_the_index(pts: list[list[str]]) -> None:
    release = release_of(pts)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_rows(folder / "pt.asc", [pt_row(*pt) for pt in release.pt_names.items()])
        write_rows(folder / "llt.asc", [llt_row(llt.code, llt.name, llt.ptid) for llt in release.llts])
        read = read_release(folder)
    assert read == release
    again = read_index(write_index(read))
    assert again == release
    assert Names.of_terminology(again).names == Names.of_terminology(release).names
