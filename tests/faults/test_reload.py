"""A running worker takes up another bundle: under load, and only if the bundle is whole and sound."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from models.bundle import Thresholds, load_bundle
from models.normalizer import Labels
from monitor.settings import ModelSettings, Settings
from tests.faults.conftest import TANSU, FaultBroker
from tests.faults.damage import count_damage
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults, send
from tests.poisoned_bundle import POISON_OF_SELF_TEST, make_poisoned_bundle
from tests.processes import RunningCommand, running, wait_for
from tests.tiny import NEGATIVE, POSITIVE, Trained, save_tiny, train_tiny, write_checkpoint

PATIENCE = 240.0
PORTION = 300
PORTIONS = 12
OTHER_EFFECTS = {
    "headache": ("90000102", "Migraine"),
    "nausea": ("90000101", "Vomiting"),
    "sleep": ("90000103", "Restlessness"),
    "dizzy": ("90000104", "Vertigo"),
}
ENGLISH = "day three on zoloft and i still can't sleep at night"
SPANISH = "llevo tres días con zoloft y no puedo dormir nada, me duele mucho la cabeza"
WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Bundles:
    """Bundles of the same network: two with other thresholds, and one with other labels and languages.

    `unsound` has right hashes and returns NaN for one of the posts of the self-test.
    """

    first: Path
    second: Path
    spanish: Path
    unsound: Path

    @staticmethod
    def version(folder: Path) -> str:
        """Return the version of a bundle."""
        return load_bundle(folder).version


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train_tiny(write_checkpoint(tmp_path_factory.mktemp("reload") / "encoder"))


@pytest.fixture(scope="module")
def unsound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_poisoned_bundle(tmp_path_factory.mktemp("unsound") / "bundle", POISON_OF_SELF_TEST)


@pytest.fixture
def bundles(trained: Trained, unsound: Path, tmp_path: Path) -> Bundles:
    return Bundles(
        save_tiny(tmp_path / "first", trained),
        save_tiny(tmp_path / "second", trained, thresholds=Thresholds(classifier=0.45, normalizer=0.3)),
        save_tiny(tmp_path / "spanish", trained, labels=Labels.of(OTHER_EFFECTS.values()), languages=("es",)),
        unsound,
    )


def test_another_bundle_is_taken_up_under_load_and_each_row_is_of_one_version(
    each_broker: FaultBroker,
    on_broker: Settings,
    results: FlowResults,
    report: FaultReport,
    bundles: Bundles,
    tmp_path: Path,
) -> None:
    served = _install(bundles.first, tmp_path / "served")
    versions = [bundles.version(folder) for folder in (bundles.first, bundles.second, bundles.first)]
    with running(_serving(on_broker, served), tmp_path, "worker", "--reload") as worker:
        wait_for(lambda: "partitions assigned" in worker.output(), PATIENCE, watching=worker)
        sender = threading.Thread(target=_send_portions, args=(on_broker,))
        sender.start()
        times = []
        for change, folder in enumerate((bundles.second, bundles.first), start=1):
            wait_for(lambda: results.scored() > change * 2 * PORTION, PATIENCE, watching=worker)  # noqa: B023
            _copy_slowly(folder, served)
            copied = time.monotonic()
            wait_for(lambda: len(_events(worker, "bundle changed")) == change, PATIENCE, watching=worker)  # noqa: B023
            times.append(time.monotonic() - copied)
        sender.join()
        posts = PORTION * PORTIONS
        wait_for(lambda: results.scored() == posts, PATIENCE, watching=worker)
        alerts = len(results.rows("SELECT 1 FROM alert_outbox"))
        wait_for(lambda: len(results.alerts()) >= alerts, PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()
    damage = count_damage(on_broker, {str(n) for n in range(posts)}, dated=False)
    report.add(
        "another bundle, twice, under load",
        damage,
        broker=each_broker.name,
        runs=2,
        recovery_s=max(times),
    )
    assert (damage.lost, damage.doubled) == (0, 0)
    rows = dict(results.rows("SELECT bundle, sum(seen) FROM hourly_counts GROUP BY bundle"))
    assert set(rows) == set(versions)
    assert sum(rows.values()) == posts
    changes = [(line["before"], line["now"]) for line in _events(worker, "bundle changed")]
    assert changes == [(versions[0], versions[1]), (versions[1], versions[2])]
    scored_by = dict(results.rows("SELECT tweet_id, bundle FROM predictions"))
    assert results.alerts()
    assert all(alert["bundle"] == scored_by[alert["tweet_id"]] for alert in results.alerts())


@pytest.mark.parametrize("each_broker", [TANSU], indirect=True)
def test_no_damaged_bundle_replaces_the_one_in_use(
    each_broker: FaultBroker,
    on_broker: Settings,
    results: FlowResults,
    report: FaultReport,
    bundles: Bundles,
    tmp_path: Path,
) -> None:
    served = _install(bundles.first, tmp_path / "served")
    faults = [fault for fault in FAULTS if fault is not _remove_permissions or os.geteuid() != 0]
    faults.append(partial(_install, bundles.unsound))
    sent = 0
    with running(_serving(on_broker, served), tmp_path, "worker", "--reload") as worker:
        wait_for(lambda: "partitions assigned" in worker.output(), PATIENCE, watching=worker)
        for number, fault in enumerate(faults, start=1):
            _install(bundles.second, served)
            fault(served)
            worker.process.send_signal(signal.SIGHUP)
            wait_for(lambda: len(_events(worker, "bundle refused")) >= number, PATIENCE, watching=worker)  # noqa: B023
            send(on_broker, _values(20, first=sent))
            sent += 20
            wait_for(lambda: results.scored() == sent, PATIENCE, watching=worker)  # noqa: B023
            _make_readable(served)
        assert not _events(worker, "bundle changed")
        _install(bundles.spanish, served)
        started = time.monotonic()
        worker.process.send_signal(signal.SIGHUP)
        wait_for(lambda: len(_events(worker, "bundle changed")) == 1, PATIENCE, watching=worker)
        recovery_s = time.monotonic() - started
        texts = {"es": SPANISH, "en": ENGLISH}
        send(on_broker, [json.dumps({"id": n, "text": text}).encode() for n, text in texts.items()])
        wait_for(lambda: results.scored() == sent + 1, PATIENCE, watching=worker)
        wait_for(lambda: _skipped(results) == 1, PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()
    damage = count_damage(on_broker, {"es", *map(str, range(sent))}, dated=False)
    report.add(
        "a damaged, incomplete or unsound bundle at reload",
        damage,
        broker=each_broker.name,
        runs=len(faults),
        recovery_s=recovery_s,
    )
    assert (damage.lost, damage.doubled) == (0, 0)
    rows = dict(results.rows("SELECT bundle, count(*) FROM predictions GROUP BY bundle"))
    assert rows == {bundles.version(bundles.first): sent, bundles.version(bundles.spanish): 1}


def _cut_weights(folder: Path) -> None:
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[: len(data) // 2])


def _change_a_byte(folder: Path) -> None:
    data = bytearray((folder / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (folder / WEIGHTS).write_bytes(data)


def _remove_labels(folder: Path) -> None:
    (folder / "labels.json").unlink()


def _remove_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def _cut_config(folder: Path) -> None:
    path = folder / "config.json"
    path.write_bytes(path.read_bytes()[:200])


def _name_a_missing_encoder(folder: Path) -> None:
    """Make a sound bundle of one whose trunk comes from a package that is not installed."""
    path = folder / "config.json"
    config = json.loads(path.read_bytes())
    for name in ("trunk.safetensors", "tokenizer.json"):
        del config["files"][name]
        (folder / name).unlink()
    path.write_text(json.dumps({**config, "encoder": "package:not-installed"}))


def _remove_permissions(folder: Path) -> None:
    (folder / WEIGHTS).chmod(0)


FAULTS: tuple[Callable[[Path], object], ...] = (
    _cut_weights,
    _change_a_byte,
    _remove_labels,
    _remove_folder,
    _cut_config,
    _name_a_missing_encoder,
    _remove_permissions,
)


def _make_readable(folder: Path) -> None:
    if folder.is_dir():
        for path in folder.iterdir():
            path.chmod(0o644)


def _serving(settings: Settings, folder: Path) -> Settings:
    return settings.model_copy(update={"model": ModelSettings(bundle=str(folder), device="cpu", cache=100)})


def _install(bundle: Path, folder: Path) -> Path:
    """Put a bundle into a folder, as a whole."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(bundle, folder)
    return folder


