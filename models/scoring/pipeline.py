"""Algorithm 2 of the paper: Classifier, then Extractor, then Normalizer, for many tweets at once."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from models.bundle import Bundle, Options, Thresholds, load_bundle
from models.device import release_freed_memory, resolve_device
from models.normalizer import Normalizer, SpanInText
from models.options import NormalizerChoice, PrecisionChoice
from models.predictions import Candidate, Mention, NoAdeReason, TweetPrediction, require_texts
from models.runtime import Precision, choose_precision
from models.scoring.assembly import assemble_coder, assemble_reader, make_engines
from models.scoring.catalog import bundle_folder
from models.scoring.decode import ExtractedSpan, decode_spans
from models.scoring.readings import Reading, TextReader
from models.scoring.serving_notes import serving_notes_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _SpanOfTweet:
    """A span, its text, and the index of its tweet."""

    tweet: int
    span: ExtractedSpan
    text: str


class Pipeline:
    """A `Scorer` that scores tweets with a trained network.

    Several calls of `score` may run at once: one tokenizes or decodes while the engine computes for another.

    Args:
        reader: finds the probability of a text, and the words of its effects.
        normalizer: codes the spans.
        thresholds: from which the outputs of Classifier and Normalizer are used.
        options: of Algorithm 2.
        version: written to every prediction's row.

    Attributes:
        notes: how the bundle runs on this machine and why, for logs and `doctor`; only of `from_bundle`.
    """

    def __init__(
        self,
        reader: TextReader,
        normalizer: Normalizer,
        *,
        thresholds: Thresholds,
        options: Options,
        version: str,
    ) -> None:
        self._reader = reader
        self._normalizer = normalizer
        self._thresholds = thresholds
        self._options = options
        self._version = version
        self.notes: tuple[str, ...] = ()

    @classmethod
    def from_bundle(
        cls,
        path: str | Path,
        *,
        device: str = "auto",
        threads: int = 1,
        precision: PrecisionChoice = "auto",
        trunk: str | Path | None = None,
        normalizer: NormalizerChoice | None = None,
    ) -> Pipeline:
        """Load a bundle for serving: as fast as the device can, in little memory.

        The engine has its own threads, so torch is limited to one thread for the whole process. On a CPU the
        tokenizer also stays in the calling thread, unless TOKENIZERS_PARALLELISM is set; a GPU needs several
        threads to be fed.

        Args:
            path: the bundle's folder; a string may also name a bundle of the package, such as `default`.
            device: `auto`, `cpu`, `cuda` or `cuda:N`.
            threads: CPU threads of the engine.
            precision: `fp32`, `bf16`, or `auto`: bfloat16 where the device is faster with it.
            trunk: folder of the pretrained encoder, instead of the source that the bundle names.
            normalizer: which one codes the spans, instead of the bundle's choice.

        Raises:
            ModelError: BundleError, TrunkError, or there is no such device.
        """
        torch.set_num_threads(1)
        resolved = resolve_device(device)
        if resolved.type == "cpu":
            os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        bundle = load_bundle(bundle_folder(path) if isinstance(path, str) else path, trunk=trunk)
        trial = choose_precision(precision, resolved, bundle.weights)
        pipeline = cls.of(
            bundle,
            device=resolved,
            precision=trial.precision,
            lanes=threads if resolved.type == "cpu" else None,
            graphs=True,
            normalizer=normalizer,
        )
        pipeline.notes = serving_notes_of(bundle, resolved, trial)
        for note in pipeline.notes:
            _log.info("%s: %s", bundle.version, note)
        release_freed_memory()
        return pipeline

    @classmethod
    def of(
        cls,
        bundle: Bundle,
        *,
        device: torch.device | None = None,
        precision: Precision = "fp32",
        lanes: int | None = None,
        graphs: bool = False,
        thresholds: Thresholds | None = None,
        normalizer: NormalizerChoice | None = None,
        early_exit: bool = True,
    ) -> Pipeline:
        """Make a pipeline from a loaded bundle; exact by default, as evaluation needs it.

        Args:
            bundle: whose network it uses, and copies in part.
            device: where it runs; the CPU by default.
            precision: of matrix products.
            lanes: micro-batches that are computed at a time, see `Engine`.
            graphs: capture CUDA graphs on a GPU, see `Engine`.
            thresholds: instead of the bundle's; the version stays the bundle's.
            normalizer: instead of the bundle's choice; the version is that of a bundle with this choice.
            early_exit: let clear negatives leave early where the bundle has an exit for them.

        Raises:
            BundleError: the bundle has no retriever, which the choice needs.
        """
        config = bundle.config.with_normalizer(normalizer, bundle.path)
        engines = make_engines(
            bundle,
            device=device,
            precision=precision,
            lanes=lanes,
            graphs=graphs,
            early_exit=early_exit,
        )
        reader = assemble_reader(bundle, engines)
        return cls(
            reader,
            assemble_coder(bundle, engines, config),
            thresholds=thresholds or config.effective_thresholds,
            options=config.options.model_copy(update={"reads_context": reader.reads_context}),
            version=config.version,
        )

    @property
    def version(self) -> str:
        """The bundle's version."""
        return self._version

    @property
    def reads_context(self) -> bool:
        """True if the bundle was trained to read the context of a post; if not, contexts change nothing."""
        return self._options.reads_context

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        """Run Algorithm 2 on each text; the result has the order of `texts`.

        Raises:
            TypeError: texts or contexts are not sequences of strings.
            ValueError: there are not as many contexts as texts.
        """
        require_texts(texts, contexts)
        readings = self._reader.read(texts, contexts, threshold=self._thresholds.classifier)  # lines 6 to 8
        spans = [
            _SpanOfTweet(tweet, span, texts[tweet][span.start : span.end])
            for tweet, reading in enumerate(readings)
            if reading.words is not None
            for span in decode_spans(texts[tweet], reading.words)
        ]
        rankings = self._normalizer.rank([SpanInText(span.text, texts[span.tweet]) for span in spans])
        mentions: dict[int, list[Mention]] = {}
        for span, candidates in zip(spans, rankings, strict=True):
            mentions.setdefault(span.tweet, []).append(self._mention(span, candidates))  # line 10
        return [
            prediction_of(reading, mentions.get(tweet, ()), self._options)
            for tweet, reading in enumerate(readings)
        ]

    def _mention(self, span: _SpanOfTweet, candidates: Sequence[Candidate]) -> Mention:
        is_sure = candidates and candidates[0].score >= self._thresholds.normalizer
        best = candidates[0] if is_sure else None
        return Mention(
            start=span.span.start,
            end=span.span.end,
            text=span.text,
            score=span.span.score,
            ptid=best.ptid if best else None,
            pt_name=best.pt_name if best else None,
            pt_score=best.score if best else None,
            runners_up=tuple(candidates[1:] if best else candidates),
        )


def prediction_of(reading: Reading, mentions: Sequence[Mention], options: Options) -> TweetPrediction:
    """Return the prediction for a text from its reading and all its spans (Algorithm 2, lines 11 to 13).

    Args:
        reading: of the text.
        mentions: its spans with their codes; none where `reading` has no words.
        options: whether spans without a code are dropped, and whether a text without spans becomes NoADE.
    """
    kept = tuple(mention for mention in mentions if mention.ptid is not None or not options.drop_uncoded)
    reason: NoAdeReason | None = None
    if reading.words is None:
        reason = "improbable"
    elif not kept and options.feedback:  # line 12
        reason = "no_code" if mentions else "no_span"
    return TweetPrediction(
        label="ADE" if reason is None else "NoADE",
        probability=reading.probability,
        mentions=kept,
        reason=reason,
        windows=reading.windows,
        unread=reading.unread,
        first_probability=reading.first,
        second_probability=reading.second,
    )
