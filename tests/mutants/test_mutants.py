"""Mutants differ from their module by one fault, and a trial shows whether tests notice it."""

from __future__ import annotations

import pytest

from tests.mutants.mutations import mutants_of, sample
from tests.mutants.trials import RepositoryCopy

SOURCE = '''"""A module."""

LIMIT = 3


def within(values, seen):
    """Return True if there are fewer values than the limit."""
    log.info("values", count=len(values))
    seen.append(values)
    if not values:
        return False
    return len(values) < LIMIT
'''


def changes(source: str) -> set[str]:
    return {mutant.change for mutant in mutants_of("module.py", source)}


@pytest.mark.parametrize(
    "change",
    [
        "- LIMIT = 3\n+ LIMIT = 4",
        "- return len(values) < LIMIT\n+ return len(values) <= LIMIT",
        "- seen.append(values)\n+ pass",
        "- if not values:\n+ if values:",
        "- return False\n+ return True",
    ],
)
def test_each_kind_of_fault_is_made(change: str) -> None:
    assert change in changes(SOURCE)


def test_logging_is_left_alone() -> None:
    assert not any("log.info" in change for change in changes(SOURCE))


def test_each_mutant_has_one_fault() -> None:
    for mutant in mutants_of("module.py", SOURCE):
        pairs = zip(SOURCE.splitlines(), mutant.code.splitlines(), strict=True)
        assert sum(old != new for old, new in pairs) == 1


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    first, second = (sample("module.py", SOURCE, size=4, seed=1) for _ in range(2))
    assert first == second
    assert len(first) == 4
    assert first != sample("module.py", SOURCE, size=4, seed=2)


@pytest.mark.slow
def test_a_trial_notices_a_fault_and_leaves_the_module_as_it_was() -> None:
    module, tests = "training/scorer/span_matching.py", ["tests/training/scorer/test_official_scores.py"]
    with RepositoryCopy() as copy:
        code = (copy.folder / module).read_text()
        assert copy.trial(tests, module=module, code=code, timeout=120).passed
        broken = code.replace("return", "return None and", 1)
        assert not copy.trial(tests, module=module, code=broken, timeout=120).passed
        assert (copy.folder / module).read_text() == code
        assert not copy.trial(["tests/no_such_test.py"], module=module, code=code, timeout=120).passed
    assert not copy.folder.exists()
