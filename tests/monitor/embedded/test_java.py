"""Which Java runs Apache Kafka."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.embedded.java import find_java, java_version
from monitor.errors import EmbeddedError


def program(path: Path, version: str) -> Path:
    """Write a program that answers `-version` as a Java does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)


@pytest.mark.parametrize(
    ("version", "number"), [("17.0.15", 17), ("25.0.2", 25), ("21-ea", 21), ("1.8.0_452", 8), ("none", 0)]
)
def test_versions_of_old_and_new_java_are_understood(tmp_path: Path, version: str, number: int) -> None:
    assert java_version(program(tmp_path / "java", version)) == number


def test_a_java_that_is_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = program(tmp_path / "home" / "bin" / "java", "11.0.2")
    new = program(tmp_path / "path" / "java", "17.0.1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert find_java() == new
    new.unlink()
    with pytest.raises(EmbeddedError, match=r"ade-monitor\[kafka\]") as caught:
        find_java()
    assert f"{old} is Java 11" in str(caught.value)


def test_a_missing_java_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(EmbeddedError, match="JAVA_HOME"):
        find_java()
