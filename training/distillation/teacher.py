"""A teacher: a bundle that reads texts, and reports how sure it is of everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from models.bundle import Bundle, load_bundle, read_config
from models.device import resolve_device
from models.normalizer import Labels, Normalizer, SpanInText
from models.predictions import Candidate
from models.runtime import Engine, resolve_precision
from models.scoring import assemble_normalizer, bundle_folder, decode_spans, log_odds_of
from models.scoring.assembly import span_reader_on
from models.scoring.reader import Reader
from models.scoring.readings import Reading, ReadWord
from training.distillation.soft_labels import SoftLabel, SoftSpan
from training.evaluation import read_examples
from training.examples import Example
from training.loop import FEWEST_WORDS, Relations, relations_of, tokens_of_words, window_examples

HALF: Final = 0.5
# Probabilities are rounded to 0 and 1 in places. No teacher is surer than this.
_LARGEST_LOG_ODDS: Final = 30.0
# The states of this many texts are in memory at a time.
_TEXTS_AT_A_TIME: Final = 256


@dataclass(frozen=True)
class Teacher:
    """A loaded bundle that reads texts.

    Attributes:
        version: of the bundle.
        classes: the PTs that its Normalizer was trained on.
        threshold: the probability from which the bundle calls a text positive.
        reader: its Classifier and Extractor.
        normalizer: codes spans.
        codes_in_context: whether the Normalizer reads the text along with the span.
    """

    version: str
    classes: Labels
    threshold: float
    reader: Reader
    normalizer: Normalizer
    codes_in_context: bool

    @classmethod
    def load(cls, name: str | Path, *, device: str = "auto") -> Teacher:
        """Load a bundle by its name or folder, without its second reader.

        Raises:
            ModelError: there is no such bundle, it is damaged, or there is no such device.
        """
        return cls.of(load_bundle(bundle_folder(str(name)), with_second=False), device=device)

    @classmethod
    def of(cls, bundle: Bundle, *, device: str = "auto") -> Teacher:
        """Make a teacher of a loaded bundle, without its second reader.

        Raises:
            ModelError: there is no such device.
        """
        config, where = bundle.config, resolve_device(device)
        precision = resolve_precision("auto", where)
        engine = Engine(bundle.weights, device=where, precision=precision, body=bundle.body)
        spans = span_reader_on(bundle, engine)
        return cls(
            version=config.version,
            classes=bundle.labels,
            threshold=config.effective_thresholds.classifier,
            reader=Reader(
                engine, spans.tokenizer, config.decision, reads_context=config.options.reads_context
            ),
            normalizer=assemble_normalizer(spans, bundle.labels, bundle.dictionary, config.retrieval),
            codes_in_context=spans.context or spans.retrieval_context,
        )

    def read(self, examples: Sequence[Example]) -> list[SoftLabel]:
        """Read texts with their contexts; the result has their order.

        Candidates are found for the annotated spans. In texts that the bundle calls positive, or that are as
        likely as not to be, they are also found for the spans that the Extractor finds.
        """
        readings = read_examples(self.reader, examples)
        spans = [self._spans(example, reading) for example, reading in zip(examples, readings, strict=True)]
        candidates = self._rank(examples, spans)
        return [
            SoftLabel(
                bounded_log_odds(reading.probability),
                reading.words or (),
                tuple(SoftSpan(start, end, next(candidates)) for start, end in places),
            )
            for reading, places in zip(readings, spans, strict=True)
        ]

    def relate(self, examples: Sequence[Example], words: Sequence[Sequence[ReadWord]]) -> list[Relations]:
        """Return the relations of the words of each text in the last states of this teacher's tokens.

        There are none of a text with fewer than three words, nor of one that is read in several windows: not
        all of its words attend to each other.

        Args:
            examples: texts, which are read with their contexts.
            words: of each text, perhaps by another teacher's tokenizer.
        """
        windowed = window_examples(examples, self.reader.tokenizer, reads_context=self.reader.reads_context)
        relations: list[Relations] = [np.zeros(0, np.int8)] * len(examples)
        rows = [
            row for row, part in enumerate(words) if len(part) >= FEWEST_WORDS and row not in windowed.long
        ]
        for first in range(0, len(rows), _TEXTS_AT_A_TIME):
            chunk = rows[first : first + _TEXTS_AT_A_TIME]
            states = self.reader.engine.token_states([windowed.inputs[row] for row in chunk])
            for row, of_text in zip(chunk, states, strict=True):
                places = [(word.start, word.end) for word in words[row]]
                relations[row] = relations_of(of_text, tokens_of_words(windowed.inputs[row], places))
        return relations

    def _spans(self, example: Example, reading: Reading) -> list[tuple[int, int]]:
        places = {(span.start, span.end) for span in example.spans}
        if reading.probability >= min(self.threshold, HALF):
            places |= {(span.start, span.end) for span in decode_spans(example.text, reading.words or ())}
        return sorted(places)

    def _rank(
        self, examples: Sequence[Example], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> Iterator[tuple[Candidate, ...]]:
        """Yield the candidates of all spans; a span that occurs several times is coded once."""
        in_texts = [
            SpanInText(example.text[start:end], example.text if self.codes_in_context else "")
            for example, places in zip(examples, spans, strict=True)
            for start, end in places
        ]
        distinct = list(dict.fromkeys(in_texts))
        ranked = dict(zip(distinct, self.normalizer.rank(distinct), strict=True))
        return (tuple(ranked[span]) for span in in_texts)


def load_teachers(names: Sequence[str | Path], *, device: str = "auto") -> Iterator[Teacher]:
    """Load bundles one after another; a bundle with a second reader is two teachers.

    Raises:
        ModelError: there is no such bundle, it is damaged, or there is no such device.
    """
    for name in names:
        bundle = load_bundle(bundle_folder(str(name)))
        yield Teacher.of(bundle, device=device)
        if bundle.second is not None:
            yield Teacher.of(bundle.second, device=device)


def count_teachers(names: Sequence[str | Path]) -> int:
    """Return how many teachers `load_teachers` loads, without loading them.

    Raises:
        ModelError: there is no such bundle, or its config is damaged.
    """
    configs = [read_config(bundle_folder(str(name))) for name in names]
    return sum(1 if config.second_reader is None else 2 for config in configs)


def bounded_log_odds(probability: float) -> float:
    """Return the log-odds of a probability in [0, 1], finite even where it is rounded to 0 or 1."""
    return max(-_LARGEST_LOG_ODDS, min(_LARGEST_LOG_ODDS, log_odds_of(probability)))
