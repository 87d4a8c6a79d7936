"""How data is packed is detected from its first bytes."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feed.unpacking import PACKINGS, packing_of
from tests.monitor.feed.packed_files import DATA, PACKED


@pytest.mark.parametrize("name", PACKED)
def test_each_packing_is_detected_and_unpacked(name: str) -> None:
    packing = packing_of(PACKED[name])
    assert packing is not None
    assert packing.name == name
    assert packing.unpack is not None
    assert packing.unpack(io.BytesIO(PACKED[name])).read() == DATA


@pytest.mark.parametrize("name", PACKED)
def test_packed_files_may_be_joined(name: str) -> None:
    packing = packing_of(PACKED[name])
    assert packing is not None
    assert packing.unpack is not None
    assert packing.unpack(io.BytesIO(PACKED[name] * 2)).read() == DATA * 2


def test_a_frame_that_zstd_skips_may_come_first() -> None:
    frame = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"
    packing = packing_of(frame + PACKED["zstd"])
    assert packing is not None
    assert packing.unpack is not None
    assert packing.unpack(io.BytesIO(frame + PACKED["zstd"])).read() == DATA


@pytest.mark.parametrize("start", [b"", b"{", b'{"id": 1}', b"id,text\n", b"\xff\xfe{\0", b"PAR1", b"B"])
def test_data_is_not_packed(start: bytes) -> None:
    assert packing_of(start) is None


@given(st.binary(max_size=600))
def test_any_bytes_have_at_most_one_packing(start: bytes) -> None:
    assert packing_of(start) in (None, *PACKINGS)
