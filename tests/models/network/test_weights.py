"""Named tensors: each difference is reported, and values are copied only if all tensors fit."""

from __future__ import annotations

import pytest
import torch

from models.network import tensor_mismatches
from models.network.weights import copy_tensors, tensors_equal


def test_each_mismatch_is_reported_by_name() -> None:
    expected = {"a": torch.zeros(2), "b": torch.zeros(2, 3), "c": torch.zeros(1)}
    actual = {"a": torch.ones(2), "b": torch.zeros(3, 2), "d": torch.zeros(1)}
    assert list(tensor_mismatches(expected, actual)) == [
        "lacks the tensor c",
        "has an unknown tensor d",
        "b has the shape [3, 2] instead of [2, 3]",
    ]


def test_tensors_are_equal_if_all_shapes_and_values_are() -> None:
    left = [torch.zeros(2), torch.ones(3)]
    assert tensors_equal(left, [torch.zeros(2), torch.ones(3)])
    assert not tensors_equal(left, [torch.zeros(2), torch.zeros(3)])
    assert not tensors_equal(left, left[:1])


def test_values_are_copied_in_place() -> None:
    target, source = {"a": torch.zeros(2)}, {"a": torch.ones(2)}
    tensor = target["a"]
    copy_tensors(target, source)
    assert tensor.tolist() == [1, 1]
    source["a"].zero_()
    assert tensor.tolist() == [1, 1]


def test_nothing_is_copied_if_one_tensor_does_not_fit() -> None:
    target = {"a": torch.zeros(2), "b": torch.zeros(1)}
    with pytest.raises(ValueError, match="lacks the tensor b"):
        copy_tensors(target, {"a": torch.ones(2)})
    assert target["a"].tolist() == [0, 0]
