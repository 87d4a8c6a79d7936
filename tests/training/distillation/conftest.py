"""A tiny teacher, and texts that it has not been trained on."""

from pathlib import Path

import pytest

from tests.tiny import EFFECTS, make_tiny_bundle, write_checkpoint
from training.examples import Example

SUBJECTS = ("zoloft", "this pill", "my pill", "hello")
VERBS = ("gives me", "and", "just got my", "took my")


@pytest.fixture(scope="session")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny bundle that knows four adverse effects; not to be changed."""
    return make_tiny_bundle(tmp_path_factory.mktemp("teaching") / "teacher")


@pytest.fixture(scope="session")
def student_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained encoder with other weights than the teacher's."""
    return write_checkpoint(tmp_path_factory.mktemp("teaching") / "student", seed=7)


@pytest.fixture(scope="session")
def texts() -> list[Example]:
    """Texts with and without effects, whose labels are all 0, as if nobody had annotated them."""
    ends = [*EFFECTS, "zoloft", "day", "you", "pill again"]
    written = [
        f"{start} {subject} {verb} {end}".strip()
        for start in ("", "so")
        for subject in SUBJECTS
        for verb in VERBS
        for end in ends
    ]
    return [Example(str(number), text, 0) for number, text in enumerate(written)]
