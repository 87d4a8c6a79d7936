"""`ade-train checklist` on the dummy and on a tiny bundle."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from models.errors import BundleError
from models.predictions import TweetPrediction
from tests.tiny import make_tiny_bundle
from tests.training.checklist.invented_scorers import FunctionScorer, PerfectScorer
from training.checklist import (
    CAPABILITIES,
    checklist_cases,
    checklist_document,
    checklist_table,
    run_checklist,
)
from training.cli.app import app
from training.errors import RunError

RUNNER = CliRunner()


def run_command(*arguments: object) -> Result:
    return RUNNER.invoke(app, ["checklist", *map(str, arguments)])


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bundle(tmp_path_factory.mktemp("checklist") / "bundle")


def test_all_capabilities_of_the_dummy_are_in_the_table() -> None:
    result = run_command("dummy")
    assert result.exit_code == 0, result.output
    rows = [line.split()[0] for line in result.stdout.splitlines()[1:]]
    assert rows == list(CAPABILITIES)


def test_the_json_document_has_consistent_counts_and_all_failures() -> None:
    result = run_command("dummy", "--json", "--capability", "unicode", "--capability", "wish")
    document = json.loads(result.stdout)
    assert document["version"] == "dummy-1"
    assert [capability["name"] for capability in document["capabilities"]] == ["wish", "unicode"]
    for capability in document["capabilities"]:
        failures = capability["failures"]
        assert capability["counted"] == capability["passed"] + len(failures) <= capability["cases"]
        assert sum(test["passed"] for test in capability["tests"].values()) == capability["passed"]
        assert all(failure["expected"] and failure["predicted"] for failure in failures)


def test_a_tiny_bundle_has_the_same_results_twice(bundle: Path) -> None:
    first = run_command(
        bundle, "--json", "--device", "cpu", "--capability", "plain", "--capability", "unicode"
    )
    again = run_command(
        bundle, "--json", "--device", "cpu", "--capability", "plain", "--capability", "unicode"
    )
    assert first.exit_code == 0, first.output
    assert first.stdout == again.stdout
    capabilities = json.loads(first.stdout)["capabilities"]
    failures = [failure for capability in capabilities for failure in capability["failures"]]
    assert not any(failure["predicted"].startswith("raised") for failure in failures)


def test_the_report_shows_the_first_failures_of_each_capability_and_says_how_many_more(
    tmp_path: Path,
) -> None:
    out = tmp_path / "reports" / "card.md"
    result = run_command("dummy", "--capability", "plain", "--out", out, "--failures", "2")
    assert result.exit_code == 0, result.output
    text = out.read_text(encoding="utf-8")
    assert text.count("- expected:") == text.count("- predicted:") == 2
    assert " more\n" in text


def test_a_file_is_only_replaced_with_overwrite(tmp_path: Path) -> None:
    out = tmp_path / "report.md"
    out.write_text("mine")
    refused = run_command("dummy", "--capability", "plain", "--out", out)
    assert isinstance(refused.exception, RunError)
    assert out.read_text() == "mine"
    assert run_command("dummy", "--capability", "plain", "--out", out, "--overwrite").exit_code == 0
    assert out.read_text() != "mine"


def test_a_low_pass_rate_ends_with_status_1_after_the_results() -> None:
    result = run_command("dummy", "--capability", "plain", "--fail-under", "0.9")
    assert result.exit_code == 1
    assert "plain" in result.stdout
    assert run_command("dummy", "--capability", "plain", "--fail-under", "0.1").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        (["dummy", "--capability", "telepathy"], RunError, "telepathy"),
        (["dummy", "--fail-under", "90"], RunError, "--fail-under"),
        (["nowhere"], BundleError, "nowhere"),
    ],
)
def test_invalid_arguments_are_named(arguments: list[str], error: type[Exception], named: str) -> None:
    result = run_command(*arguments)
    assert isinstance(result.exception, error)
    assert named in str(result.exception)


def test_a_normalizer_that_the_bundle_lacks_is_refused(bundle: Path) -> None:
    result = run_command(bundle, "--normalizer", "hybrid", "--device", "cpu")
    assert isinstance(result.exception, BundleError)


def test_ctrl_c_leaves_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(text: str) -> TweetPrediction:
        raise KeyboardInterrupt

    monkeypatch.setattr("models.scoring.catalog.DummyScorer", lambda delay: FunctionScorer(stopped))
    result = run_command("dummy", "--out", tmp_path / "report.md")
    assert result.exit_code != 0
    assert not list(tmp_path.iterdir())


def test_the_table_of_the_model_card_has_a_row_for_each_capability() -> None:
    table = checklist_table(run_checklist(PerfectScorer(checklist_cases())))
    _, _, *rows = table.splitlines()
    assert [row.split("|")[1].strip() for row in rows] == list(CAPABILITIES)
    assert all(row.endswith("| 100.0% |") for row in rows)


def test_a_report_of_odd_texts_can_be_written_as_utf_8() -> None:
    def broken(text: str) -> TweetPrediction:
        raise ValueError(text)

    document = checklist_document(run_checklist(FunctionScorer(broken), ["unicode"]), failures=1_000)
    assert len(document.encode()) < 1_000_000
