"""Progress in a log: lines with loss, speed and time left, neither too many nor too few."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

import pytest
from rich.console import Console

from models.network import CLASSIFIER, EXTRACTOR
from training.cli.progress import ProgressLines, TrainingProgress, duration, progress_bar, working


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def log() -> Console:
    """A console that is not a terminal."""
    return Console(file=io.StringIO(), width=200, soft_wrap=True)


def lines(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_a_short_piece_of_work_prints_nothing() -> None:
    console = log()
    with progress_bar(100, console=console) as advance:
        for _ in range(100):
            advance(1)
    assert lines(console) == []


def test_a_long_piece_of_work_prints_a_line_for_each_twentieth() -> None:
    console, clock = log(), Clock()
    work = ProgressLines(console, "texts", 1_000, "texts", clock=clock)
    for _ in range(1_000):
        clock.now += 1
        work.advance(1)
    printed = lines(console)
    assert len(printed) == 19
    assert printed[0] == "texts: 5% (50 of 1,000 texts), 16 min left"


def test_slow_work_prints_a_line_each_minute() -> None:
    console, clock = log(), Clock()
    work = ProgressLines(console, "texts", 100_000, "texts", clock=clock)
    for _ in range(10):
        clock.now += 30
        work.advance(1)
    assert len(lines(console)) == 5


def test_work_done_before_does_not_count_for_the_speed() -> None:
    console, clock = log(), Clock()
    work = ProgressLines(console, "steps", 200, "steps", done=100, clock=clock)
    for _ in range(50):
        clock.now += 2
        work.advance(1)
    assert lines(console)[-1] == "steps: 75% (150 of 200 steps), 2 min left"


def test_a_training_prints_losses_speed_and_time_before_its_first_epoch_ends() -> None:
    console, clock = log(), Clock()
    with TrainingProgress(console, clock=clock) as progress:
        progress.on_network_start("network", 2)
        progress.on_data({CLASSIFIER.task: 6_400, EXTRACTOR.task: 1_600})
        progress.on_epoch_start(0, 200)
        for step in range(20):
            clock.now += 1
            progress.on_step_end(CLASSIFIER.task, 0.5, 199 - step)
    first, second, third = lines(console)
    assert "6,400" in first
    assert "200 steps" in second
    assert re.fullmatch(
        r"network, epoch 1 of 2: 5% \(20 of 400 steps\), loss 1a 0\.500, 40 examples/s, 6 min left", third
    )


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (89, "89 s"), (600, "10 min"), (12_000, "3 h 20 min")]
)
def test_times_are_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_work_of_unknown_length_is_named_in_a_log() -> None:
    console = log()
    with working("quantizing", console=console):
        pass
    assert lines(console) == ["quantizing …"]


BRACKETS = "seed [/] of [bold]x[/y] \x1b[31m"


def terminal() -> Console:
    """A console that takes itself for a terminal."""
    return Console(file=io.StringIO(), width=300, force_terminal=True, color_system=None)


def test_titles_and_units_are_shown_as_they_are_on_a_terminal() -> None:
    console = terminal()
    with progress_bar(3, BRACKETS, console=console) as advance:
        advance(3)
    with working(f"reading {BRACKETS}", console=console):
        pass
    with TrainingProgress(console) as progress:
        progress.on_network_start(BRACKETS, 1)
        progress.on_epoch_start(0, 2)
        progress.on_step_end(CLASSIFIER, 0.5, 1)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert shown.count("seed [/] of [bold]x[/y]") >= 3
    assert "\x1b[31m" not in shown
