"""`ade-train bundle show`, `set-terminology` and `set-languages`."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.bundle import load_bundle
from models.runtime import Engine
from tests.release import write_release
from tests.tiny import make_tiny_bundle
from tests.tiny_retrieval import make_tiny_hybrid
from training.cli import main
from training.cli.app import app


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `hybrid`, a bundle with a retriever, and `plain`, without one; not to be changed."""
    folder = tmp_path_factory.mktemp("bundles")
    make_tiny_hybrid(folder / "hybrid")
    make_tiny_bundle(folder / "plain")
    return folder


@pytest.fixture
def plain(folder: Path) -> Path:
    return folder / "plain"


@pytest.fixture
def hybrid(folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(folder / "hybrid", tmp_path / "hybrid"))


def test_a_release_is_set_and_shown(hybrid: Path, release: Path) -> None:
    old = load_bundle(hybrid).version
    result = CliRunner().invoke(app, ["bundle", "set-terminology", str(hybrid), str(release)])
    assert result.exit_code == 0, result.output
    assert result.stdout.split() == [old, "->", new := load_bundle(hybrid).version]
    assert new != old
    assert "licence" in result.stderr
    assert "26.1" in result.stderr
    shown = json.loads(CliRunner().invoke(app, ["bundle", "show", str(hybrid), "--json"]).stdout)
    assert (shown["version"], shown["release"], shown["searched_names"]) == (new, "26.1", 13)
    assert (shown["normalizer"], shown["classes"]) == ("hybrid", 4)


def test_out_makes_a_changed_copy(hybrid: Path, tmp_path: Path, release: Path) -> None:
    old = load_bundle(hybrid).version
    arguments = ["bundle", "set-terminology", str(hybrid), str(release), "--out", str(tmp_path / "copy")]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert load_bundle(hybrid).version == old
    assert load_bundle(tmp_path / "copy").config.retrieval is not None


def test_the_model_card_starts_with_the_licence_of_the_release(
    hybrid: Path, tmp_path: Path, release: Path
) -> None:
    card = (hybrid / "README.md").read_text()
    assert "26.1" not in card
    cards = []
    for folder in (release, release, write_release(tmp_path / "other", version="27.0")):
        CliRunner().invoke(app, ["bundle", "set-terminology", str(hybrid), str(folder)])
        cards.append((hybrid / "README.md").read_text())
    assert cards[0] == cards[1]
    assert "26.1" in cards[0].partition(card)[0]
    assert "26.1" not in cards[2]
    assert all(new.endswith(card) and new.count("licence") == 1 for new in cards)


def test_languages_are_stated_shown_and_removed(hybrid: Path) -> None:
    def shown() -> object:
        return json.loads(CliRunner().invoke(app, ["bundle", "show", str(hybrid), "--json"]).stdout)[
            "languages"
        ]

    assert shown() == "not stated"
    for languages, expected in (("en-GB,es", "en, es"), ("*", "not stated")):
        result = CliRunner().invoke(app, ["bundle", "set-languages", str(hybrid), languages])
        assert result.exit_code == 0, result.output
        assert shown() == expected
    refused = CliRunner().invoke(app, ["bundle", "set-languages", str(hybrid), "English"])
    assert refused.exit_code == 2
    assert "English" in refused.stderr


def test_a_bundle_of_the_package_is_copied_and_never_changed(
    folder: Path,
    tmp_path: Path,
    release: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("models.scoring.catalog.BUNDLES_FOLDER", folder)
    before = {path.name: path.read_bytes() for path in (folder / "hybrid").iterdir()}
    arguments = ("set-terminology", "hybrid", str(release))
    status, message = fails(*arguments, monkeypatch=monkeypatch, capsys=capsys)
    assert status == 1
    assert "--out" in message
    copy = tmp_path / "copy"
    assert CliRunner().invoke(app, ["bundle", *arguments, "--out", str(copy)]).exit_code == 0
    assert load_bundle(copy).config.retrieval is not None
    assert before == {path.name: path.read_bytes() for path in (folder / "hybrid").iterdir()}


def fails(
    *arguments: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["ade-train", "bundle", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(str(ended.value.code)), capsys.readouterr().err


def test_errors_come_with_what_to_do(
    tmp_path: Path,
    plain: Path,
    release: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for bundle, folder, expected in (
        (plain, release, "normalizer=hybrid"),
        (tmp_path / "nowhere", release, "nowhere"),
        (plain.with_name("hybrid"), tmp_path / "no-release", "no-release"),
    ):
        status, message = fails(
            "set-terminology", str(bundle), str(folder), monkeypatch=monkeypatch, capsys=capsys
        )
        assert status == 1
        assert expected in message


def test_a_bundle_without_a_retriever_is_shown(plain: Path) -> None:
    result = CliRunner().invoke(app, ["bundle", "show", str(plain)])
    assert result.exit_code == 0, result.output
    assert load_bundle(plain).version in result.stdout
    shown = json.loads(CliRunner().invoke(app, ["bundle", "show", str(plain), "--json"]).stdout)
    assert (shown["normalizer"], shown["searched_names"], shown["release"]) == ("classifier", None, None)


@pytest.mark.parametrize("damage", [None, b"", b"garbage" * 10])
def test_missing_or_damaged_names_are_reported(
    hybrid: Path,
    damage: bytes | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (hybrid / "names.safetensors").unlink()
    if damage is not None:
        (hybrid / "names.safetensors").write_bytes(damage)
    status, message = fails("show", str(hybrid), monkeypatch=monkeypatch, capsys=capsys)
    assert status == 1
    assert "names.safetensors" in message


def test_ctrl_c_prints_a_message_and_leaves_the_bundle_unchanged(
    hybrid: Path, release: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path.name: path.read_bytes() for path in hybrid.iterdir()}

    def interrupted(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(Engine, "vectors", interrupted)
    status, message = fails(
        "set-terminology", str(hybrid), str(release), monkeypatch=monkeypatch, capsys=capsys
    )
    assert status == 130
    assert "as it was" in message
    assert {path.name: path.read_bytes() for path in hybrid.iterdir()} == before
