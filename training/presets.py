"""The configurations of the paper (section 4, Table 1), and our own preset `full`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final, Literal, get_args, get_type_hints

from models.languages import parse_languages
from models.options import NormalizerChoice
from training.errors import RunError
from training.loop import AT_LEAST_ONE, NOT_NEGATIVE, TrainingConfig, ValueRange, check_ranges
from training.retrieval import RetrieverConfig

_RANGES: Final[Mapping[str, ValueRange]] = {
    "fewest_examples": AT_LEAST_ONE,
    "extractor_negatives": NOT_NEGATIVE,
    "augmented_positives": AT_LEAST_ONE,
    "context_dropout": ValueRange(lambda value: 0 <= value <= 1, "from 0 to 1"),
}


@dataclass(frozen=True)
class Method:
    """A configuration: how networks are trained, how many, and how their predictions are combined.

    Attributes:
        name: of the preset that it comes from.
        training: settings of Algorithm 1.
        classifiers: 1; 3, the boosting ensemble; or 5, with two more on the augmented set.
        vote: how an ensemble decides: by the majority of its classifiers, or by their mean probability.
        feedback: Algorithm 2, line 12: a tweet without a span becomes NoADE.
        context: Algorithm 2, line 10: the Normalizer reads the tweet along with the span (variant b).
        drop_uncoded: whether a span without a code is dropped before line 12: with `f1`, where F1 on
            validation gains by it.
        reads_context: whether Classifier and Extractor read the context of a text before it, such as the
            title of its thread.
        context_dropout: share of the training texts that are read without their context, so that a bundle
            that reads contexts also works where there is none.
        fewest_examples: number of training spans that a PTID needs to be a class of the Normalizer.
        extractor_negatives: negative texts, all tokens O, that the Extractor sees for each positive one.
        augmented_positives: new positives for each positive in the augmented set.
        threshold: the Classifier's: one half, or the one with the best F1 on validation.
        normalizer: which one codes the spans: the paper's classifier; retrieval, which searches the names of
            a dictionary; or hybrid, which combines both. The latter two need a retriever.
        retriever: settings of the retriever's training; their keys start with "retriever-".
        start_from: a bundle, by its name or folder, whose layers, heads and retriever are trained further;
            empty to start from the pretrained encoder.
        keep_labels: with a bundle to start from, keep the classes of its Normalizer, too.
        languages: of the training texts, for the bundle: by default, workers skip posts in other languages.
            The training itself does not depend on them.

    Raises:
        RunError: a value is out of range; the message names the setting.
    """

    name: str = "mtl"
    training: TrainingConfig = field(default_factory=TrainingConfig)
    classifiers: Literal[1, 3, 5] = 1
    vote: Literal["majority", "mean"] = "majority"
    feedback: bool = True
    context: bool = False
    drop_uncoded: Literal["never", "always", "f1"] = "never"
    reads_context: bool = False
    context_dropout: float = 0.5
    fewest_examples: int = 4
    extractor_negatives: float = 0.0
    augmented_positives: int = 5
    threshold: Literal["half", "f1"] = "half"
    normalizer: NormalizerChoice = "classifier"
    retriever: RetrieverConfig = field(default_factory=RetrieverConfig)
    start_from: str = ""
    keep_labels: bool = True
    languages: tuple[str, ...] = ("en",)

    def __post_init__(self) -> None:
        check_ranges(self, _RANGES)

    @property
    def choices_of_dropping(self) -> tuple[bool, ...]:
        """The values of `Options.drop_uncoded` to choose from; of equally good ones the first is taken."""
        choices = {"never": (False,), "always": (True,), "f1": (False, True)}
        return choices[self.drop_uncoded]

    @property
    def uses_augmented_set(self) -> bool:
        """True if some of the classifiers are trained on the augmented set."""
        return self.classifiers > 3


_FULL: Final = TrainingConfig(
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
        "full": Method(
            "full", _FULL, threshold="f1", drop_uncoded="f1", extractor_negatives=1.0, fewest_examples=1
        ),
    }
)

_RETRIEVER: Final = "retriever_"


def preset(name: str, settings: Iterable[str] = ()) -> Method:
    """Return a preset, changed by settings of the form `key=value`. In keys, `-` and `_` are the same.

    Raises:
        RunError: there is no such preset or key, or the key cannot have the value.
    """
    if name not in PRESETS:
        raise RunError(f"there is no preset {name!r}: choose one of {', '.join(PRESETS)}")
    method = PRESETS[name]
    for setting in settings:
        method = _apply(method, setting)
    return method


def _apply(method: Method, setting: str) -> Method:
    """Return a method with one setting changed, in itself or in the settings of one of its trainings."""
    key, equals, text = setting.partition("=")
    key, text = key.strip().replace("-", "_"), text.strip()
    method_keys = {f.name for f in fields(Method)} - {"name", "training", "retriever"}
    training_keys = {f.name for f in fields(TrainingConfig)}
    retriever_keys = {f"{_RETRIEVER}{f.name}" for f in fields(RetrieverConfig)}
    all_keys = method_keys | training_keys | retriever_keys
    if not equals or key not in all_keys:
        raise _unknown_setting(setting, key, has_value=bool(equals), keys=all_keys)
    if key in method_keys:
        return replace(method, **{key: _parse(Method, key, text)})
    if key in retriever_keys:
        name = key.removeprefix(_RETRIEVER)
        value = _parse(RetrieverConfig, name, text, shown_key=key)
        return replace(method, retriever=replace(method.retriever, **{name: value}))
    value = _parse(TrainingConfig, key, text)
    return replace(method, training=replace(method.training, **{key: value}))


def _unknown_setting(setting: str, key: str, *, has_value: bool, keys: Iterable[str]) -> RunError:
    names = sorted(name.replace("_", "-") for name in keys)
    near = get_close_matches(key.replace("_", "-"), names, n=1)
    advice = "write KEY=VALUE, with one of"
    if near and has_value:
        advice = f"did you mean {near[0]}? All keys are"
    return RunError(f"--set {setting!r} is not a setting: {advice} {', '.join(names)}")


def _parse(owner: type, key: str, text: str, *, shown_key: str = "") -> Any:
    """Parse the value of a field of `owner` by the field's type."""
    name = (shown_key or key).replace("_", "-")
    kind = get_type_hints(owner)[key]
    if key == "languages":
        return _parse_languages(text)
    choices = get_args(kind)
    if choices:
        for choice in choices:
            if str(choice) == text:
                return choice
        raise RunError(f"{name} is {text!r}: choose one of {', '.join(map(str, choices))}")
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise RunError(f"{name} is {text!r}: it must be true or false")
        return text.lower() == "true"
    try:
        return kind(text)
    except ValueError:
        raise RunError(f"{name} is {text!r}: it must be of type {kind.__name__}") from None


def _parse_languages(text: str) -> tuple[str, ...]:
    """Parse the languages of the training texts, which have commas between them.

    Raises:
        RunError: there is none, or one of them is not a language tag.
    """
    try:
        languages = parse_languages(tag for tag in text.split(",") if tag.strip())
    except ValueError as error:
        raise RunError(f"languages is {text!r}: {error}") from None
    if not languages:
        raise RunError(f"languages is {text!r}: name the languages of the texts, such as en or en,es")
    return languages
