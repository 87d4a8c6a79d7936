from __future__ import annotations

from pathlib import Path

import pytest

from training.corpora import read_terminology
from training.errors import CorpusError
from training.examples import CodedPhrase


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


def test_codes_of_both_levels_have_their_pt(tmp_path: Path) -> None:
    (tmp_path / "pt.asc").write_text("1$Rash$\n2$Itch$\n")
    (tmp_path / "llt.asc").write_text("1$Rash$1$\n3$Red skin$1$\n")
    names = read_terminology(tmp_path)
    assert [names.pt_of(code) for code in ("1", "2", "3", "4")] == ["1", "2", "1", None]
