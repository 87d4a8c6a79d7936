"""No label of a metric can hold what comes from outside, whatever arrives."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from monitor import metrics, retrying
from monitor.bounded_labels import LABEL_VALUES, OTHER, PARTITION, BoundedCounter, bounded_value
from monitor.ingest import REASONS, UNREAD_REASONS
from monitor.metrics import CONNECTOR, EVERY_PROCESS, SUPERVISOR, WORKER
from monitor.stream.batch_results import MODEL_CRASH, MODEL_ERROR

PACKAGE: Final = Path(metrics.__file__).parent
MOST_SERIES: Final = 200
"""Values of a label; each may become a series in every process."""


def labelled(registry: CollectorRegistry) -> dict[str, tuple[str, ...]]:
    """Return the labels of each metric of ours in a registry."""
    return {
        metric._name: metric._labelnames
        for metric in registry._collector_to_names
        if getattr(metric, "_labelnames", ()) and metric._name.startswith("ade_")
    }


@pytest.mark.parametrize("label", sorted(LABEL_VALUES))
@given(value=st.one_of(st.text(), st.from_regex(r"\d{1,20}"), st.sampled_from(["en", "not-json", "zoloft"])))
def test_a_label_takes_values_of_its_list_only(label: str, value: str) -> None:
    assert bounded_value(label, value) in LABEL_VALUES[label] | {OTHER}
    assert len(LABEL_VALUES[label]) <= MOST_SERIES


@given(value=st.one_of(st.text(), st.from_regex(r"\d{1,20}"), st.none(), st.floats()))
def test_the_id_of_a_post_is_not_a_partition(value: object) -> None:
    assert bounded_value(PARTITION, value) == OTHER
    assert bounded_value(PARTITION, 3) == "3"


@pytest.mark.parametrize("kind", ["EVERY_PROCESS", "WORKER", "CONNECTOR", "SUPERVISOR"])
def test_every_label_has_a_list_of_values(kind: str) -> None:
    registry = {
        "EVERY_PROCESS": EVERY_PROCESS,
        "WORKER": WORKER,
        "CONNECTOR": CONNECTOR,
        "SUPERVISOR": SUPERVISOR,
    }[kind]
    for name, labels in labelled(registry).items():
        assert set(labels) <= LABEL_VALUES.keys() | {PARTITION}, name


def test_labels_are_passed_by_name() -> None:
    counter = BoundedCounter("a", "A test.", ["reason"], registry=None)
    with pytest.raises(TypeError, match="reason"):
        counter.labels("not-json")
    with pytest.raises(KeyError):
        BoundedCounter("b", "A test.", ["author"], registry=None).labels(author="ann")


def test_every_reason_of_a_dead_letter_has_a_series_of_its_own() -> None:
    assert LABEL_VALUES["reason"] == {*REASONS, *UNREAD_REASONS, MODEL_ERROR, MODEL_CRASH}


def test_every_dependency_has_a_series_of_its_own() -> None:
    names = {
        retrying.BROKER,
        retrying.DATABASE,
        retrying.PLATFORM,
        retrying.PROGRAM,
        retrying.REDIS,
        retrying.ROUTE,
    }
    assert LABEL_VALUES["dependency"] == names


def constant_labels() -> list[tuple[str, str, str]]:
    """Return the values of labels that our code names: file, label and value."""
    constants = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "labels":
                constants += [
                    (str(path.relative_to(PACKAGE)), keyword.arg, keyword.value.value)
                    for keyword in node.keywords
                    if keyword.arg and isinstance(keyword.value, ast.Constant)
                ]
    return constants


def test_no_value_in_our_code_is_missing_in_its_list() -> None:
    constants = constant_labels()
    assert constants
    for file, label, value in constants:
        assert value in LABEL_VALUES[label], f"{file}: {label}={value!r}"
