from __future__ import annotations

from pathlib import Path

import pytest

from training.corpora import read_lay_phrases
from training.errors import CorpusError
from training.examples import CodedPhrase


def test_phrases_without_a_code_and_repeated_phrases_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "lay.tsv"
    path.write_text(
        "mention\tconcept_name\tpt_code\tsource\nNo sleep\tx\t1\ts\nno sleep\tx\t1\ts\nLipitor\tx\t\ts\n"
    )
    assert read_lay_phrases(path) == [CodedPhrase("no sleep", "1")]


def test_a_row_with_a_missing_field_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "lay.tsv"
    path.write_text("mention\tconcept_name\tpt_code\tsource\nno sleep\tx\n")
    with pytest.raises(CorpusError, match=r"lay\.tsv, line 2: 2 fields instead of 4"):
        read_lay_phrases(path)
