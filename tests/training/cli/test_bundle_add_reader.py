"""`ade-train bundle add-reader`, and the commands that open its result."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from models.bundle import read_config
from models.errors import BundleError
from tests.tiny_readers import make_two_bundles, validation_examples
from tests.training.cli.tiny_scoring import ade_train, figures


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_two_bundles(tmp_path_factory.mktemp("readers"))


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("texts") / "tweets.jsonl"
    records = [
        {
            "id": example.id,
            "text": example.text,
            "label": example.label,
            "spans": [
                {"start": span.start, "end": span.end, "ptid": span.ptid, "pt_name": "x"}
                for span in example.spans
            ],
        }
        for example in validation_examples()
    ]
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


@pytest.fixture(scope="module")
def both(bundles: tuple[Path, Path], texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("joined") / "both"
    printed = figures("bundle", "add-reader", *bundles, "--valid", texts, "--share", "0.5", "--out", out)
    assert printed["bundle"] == read_config(out).version
    return out


def test_show_names_both_readers(bundles: tuple[Path, Path], both: Path) -> None:
    shown = figures("bundle", "show", both)
    assert shown["second_reader"] == read_config(bundles[1]).version


def test_calibrate_changes_the_weights_of_both(both: Path, texts: Path, tmp_path: Path) -> None:
    changed = Path(shutil.copytree(both, tmp_path / "both"))
    printed = figures("calibrate", changed, "--valid", texts, "--prevalence", "0.02")
    before, after = read_config(both), read_config(changed)
    assert after.version == printed["bundle"] != before.version
    assert after.calibration == before.calibration
    assert before.second_reader is not None
    assert after.second_reader is not None
    assert after.second_reader.reads_from == before.second_reader.reads_from
    assert after.second_reader.second != before.second_reader.second
    ratios = [section.first / section.second for section in (before.second_reader, after.second_reader)]
    assert ratios[0] == pytest.approx(ratios[1])


def test_a_bundle_with_two_readers_is_evaluated(both: Path, texts: Path) -> None:
    assert figures("evaluate", "--bundle", both, "--gold", texts, "--samples", "10")["bundle"] == (
        read_config(both).version
    )


def test_a_result_is_not_overwritten_unasked(bundles: tuple[Path, Path], both: Path, texts: Path) -> None:
    result = ade_train("bundle", "add-reader", *bundles, "--valid", texts, "--out", both)
    assert isinstance(result.exception, BundleError)
    result = ade_train("bundle", "add-reader", both, bundles[1], "--valid", texts, "--out", both.parent / "c")
    assert isinstance(result.exception, BundleError)
    assert not (both.parent / "c").exists()
