"""Table 1: the paper's figures, ours above them, and nothing is trained twice."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models import ServingOptions, load_scorer
from tests.tiny import EFFECTS, MAX_TOKENS
from tests.training.tiny_methods import corpus, positive
from training.cli.app import app
from training.corpora.prepared import write_examples
from training.evaluation import evaluate
from training.examples import Example
from training.loop.processes import SINGLE_PROCESS, Processes
from training.presets import PRESETS
from training.table1.table import PAPER_SCORES, PresetResult, render_table1

RUN = CliRunner()


def cells(table: str, preset: str) -> list[str]:
    [line] = [line for line in table.splitlines() if f"`{preset}`" in line]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_papers_f1_follows_from_its_precision_and_recall() -> None:
    # The paper rounds to a tenth; some test figures of the ensembles to whole percents.
    for splits in PAPER_SCORES.values():
        for split, tasks in splits.items():
            for precision, recall, f1 in tasks.values():
                slack = 0.6 if split == "test" else 0.25
                assert 2 * precision * recall / (precision + recall) == pytest.approx(f1, abs=slack)


def test_the_paper_has_figures_for_all_presets_but_full() -> None:
    assert set(PAPER_SCORES) == set(PRESETS) - {"full"}


def test_our_row_is_above_that_of_the_paper() -> None:
    scores = {"valid": {"1a": (60.0, 50.0, 54.5), "1b": (40.0, 30.0, 34.3)}}
    lines = render_table1([PresetResult("mtl", 1, "v", scores)], ["valid"]).splitlines()
    assert lines[0] == "| preset | seeds | dev 1a | dev 1b | dev 1c |"
    assert lines[2] == "| `mtl` | 1 | 60.0 / 50.0 / 54.5 | 40.0 / 30.0 / 34.3 |  |"
    assert "58.9 / 66.1 / 62.3" in lines[3]


def test_several_seeds_show_mean_and_standard_deviation() -> None:
    results = [
        PresetResult("full", seed, "v", {"valid": {"1a": (60.0, f1, f1)}})
        for seed, f1 in ((1, 50.0), (2, 54.0))
    ]
    table = render_table1(results, ["valid"])
    assert cells(table, "full")[1:3] == ["2", "60.0 ± 0.0 / 52.0 ± 2.8 / 52.0 ± 2.8"]
    assert "paper" not in table  # it has no such preset


def test_results_can_be_stored_as_json() -> None:
    result = PresetResult("mtl", 2, "v", {"test": {"1c": (1.0, 2.0, 1.3)}})
    assert PresetResult.from_json(json.loads(json.dumps(result.to_json()))) == result


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared folder with a test set."""
    folder = tmp_path_factory.mktemp("prepared")
    write_examples(folder / "train.jsonl", corpus().train)
    write_examples(folder / "valid.jsonl", corpus().valid)
    test = [positive("hello you", effect) for effect in EFFECTS] + [Example("n", "hello hello", 0)]
    write_examples(folder / "test.jsonl", test)
    return folder


def _command(data: Path, out: Path, encoder: Path, *, presets: str) -> list[str]:
    """One epoch of each preset."""
    settings = ["--set", "epochs=1", "--set", f"max-tokens={MAX_TOKENS}"]
    places = ["--data", str(data), "--out", str(out), "--encoder", str(encoder)]
    return ["table1", *places, "--presets", presets, *settings]


def test_one_command_makes_the_table_and_repeats_nothing(
    prepared: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    command = _command(prepared, tmp_path, tiny_encoder, presets="mtl,boosting-ensemble")
    first = RUN.invoke(app, command)
    assert first.exit_code == 0, first.output
    assert first.stdout == (tmp_path / "table1.md").read_text()
    results = [
        PresetResult.from_json(document) for document in json.loads((tmp_path / "table1.json").read_text())
    ]
    assert [result.preset for result in results] == ["mtl", "boosting-ensemble"]
    assert set(results[0].scores) == {"valid", "test"}
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.pt")}
    again = RUN.invoke(app, command)
    assert again.stdout == first.stdout
    assert "epoch 1" not in again.stderr
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.pt")} == before
    more = RUN.invoke(app, [*command, "--seeds", "2", "--presets", "mtl"])
    assert cells(more.stdout, "mtl")[1] == "2"
    assert "mtl, seed 1 (1 of 2): done already" in more.stderr


def test_the_figures_are_the_official_scores_of_the_bundles(
    prepared: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    command = ["table1", "--data", str(prepared), "--out", str(tmp_path), "--encoder", str(tiny_encoder)]
    RUN.invoke(app, [*command, "--presets", "mtl", "--set", "epochs=3", "--set", f"max-tokens={MAX_TOKENS}"])
    [bundle] = (tmp_path / "bundles").iterdir()
    scores = evaluate(load_scorer(str(bundle), ServingOptions(device="cpu")), corpus().valid)
    [result] = json.loads((tmp_path / "table1.json").read_text())
    for task, counts in (("1a", scores.classifier), ("1b", scores.extractor), ("1c", scores.normalizer)):
        assert result["scores"]["valid"][task]["f1"] == pytest.approx(100 * counts.f1, abs=1e-6)


@pytest.mark.parametrize(
    ("more", "named"), [(["--set", "seed=7"], "--seeds"), (["--presets", " ,"], "--presets")]
)
def test_options_without_effect_are_an_error(
    more: list[str], named: str, prepared: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    command = ["table1", "--data", str(prepared), "--out", str(tmp_path), "--encoder", str(tiny_encoder)]
    result = RUN.invoke(app, [*command, *more])
    assert named in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_processes_are_joined_once_per_table(
    prepared: Path, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined: list[str] = []

    def joining(device: str) -> Processes:
        joined.append(device)
        return SINGLE_PROCESS

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("training.loop.join_processes", joining)
    monkeypatch.setattr("training.table1.runs.train_method", interrupted)
    command = _command(prepared, tmp_path, tiny_encoder, presets="mtl,full")
    assert RUN.invoke(app, [*command, "--seeds", "2", "--device", "cpu"]).exit_code == 130
    assert joined == ["cpu"]


def test_an_interrupted_fresh_table_does_not_use_old_results(
    prepared: Path, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = _command(prepared, tmp_path, tiny_encoder, presets="mtl,mtl")
    first = RUN.invoke(app, command)
    assert cells(first.stdout, "mtl")[1] == "1"  # named twice, trained once

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("training.table1.runs.train_method", interrupted)
        assert RUN.invoke(app, [*command, "--fresh"]).exit_code == 130
    again = RUN.invoke(app, command)
    assert "done already" not in again.stderr
    assert "epoch 1:" in again.stderr
    assert again.stdout == first.stdout


def test_a_fresh_table_trains_each_network_once(prepared: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    command = _command(prepared, tmp_path, tiny_encoder, presets="mtl,boosting-ensemble")
    first, again = RUN.invoke(app, command), RUN.invoke(app, [*command, "--fresh"])
    assert again.stdout == first.stdout
    trained = [line.partition(":")[0] for line in again.stderr.splitlines() if ", epoch 1:" in line]
    assert trained == ["network, epoch 1", "classifier 2 of 3, epoch 1", "classifier 3 of 3, epoch 1"]
