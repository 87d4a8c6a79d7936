"""The configurations of the paper (section 4, Table 1), and ours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final, Literal, get_args, get_type_hints

from models.options import Choice
from training.errors import RunError
from training.loop.config import TrainingConfig
from training.retrieval.config import RetrieverConfig


@dataclass(frozen=True)
class Method:
    """A configuration: how networks are trained, how many, and how their answers are put together.

    Attributes:
        name: of the preset that it comes from.
        training: settings of Algorithm 1.
        classifiers: 1; 3, the boosting ensemble; or 5, with two more on the augmented set.
        vote: how an ensemble decides: by the majority of its classifiers, or by their mean probability.
        feedback: Algorithm 2, line 12: a tweet without a span becomes NoADE.
        context: Algorithm 2, line 10: the Normalizer reads the tweet beside the span (variant b).
        fewest_examples: a PTID needs so many training spans to be a class of the Normalizer.
        extractor_negatives: negative texts, all tokens O, that the Extractor sees for each positive one.
        augmented_positives: new positives made of each positive for the augmented set.
        threshold: the Classifier's: one half, or the one with the best F1 on validation.
        normalizer: which one codes the spans: the paper's classifier; retrieval, by the names of a
            dictionary; or hybrid, both. A retriever is trained for the latter two.
        retriever: settings of its training; as keys they begin with "retriever-".
    """

    name: str = "mtl"
    training: TrainingConfig = field(default_factory=TrainingConfig)
    classifiers: Literal[1, 3, 5] = 1
    vote: Literal["majority", "mean"] = "majority"
    feedback: bool = True
    context: bool = False
    fewest_examples: int = 4
    extractor_negatives: float = 0.0
    augmented_positives: int = 5
    threshold: Literal["half", "f1"] = "half"
    normalizer: Choice = "classifier"
    retriever: RetrieverConfig = field(default_factory=RetrieverConfig)

    def __post_init__(self) -> None:
        if self.fewest_examples < 1:
            raise RunError(f"fewest-examples is {self.fewest_examples}: it must be 1 or more")
        if not 0 <= self.extractor_negatives < math.inf:
            raise RunError(f"extractor-negatives is {self.extractor_negatives}: it must be 0 or more")
        if self.augmented_positives < 1:
            raise RunError(f"augmented-positives is {self.augmented_positives}: it must be 1 or more")


_RETRIEVER: Final = "retriever_"

_FULL = TrainingConfig(
    frozen_layers=0,
    pooling="mean",
    epochs=3,
    batch_size_1a=32,
    learning_rate=1e-4,
    head_learning_rate=1e-3,
    layer_decay=0.8,
    schedule="linear",
    warmup=0.06,
    max_tokens=96,
)

PRESETS: Final[Mapping[str, Method]] = MappingProxyType(
    {
        "mtl": Method("mtl"),
        "boosting-ensemble": Method("boosting-ensemble", classifiers=3),
        "enhanced-ensemble": Method("enhanced-ensemble", classifiers=5),
        "enhanced-normalizer": Method("enhanced-normalizer", context=True),
        "full": Method("full", _FULL, threshold="f1", extractor_negatives=1.0, fewest_examples=1),
    }
)


def preset(name: str, settings: Iterable[str] = ()) -> Method:
    """Give a preset, changed by settings of the form `key=value`; `-` and `_` are the same in a key.

    Raises:
        RunError: there is no such preset or key, or a value that the key cannot have.
    """
    if name not in PRESETS:
        raise RunError(f"there is no preset {name!r}: choose one of {', '.join(PRESETS)}")
    method = PRESETS[name]
    for setting in settings:
        method = _changed(method, setting)
    return method


def _changed(method: Method, setting: str) -> Method:
    key, equals, text = setting.partition("=")
    key = key.strip().replace("-", "_")
    of_method = {f.name for f in fields(Method)} - {"name", "training", "retriever"}
    of_training = {f.name for f in fields(TrainingConfig)}
    of_retriever = {f"{_RETRIEVER}{f.name}" for f in fields(RetrieverConfig)}
    if not equals or key not in of_method | of_training | of_retriever:
        names = sorted(name.replace("_", "-") for name in of_method | of_training | of_retriever)
        near = get_close_matches(key.replace("_", "-"), names, n=1)
        meant = f"did you mean {near[0]}? All keys are" if near and equals else "write KEY=VALUE, with one of"
        raise RunError(f"--set {setting!r} is no setting: {meant} {', '.join(names)}")
    if key in of_method:
        return replace(method, **{key: _value(Method, key, text.strip())})
    if key in of_retriever:
        own = key.removeprefix(_RETRIEVER)
        changed = replace(method.retriever, **{own: _value(RetrieverConfig, own, text.strip(), told=key)})
        return replace(method, retriever=changed)
    return replace(
        method, training=replace(method.training, **{key: _value(TrainingConfig, key, text.strip())})
    )


def _value(owner: type, key: str, text: str, *, told: str = "") -> Any:
    told = (told or key).replace("_", "-")
    kind = get_type_hints(owner)[key]
    choices = get_args(kind)
    if choices:
        for choice in choices:
            if str(choice) == text:
                return choice
        raise RunError(f"{told} is {text!r}: choose one of {', '.join(map(str, choices))}")
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise RunError(f"{told} is {text!r}: it must be true or false")
        return text.lower() == "true"
    try:
        return kind(text)
    except ValueError:
        raise RunError(f"{told} is {text!r}: it must be of type {kind.__name__}") from None
