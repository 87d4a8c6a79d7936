"""`ade-monitor recode` with a real, tiny bundle, as its users see it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.settings import ModelSettings, Settings
from monitor.store import Store, recoded_mentions
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.store.batches import Tables, mention_of, scored, write
from tests.monitor.store.conftest import migrated
from tests.release import write_release
from tests.tiny_retrieval import make_tiny_hybrid

__all__ = ["migrated"]  # a database alone: no broker is needed here


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_hybrid(tmp_path_factory.mktemp("recode") / "bundle")


@pytest.fixture
async def filled(store: Store, migrated: Settings, bundle: Path) -> Settings:
    """Mentions whose words are names of the release, coded as something else before."""
    words = ["dizzy", "drowsy", "dizzy", "cannot sleep"]
    posts = [
        scored(str(n), f"so {word}", mention_of(f"so {word}", word, pt=("90000001", "Nausea")))
        for n, word in enumerate(words)
    ]
    await write(store, posts)
    return migrated.model_copy(update={"model": ModelSettings(bundle=str(bundle), device="cpu", threads=1)})


def test_mentions_are_recoded_reported_and_queried(
    run: RunCommand, filled: Settings, tables: Tables, tmp_path: Path, bundle: Path
) -> None:
    folder = write_release(tmp_path / "release", smqs=True, version="27.0")
    run(filled, "terminology", "import", "--release", str(folder))
    arguments = ("recode", "--terminology", str(folder), "--bundle", str(bundle), "--device", "cpu")
    ended = run(filled, *arguments, "--threads", "1", "--json")
    assert ended.status == 0, ended.err
    report = json.loads(ended.out)
    assert (report["release"], report["mentions"], report["left"]) == ("27.0", 4, 0)
    assert report["changed"] == sum(code["mentions"] for code in report["codes"])
    codes = dict(
        tables.rows(
            "SELECT DISTINCT m.text, r.ptid FROM recoded_mentions r JOIN mentions m ON id = mention_id"
        )
    )
    # The words of a mention that are a name of the release get its code.
    assert codes == {"dizzy": "90000004", "drowsy": "90000005", "cannot sleep": "90000003"}
    assert {(group["kind"], group["name"]) for group in report["groups"]} >= {
        ("smq_broad", "Sleepless"),
        ("primary_soc", "Gut"),
    }

    again = run(filled, *arguments, "--report")
    assert again.status == 0
    assert "90000004" in again.out
    assert "Sleepless" in again.out

    lines = run(filled, "query", "--json", "--coding", "27.0", "--pt", "Dizziness").out.splitlines()
    assert [json.loads(line)["span"] for line in lines] == ["dizzy", "dizzy"]
    assert run(filled, "query", "--json", "--pt", "Dizziness").out == ""


def test_a_coding_that_does_not_exist_is_refused_with_those_that_do(
    run: RunCommand, filled: Settings
) -> None:
    ended = run(filled, "query", "--coding", "26.0")
    assert ended.status == 2
    assert "recode" in ended.err


def test_ctrl_c_keeps_what_was_coded_and_says_how_to_go_on(
    run: RunCommand,
    filled: Settings,
    tables: Tables,
    tmp_path: Path,
    bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recoded_mentions, "PAGE", 1)
    store_page = recoded_mentions.Recoding.store
    pages: list[object] = []

    def interrupted(self: recoded_mentions.Recoding, codes: object, settings: Settings) -> int:
        if pages:
            raise KeyboardInterrupt
        pages.append(codes)
        return store_page(self, codes, settings)  # type: ignore[arg-type]

    monkeypatch.setattr(recoded_mentions.Recoding, "store", interrupted)
    folder = write_release(tmp_path / "release", version="27.0")
    ended = run(filled, "recode", "--terminology", str(folder), "--bundle", str(bundle), "--device", "cpu")
    assert ended.status == 130
    assert "1 of 3 texts" in ended.err
    assert tables.rows("SELECT count(*) > 0 FROM recoded_mentions") == [(True,)]


def test_a_release_without_a_version_needs_one(run: RunCommand, migrated: Settings, tmp_path: Path) -> None:
    folder = write_release(tmp_path / "release", version="")
    ended = run(migrated, "recode", "--terminology", str(folder))
    assert ended.status == 2
    assert "--version" in ended.err
