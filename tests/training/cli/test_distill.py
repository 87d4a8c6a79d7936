"""`ade-train distill`: one command teaches a student, and errors leave nothing behind."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from models import load_bundle
from tests.tiny import MAX_TOKENS
from tests.training.tiny_methods import corpus
from training.cli.app import app
from training.corpora.prepared import write_examples

RUNNER = CliRunner()
QUICK = ("--set", "epochs=1", "--set", f"max-tokens={MAX_TOKENS}", "--set", "batch_size_1a=16")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared folder, and its training texts as plain text with odd lines."""
    folder = tmp_path_factory.mktemp("prepared")
    write_examples(folder / "train.jsonl", corpus().train)
    write_examples(folder / "valid.jsonl", corpus().valid)
    lines = [
        *(example.text for example in corpus().train),
        "",
        "   ",
        "🤢 \u202edizzy\u202c e\u0301 \x07",
        "頭痛がする",
    ]
    (folder / "texts.txt").write_text("\n".join(lines), encoding="utf-8")
    return folder


def distill(bundle: Path, encoder: Path, out: Path, *more: str) -> Result:
    paths = ["--student", str(encoder), "--out", str(out), "--run", str(out.with_name("run"))]
    return RUNNER.invoke(app, ["distill", str(bundle), *paths, "--device", "cpu", *QUICK, *more])


def test_a_student_learns_from_plain_text(
    bundle: Path, prepared: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    result = distill(bundle, tiny_encoder, tmp_path / "student", "--texts", str(prepared / "texts.txt"))
    assert result.exit_code == 0, result.output
    student = load_bundle(tmp_path / "student")
    assert json.loads(result.stdout)["bundle"] == student.version
    assert student.labels == load_bundle(bundle).labels
    card = (tmp_path / "student" / "README.md").read_text()
    assert f"ade-train distill {bundle.name} " in card
    assert str(tmp_path) not in card


def test_annotated_texts_mixes_and_several_teachers(
    bundle: Path, prepared: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    paths = ["--train", str(prepared), "--valid", str(prepared), "--mix", f"{prepared}=0.3"]
    more = [*paths, "--texts", str(prepared / "texts.txt"), "--set", "distill-weight=0.7"]
    result = distill(bundle, tiny_encoder, tmp_path / "student", str(bundle), *more)
    assert result.exit_code == 0, result.output
    metrics = json.loads(result.stdout)
    assert metrics["examples"]["1a"] == 45 + 45 + 2  # the two odd lines are the only other texts
    assert f"{load_bundle(bundle).version} and " in metrics["notes"][0]
    assert load_bundle(tmp_path / "student").config.version == metrics["bundle"]


def test_the_command_resumes_while_the_teacher_reads_and_while_the_student_learns(
    bundle: Path, prepared: Path, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    more = ["--texts", str(prepared / "texts.txt")]
    with monkeypatch.context() as patch:
        patch.setattr("training.distillation.teacher.Teacher.read", interrupted)
        stopped = distill(bundle, tiny_encoder, tmp_path / "student", *more)
        assert stopped.exit_code == 130
        assert "resumes" in stopped.stderr
    with monkeypatch.context() as patch:
        patch.setattr("training.methods.networks.train_multitask", interrupted)
        stopped = distill(bundle, tiny_encoder, tmp_path / "student", *more)
        assert stopped.exit_code == 130
        assert not (tmp_path / "student").exists()
    with monkeypatch.context() as patch:
        patch.setattr("training.distillation.teacher.Teacher.read", interrupted)  # it has read all texts
        assert distill(bundle, tiny_encoder, tmp_path / "student", *more).exit_code == 0
    assert (tmp_path / "student" / "config.json").is_file()


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ([], "--texts"),
        (["--texts", "nowhere.txt"], "nowhere.txt"),
        (["--texts", "{prepared}", "--mix", "written=0.3"], "--terminology"),
        (["--texts", "{prepared}", "--preset", "boosting-ensemble"], "ensemble"),
        (["--texts", "{prepared}", "--set", "distill-weight=2"], "distill-weight"),
        (["--texts", "{prepared}", "--set", "distill-temperature=0"], "distill-temperature"),
        (["--texts", "{prepared}", "--with-terminology"], "--terminology"),
        (["nothing", "--texts", "{prepared}"], "nothing"),
    ],
)
def test_invalid_options_are_named_and_write_no_bundle(
    more: list[str], named: str, bundle: Path, prepared: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    arguments = [argument.format(prepared=prepared) for argument in more]
    result = distill(bundle, tiny_encoder, tmp_path / "student", *arguments)
    assert result.exit_code != 0
    assert named in f"{result.exception}{result.output}"
    assert not (tmp_path / "student").exists()
