"""A report replaces a report only, and has diagrams only for what was measured."""

import json
from pathlib import Path

import pytest

from training.errors import RunError
from training.evaluation.assessment import assess
from training.evaluation.evaluation_report import require_no_report, write_report
from training.evaluation.gold import Gold
from training.evaluation.prediction_files import Predictions
from training.scorer import OfficialSpan, TweetAnnotation

GOLD = {"1": TweetAnnotation(True, (OfficialSpan(3, 8, "10"),)), "2": TweetAnnotation()}
PREDICTED = {"1": TweetAnnotation(), "2": TweetAnnotation()}


def test_the_report_of_labels_alone_has_no_diagrams(tmp_path: Path) -> None:
    gold = Gold(GOLD, {"1": "so dizzy", "2": "fine \ud800"}, {})
    assessment = assess(gold, Predictions(PREDICTED, {}), samples=10)
    write_report(
        tmp_path / "report",
        assessment,
        {"10": "Dizziness"},
        about={"gold": "dev", "seen": None},
        most_errors=9,
    )
    written = {path.name for path in (tmp_path / "report").iterdir()}
    assert written == {"report.json", "report.md", "errors.md", "errors.html"}
    assert json.loads((tmp_path / "report" / "report.json").read_text())["mistakes"]["missed tweet"] == 1
    page = (tmp_path / "report" / "report.md").read_text()
    assert "- gold: `dev`" in page
    assert "seen" not in page
    assert "so <b>dizzy</b> | Dizziness" in (tmp_path / "report" / "errors.md").read_text()


def test_only_a_report_can_be_overwritten(tmp_path: Path) -> None:
    require_no_report(tmp_path / "new", overwrite=False)
    require_no_report(tmp_path, overwrite=False)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(RunError, match="is not a report"):
        require_no_report(tmp_path, overwrite=True)
    (tmp_path / "report.json").touch()
    with pytest.raises(RunError, match="--overwrite"):
        require_no_report(tmp_path, overwrite=False)
    require_no_report(tmp_path, overwrite=True)