def _copy_slowly(bundle: Path, folder: Path) -> None:
    """Copy a bundle over another one, the config first and the files in parts."""
    names = sorted(path.name for path in bundle.iterdir() if path.name != "config.json")
    for name in ["config.json", *names]:
        data = (bundle / name).read_bytes()
        with (folder / name).open("wb") as file:
            for start in range(0, len(data), max(1, len(data) // 3)):
                file.write(data[start : start + max(1, len(data) // 3)])
                file.flush()
                time.sleep(0.3)


def _send_portions(settings: Settings) -> None:
    for portion in range(PORTIONS):
        send(settings, _values(PORTION, first=portion * PORTION))
        time.sleep(2)


def _values(count: int, *, first: int) -> list[bytes]:
    texts = [*POSITIVE, *NEGATIVE]
    return [
        json.dumps({"id": str(n), "text": f"{texts[n % len(texts)]} {n}", "lang": "en"}).encode()
        for n in range(first, first + count)
    ]


def _skipped(results: FlowResults) -> int:
    [(count,)] = results.rows("SELECT coalesce(sum(skipped), 0) FROM skipped_languages")
    return int(count)


def _events(worker: RunningCommand, event: str) -> list[dict[str, str]]:
    """Return the log lines of an event."""
    return [json.loads(line) for line in worker.output().splitlines() if f'"{event}"' in line]
