"""Files, archives and pipes are opened as sources, whatever they are packed with."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.feed import FeedError, Input, Source, archives, open_sources, unpacked_stream
from monitor.feed.unpacking import zipfile as newer
from tests.monitor.feed.test_unpacking import DATA, PACK, PACKED

ZSTD_ZIP = 93


def contents(path: Path) -> dict[str, bytes | str]:
    """Return the bytes of each source, or the error in its place."""

    result: dict[str, bytes | str] = {}
    for number, source in enumerate(open_sources(Input(path), lambda note: None)):
        if isinstance(source, FeedError):
            result[f"error {number}"] = str(source)
            continue
        name = source.name.removeprefix(f"{path}").lstrip("/") or path.name
        try:
            result[name] = source.stream.read()
        except FeedError as error:
            result[name] = str(error)
    return result


def zip_of(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def tar_of(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def only_source(path: Path) -> Source:

    [source] = open_sources(Input(path), lambda note: None)
    assert isinstance(source, Source)
    return source


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


def test_each_member_of_an_archive_is_a_source(tmp_path: Path) -> None:
    members = {"in/b.csv.gz": gzip.compress(b"id,text\n"), "a.jsonl": DATA, "x.png": b"png"}
    (tmp_path / "a.zip").write_bytes(zip_of(members))
    (tmp_path / "a.tgz").write_bytes(gzip.compress(tar_of(members)))
    expected = {"a.jsonl": DATA, "in/b.csv.gz": b"id,text\n"}
    assert contents(tmp_path / "a.zip") == contents(tmp_path / "a.tgz") == expected


def test_archives_may_be_in_archives(tmp_path: Path) -> None:
    inner = zip_of({"t.jsonl.gz": gzip.compress(DATA)})
    (tmp_path / "a.tar").write_bytes(tar_of({"in.zip": inner}))
    assert contents(tmp_path / "a.tar") == {"in.zip/t.jsonl.gz": DATA}
    (tmp_path / "b.tar").write_bytes(tar_of({"in.zip": zip_of({"x.zip": zip_of({"y.zip": inner})})}))
    [error] = contents(tmp_path / "b.tar").values()
    assert "4 times" in str(error)


def test_a_zip_file_may_use_other_methods(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        (tmp_path / "a.zip").write_bytes(zip_of({"t": DATA}, method))
        assert contents(tmp_path / "a.zip") == {"t": DATA}
    with newer.ZipFile(tmp_path / "a.zip", "w", ZSTD_ZIP) as archive:
        archive.writestr("t", DATA)
    assert contents(tmp_path / "a.zip") == {"t": DATA}


def test_a_workbook_is_not_unpacked(tmp_path: Path) -> None:
    workbook = zip_of({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"})
    for packed in (workbook, gzip.compress(workbook), zip_of({"in.xlsx": workbook})):
        (tmp_path / "t").write_bytes(packed)
        assert list(contents(tmp_path / "t").values()) == [workbook]


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


@pytest.mark.parametrize("cut", [20, 5_000])
def test_a_cut_archive_is_an_error_that_names_it(tmp_path: Path, cut: int) -> None:
    data = zip_of({f"{number}.jsonl": os.urandom(10_000) for number in range(3)})
    (tmp_path / "a.zip").write_bytes(data[:-cut])
    [error] = contents(tmp_path / "a.zip").values()
    assert "a.zip is damaged or cut off" in str(error)


def test_a_damaged_member_does_not_stop_the_others(tmp_path: Path) -> None:
    data = bytearray(zip_of({"1": b"x" * 1_000, "2": DATA}, zipfile.ZIP_STORED))
    data[data.index(b"xxx") + 10] = 0
    (tmp_path / "a.zip").write_bytes(data)
    error, second = contents(tmp_path / "a.zip").values()
    assert "damaged" in str(error)
    assert second == DATA


def test_a_cut_tar_archive_keeps_its_first_members(tmp_path: Path) -> None:
    data = tar_of({"1": DATA, "2": DATA})
    (tmp_path / "a.tar").write_bytes(data[: len(DATA) + 1_500])
    first, *others = contents(tmp_path / "a.tar").values()
    assert first == DATA
    assert "damaged or cut off" in str(others[-1])


def test_an_encrypted_member_is_an_error(tmp_path: Path) -> None:
    data = bytearray(zip_of({"1": DATA, "2": DATA}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    error, second = contents(tmp_path / "a.zip").values()
    assert "password" in str(error)
    assert second == DATA


def test_a_zip_file_with_a_wrong_position_of_a_member_is_an_error(tmp_path: Path) -> None:
    data = bytearray(zip_of({"1": DATA, "2": DATA}))
    entry = data.index(b"PK\x01\x02")
    data[entry + 42 : entry + 46] = b"\xf0\xff\xff\xff"
    (tmp_path / "a.zip").write_bytes(data)
    assert all("a.zip" in str(error) for error in contents(tmp_path / "a.zip").values() if error != DATA)


@pytest.mark.parametrize("members", [{}, {"x.png": b"png"}])
def test_an_archive_without_data_is_an_error(tmp_path: Path, members: dict[str, bytes]) -> None:
    (tmp_path / "a.zip").write_bytes(zip_of(members))
    [error] = contents(tmp_path / "a.zip").values()
    assert "no file to read" in str(error)


@pytest.mark.parametrize("pack", [zip_of, tar_of])
def test_an_archive_with_too_many_members_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    (tmp_path / "a").write_bytes(pack({f"{n}.csv": b"" for n in range(4)}))
    assert "more than 3 members" in str([*contents(tmp_path / "a").values()][-1])


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


def test_a_bomb_in_a_zip_file_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacked_stream, "MIN_CHECKED", 1_000_000)
    (tmp_path / "a.zip").write_bytes(zip_of({"t.jsonl": DATA * 100, "u.jsonl": DATA}, zipfile.ZIP_BZIP2))
    error, other = contents(tmp_path / "a.zip").values()
    assert "a.zip/t.jsonl looks like a decompression bomb" in str(error)
    assert other == DATA


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
