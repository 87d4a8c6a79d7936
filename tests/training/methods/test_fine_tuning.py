"""Fine-tuning the default bundle on a hundred posts of one's own, by the recipe of docs/training.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from models import ServingOptions, load_scorer
from tests.training.methods.goblin_posts import goblin_posts, hundred_posts
from tests.training.tiny_methods import training_run
from training.evaluation import evaluate
from training.methods import effective_method, train_method

RECIPE = (
    "epochs=6",
    "learning-rate=5e-5",
    "head-learning-rate=2e-4",
    "batch-size-1a=16",
    "batch-size-1b=8",
    "batch-size-1c=8",
)


def f1_of(bundle: str) -> Mapping[str, float]:
    """Return F1 of each subtask on 40 posts that no bundle has seen."""
    scorer = load_scorer(bundle, ServingOptions(device="cpu"))
    scores = evaluate(scorer, goblin_posts("test", 40)).to_json()
    return {task: scores[task]["f1"] for task in ("1a", "1b", "1c")}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_hundred_posts_teach_the_default_bundle_what_is_special_about_them(tmp_path: Path) -> None:
    method = effective_method("full", RECIPE, device=torch.device("cpu"), start_from="default")
    out = tmp_path / "bundle"
    train_method(method, hundred_posts(), out=out, run=training_run(tmp_path), command="ade-train train")
    before, after = f1_of("default"), f1_of(str(out))
    assert all(after[task] > before[task] + 0.1 for task in before), (before, after)
