"""Prediction files are written whole or not at all, and never replace annotations."""

import errno
from pathlib import Path
from unittest.mock import patch

import pytest

from training.errors import RunError
from training.evaluation.prediction_writer import require_no_predictions, writing_rows
from training.scorer.official_files import read_rows


def test_breaks_within_a_field_become_spaces_so_that_offsets_stay(tmp_path: Path) -> None:
    with writing_rows(tmp_path / "new" / "out.tsv") as (writer,):
        writer.write("1", "ADE", 0, 5, "a\tb\nc\rd")
        writer.write("2", "lone \ud800")
    rows = list(read_rows(tmp_path / "new" / "out.tsv", fields=5))
    assert [row.fields for row in rows] == [("1", "ADE", "0", "5", "a b c d"), ("2", "lone ?")]


def test_a_failure_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "tweets.tsv"
    path.write_text("old\n")
    with pytest.raises(ZeroDivisionError), writing_rows(path) as (writer,):
        writer.write("new")
        raise ZeroDivisionError
    assert path.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_path_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="file"), writing_rows(tmp_path / "file" / "out.tsv"):
        pass


def test_if_one_file_cannot_be_written_none_appears(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.tsv", "b.tsv")]
    paths[0].write_text("old\n")
    with (
        pytest.raises(RunError, match=r"b\.tsv"),
        patch("os.fsync", side_effect=[None, OSError(errno.ENOSPC, "No space left on device")]),
        writing_rows(*paths) as writers,
    ):
        for writer in writers:
            writer.write("new")
    assert paths[0].read_text() == "old\n"
    assert list(tmp_path.iterdir()) == paths[:1]


def test_predictions_are_only_replaced_with_overwrite(tmp_path: Path) -> None:
    require_no_predictions(tmp_path, overwrite=False)
    for name in ("class.tsv", "probabilities.tsv"):
        (tmp_path / name).touch()
    with pytest.raises(RunError, match=r"set of predictions.*--overwrite"):
        require_no_predictions(tmp_path, overwrite=False)
    require_no_predictions(tmp_path, overwrite=True)


def test_other_files_in_the_folder_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    require_no_predictions(tmp_path, overwrite=False)


@pytest.mark.parametrize("overwrite", [False, True])
def test_annotations_are_not_replaced_by_predictions(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "class.tsv").touch()
    with pytest.raises(RunError, match=r"class\.tsv"):
        require_no_predictions(tmp_path, overwrite=overwrite)
    with pytest.raises(RunError, match="is not a set of predictions"):
        require_no_predictions(tmp_path / "class.tsv", overwrite=overwrite)
