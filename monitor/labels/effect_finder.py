"""Find the effects that the sentences of a label list, with the Extractor and the Normalizer of a bundle.

The threshold of the Classifier is for tweets: it asks whether an author reports an effect. A label does not
report, it lists. So every sentence is read, whatever its probability. A span counts if the Normalizer is
sure of its code, or if the sentence has a name of that PT word for word. `docs/labels.md` has the figures of
this choice and others (`python -m benchmarks.labels`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.normalizer.canonical_words import canonical_words

if TYPE_CHECKING:
    from models import Mention, NormalizerChoice, Scorer
    from models.bundle import Bundle

SURE_CODE: Final = 0.9
"""Probability from which a code counts without its name; chosen on the validation labels of the benchmark."""

CACHED_SENTENCES: Final = 20_000
"""Sentences that are kept: labels of the same drug repeat each other."""

_AROUND: Final = 60  # characters on each side of a span in which a name may start or end


@dataclass(frozen=True, slots=True)
class FoundEffect:
    """An effect in a sentence: its PT, and where its words are."""

    ptid: str
    pt_name: str
    start: int
    end: int


class DictionaryNames:
    """The names of each PT, to be found word for word.

    Args:
        names: PT code and name, for each name of each PT.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._names: dict[str, set[tuple[str, ...]]] = {}
        for ptid, name in names:
            if words := tuple(canonical_words(name)):
                self._names.setdefault(ptid, set()).add(words)

    @classmethod
    def of_bundle(cls, bundle: Bundle) -> DictionaryNames:
        """Take the names of the bundle's release, or those of its labels if it has none."""
        terminology = bundle.dictionary.terminology if bundle.dictionary else None
        if terminology is None:
            return cls((label.ptid, label.pt_name) for label in bundle.labels.classes)
        return cls(
            [
                *terminology.pt_names.items(),
                *((llt.ptid, llt.name) for llt in terminology.llts),
            ]
        )

    def has_name(self, sentence: str, mention: Mention) -> bool:
        """Return True if a name of the mention's PT is in the words of its span, or just around it."""
        names = self._names.get(mention.ptid or "")
        if not names:
            return False
        words = tuple(canonical_words(sentence[max(0, mention.start - _AROUND) : mention.end + _AROUND]))
        return any(
            words[first : first + len(name)] == name
            for name in names
            for first in range(len(words) - len(name) + 1)
        )


class EffectFinder:
    """Finds effects in sentences of labels.

    Args:
        scorer: returns all spans of a text with their best codes, whatever the probability of the text.
        names: of the PTs.
        sure_code: probability from which a code counts without its name.
    """

    def __init__(self, scorer: Scorer, names: DictionaryNames, *, sure_code: float = SURE_CODE) -> None:
        self._scorer = scorer
        self._names = names
        self._sure_code = sure_code

    def find(self, sentences: Sequence[str]) -> list[list[FoundEffect]]:
        """Return the effects of each sentence, in the order of `sentences` and of their words."""
        predictions = self._scorer.score(sentences)
        return [
            [
                FoundEffect(mention.ptid, mention.pt_name or "", mention.start, mention.end)
                for mention in prediction.mentions
                if mention.ptid is not None and self._counts(sentence, mention)
            ]
            for sentence, prediction in zip(sentences, predictions, strict=True)
        ]

    def _counts(self, sentence: str, mention: Mention) -> bool:
        return (mention.pt_score or 0) >= self._sure_code or self._names.has_name(sentence, mention)


def load_finder(
    name: str,
    *,
    device: str = "auto",
    threads: int = 1,
    normalizer: NormalizerChoice | None = None,
    trunk: object = None,
) -> EffectFinder:
    """Load a bundle for reading labels. Of a bundle with two readers, the first one reads.

    Args:
        name: of a bundle of the package, or its folder.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        threads: CPU threads.
        normalizer: instead of the bundle's choice.
        trunk: folder of the pretrained encoder, instead of the source that the bundle names.

    Raises:
        ModelError: there is no such bundle, it is damaged, or there is no such device.
    """
    from models.bundle import Thresholds, load_bundle
    from models.device import resolve_device
    from models.scoring import (
        CachingScorer,
        Pipeline,
        bundle_folder,
        make_engines,
        normalizer_on,
        reader_on,
    )

    bundle = load_bundle(bundle_folder(name), trunk=trunk)  # type: ignore[arg-type]
    config = bundle.config.with_normalizer(normalizer, bundle.path)
    resolved = resolve_device(device)
    lanes = threads if resolved.type == "cpu" else None
    engine = make_engines(bundle, device=resolved, lanes=lanes, early_exit=False).first
    pipeline = Pipeline(
        reader_on(bundle, engine),
        normalizer_on(bundle, engine, config.retrieval),
        thresholds=Thresholds(classifier=0.0, normalizer=0.0),
        options=config.options,
        version=config.version,
    )
    # Contexts are never given here, so they never matter.
    scorer = CachingScorer(pipeline, CACHED_SENTENCES, reads_context=False)
    return EffectFinder(scorer, DictionaryNames.of_bundle(bundle))
