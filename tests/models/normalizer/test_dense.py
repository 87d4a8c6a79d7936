"""Search by meaning."""

from __future__ import annotations

import pytest
import torch

from models.normalizer import DenseIndex, NameIndex
from tests.models.normalizer.small_dictionary import NAMES, VECTORS

CPU = torch.device("cpu")


@pytest.mark.parametrize(("bfloat16", "tolerance"), [(False, 1e-6), (True, 0.01)])
def test_cosines_are_those_of_all_pairs(
    bfloat16: bool, tolerance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.normalizer.dense.prefers_bfloat16", lambda device: bfloat16)
    cosines = DenseIndex(VECTORS, CPU).cosines(VECTORS[:3])
    assert cosines.shape == (3, len(NAMES))
    assert cosines.dtype == (torch.bfloat16 if bfloat16 else torch.float32)
    torch.testing.assert_close(cosines.float(), VECTORS[:3] @ VECTORS.T, atol=tolerance, rtol=0)


@pytest.mark.parametrize("shape", [(len(NAMES) - 1, 8), (len(NAMES) + 1, 8), (len(NAMES),)])
def test_each_name_needs_a_vector(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=f"{len(NAMES)} names"):
        NameIndex(NAMES, torch.zeros(shape))
