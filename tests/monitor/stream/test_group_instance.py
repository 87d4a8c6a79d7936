"""Workers of a machine have different names in their group; a killed one leaves its name to the next."""

from __future__ import annotations

import subprocess
import sys

import pytest

from monitor.stream.group_instance import AUTO, NONE, GroupInstance
from tests.processes import PATIENCE

HOLDS_A_NAME = """
import sys, time
from monitor.stream.group_instance import AUTO, GroupInstance
instance = GroupInstance(AUTO, sys.argv[1])
print(instance.name, flush=True)
time.sleep(3600)
"""


def test_workers_of_one_group_have_different_names() -> None:
    first, second, third = (GroupInstance(AUTO, "a group") for _ in range(3))
    assert len({first.name, second.name, third.name}) == 3
    second.close()
    fourth = GroupInstance(AUTO, "a group")
    assert fourth.name == second.name
    for instance in (first, third, fourth):
        instance.close()


def test_a_killed_worker_leaves_its_name_to_the_next_one() -> None:
    command = [sys.executable, "-c", HOLDS_A_NAME, "a group with kills"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        name = worker.stdout.readline().strip()
        other = GroupInstance(AUTO, "a group with kills")
        assert other.name != name
        worker.kill()
        worker.wait(PATIENCE)
    successor = GroupInstance(AUTO, "a group with kills")
    assert successor.name == name
    successor.close()
    other.close()


@pytest.mark.parametrize(("setting", "name"), [(NONE, None), ("worker-7", "worker-7")])
def test_a_setting_comes_first(setting: str, name: str | None) -> None:
    assert GroupInstance(setting, "a group").name == name


def test_names_have_the_letters_that_kafka_takes() -> None:
    instance = GroupInstance(AUTO, "группа / with spaces")
    assert instance.name is not None
    assert all(letter.isalnum() or letter in "._-" for letter in instance.name)
    assert instance.name.isascii()
    instance.close()
