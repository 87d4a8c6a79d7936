"""Files and pipes are opened as sources, whatever they are packed with."""

from __future__ import annotations

import gzip
import os
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.feed import FeedError, Input, Source, open_sources, unpacked_stream
from tests.monitor.feed.packed_files import DATA, PACK, PACKED, contents, only_source, tar_of, zip_of


@pytest.mark.parametrize("name", PACKED)
def test_a_packed_file_is_unpacked_whatever_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "t").write_bytes(PACKED[name])
    assert contents(tmp_path / "t") == {"t": DATA}


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("a.jsonl.gz", ".jsonl"),
        ("a.CSV.zst", ".csv"),
        ("a.gz", ""),
        ("RC_2026-01.zst", ""),
        ("a.b.tsv", ".tsv"),
    ],
)
def test_the_extension_is_the_one_without_the_packing(tmp_path: Path, name: str, extension: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(DATA))
    assert only_source(tmp_path / name).extension == extension


def test_a_file_that_is_not_packed_can_be_read_anywhere(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"0123456789")
    seen = []

    for source in open_sources(Input(tmp_path / "t"), lambda note: None):
        assert isinstance(source, Source)
        source.stream.seek(5)
        seen.append((source.stream.read(), source.size))
    assert seen == [(b"56789", 10)]


@pytest.mark.parametrize("name", PACKED)
def test_what_comes_before_a_cut_is_read(tmp_path: Path, name: str) -> None:
    data = os.urandom(2_000_000)
    packed = PACK[name](data)
    (tmp_path / "t").write_bytes(packed[: len(packed) - 20])

    for source in open_sources(Input(tmp_path / "t"), lambda note: None):
        assert isinstance(source, Source)
        read = b""
        with pytest.raises(FeedError, match="damaged or cut off"):
            while part := source.stream.read1(65_536):  # type: ignore[attr-defined]
                read += part
        assert data.startswith(read)
        assert len(source.sample) <= len(read)


BOMBS: dict[str, Callable[[bytes], bytes]] = PACK | {
    "zip": lambda data: zip_of({"t": data}, zipfile.ZIP_BZIP2),
    "zip in zip": lambda data: zip_of({"in.zip": zip_of({"t": data}, zipfile.ZIP_STORED)}, zipfile.ZIP_BZIP2),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(unpacked_stream, "MIN_CHECKED", 1_000_000)
    monkeypatch.setattr(unpacked_stream, "MAX_RATIO", 200)
    packed = BOMBS[name](bytes(20_000_000))
    (tmp_path / "bomb").write_bytes(packed)
    [error] = contents(tmp_path / "bomb").values()
    assert "decompression bomb" in str(error)


@pytest.mark.parametrize("start", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00", b"\x04\x22\x4d\x18"])
def test_an_unknown_packing_is_named(tmp_path: Path, start: bytes) -> None:
    (tmp_path / "t").write_bytes(start + bytes(100))
    [error] = contents(tmp_path / "t").values()
    assert "unpack it" in str(error)


@pytest.mark.parametrize("prepare", ["missing", "folder/missing", "unreadable"])
def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path, prepare: str) -> None:
    path = tmp_path / prepare
    if prepare == "unreadable":
        path.symlink_to(path)  # a link to itself: root may read any file
    [error] = contents(path).values()
    assert str(path) in str(error)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that cannot be read")
def test_a_file_that_cannot_be_read_is_an_error_with_its_name() -> None:
    [error] = open_sources(Input(Path("/proc/self/mem")), lambda note: None)
    assert isinstance(error, FeedError)
    assert "/proc/self/mem" in str(error)


@pytest.mark.parametrize("packed", [DATA, PACKED["zstd"], zip_of({"t": DATA})])
def test_a_named_pipe_is_read(tmp_path: Path, packed: bytes) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(packed,))
    writer.start()
    assert list(contents(tmp_path / "pipe").values()) == [DATA]
    writer.join()


def test_an_empty_file_is_an_empty_source() -> None:
    assert only_source(Path("/dev/null")).sample == b""


SEEDS = PACKED | {
    "zip": zip_of({"a.jsonl": DATA, "b.csv.gz": PACKED["gzip"]}),
    "tar": tar_of({"a.jsonl": DATA}),
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from(sorted(SEEDS)),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=4),
    st.floats(0, 1),
)
def test_any_damage_is_an_error_that_names_the_file(
    tmp_path: Path, seed: str, changes: list[tuple[float, int]], end: float
) -> None:
    data = bytearray(SEEDS[seed])
    for place, byte in changes:
        data[int(place * (len(data) - 1))] = byte
    (tmp_path / "t").write_bytes(data[: round(end * len(data))])
    for source in open_sources(Input(tmp_path / "t"), lambda note: None):
        try:
            if isinstance(source, FeedError):
                raise source
            while source.stream.read(65_536):
                pass
        except FeedError as error:
            assert str(tmp_path / "t") in str(error)
