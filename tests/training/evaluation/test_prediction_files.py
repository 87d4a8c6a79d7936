"""Reading prediction files: malformed rows are named, candidates are ordered and lifted."""

from pathlib import Path

import pytest

from training.errors import CorpusError
from training.evaluation.prediction_files import read_candidates, read_predictions


def test_candidates_are_ordered_by_rank_and_lifted(tmp_path: Path) -> None:
    rows = "t\t0\t5\t2\tB\t0.1\nt\t0\t5\t1\tA\t0.8\nt\t0\t5\t3\tlow\t0.1\nu\t1\t2\t1\tC\t1\n"
    (tmp_path / "candidates.tsv").write_text("tweet_id\tstart\n" + rows)
    candidates = read_candidates(tmp_path / "candidates.tsv", lift={"low": "A"})
    assert candidates == {"t": {(0, 5): ("A", "B")}, "u": {(1, 2): ("C",)}}


@pytest.mark.parametrize(
    "row", ["t\t0\t5\tx\tA\t1", "t\t0\t5\t2", "t", "t\t0\t5\t2\t\t1", "t\t0\t5\t1\tB\t1"]
)
def test_a_malformed_candidate_is_named_with_its_line(tmp_path: Path, row: str) -> None:
    (tmp_path / "class.tsv").write_text("t\tADE\n")
    (tmp_path / "candidates.tsv").write_text(f"t\t0\t5\t1\tA\t1\n{row}\n")
    with pytest.raises(CorpusError, match=r"candidates\.tsv, line 2"):
        read_predictions(tmp_path, lift=None)


@pytest.mark.parametrize("row", ["1", "1\tx", "1\t1.5", "1\tnan", "1\t-0.1"])
def test_an_invalid_probability_is_named_with_its_line(tmp_path: Path, row: str) -> None:
    (tmp_path / "class.tsv").write_text("1\tADE\n")
    (tmp_path / "probabilities.tsv").write_text(f"{row}\n")
    with pytest.raises(CorpusError, match=r"probabilities\.tsv, line 1"):
        read_predictions(tmp_path, lift=None)


def test_probabilities_are_read_by_tweet(tmp_path: Path) -> None:
    (tmp_path / "class.tsv").write_text("1\tADE\n2\tNoADE\n")
    (tmp_path / "probabilities.tsv").write_text("1\t1\n2\t0\n")
    predictions = read_predictions(tmp_path, lift=None)
    assert predictions.probabilities == {"1": 1.0, "2": 0.0}
    assert predictions.candidates is None


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere does not exist"):
        read_predictions(tmp_path / "nowhere", lift=None)
