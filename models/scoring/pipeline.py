"""Algorithm 2 of the paper: Classifier, then Extractor, then Normalizer, for many tweets at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from models.bundle import Bundle, Options, Thresholds, load_bundle
from models.device import release_freed_memory, resolve_device
from models.encoder import TweetTokenizer
from models.network import Decision
from models.normalizer import ClassifierNormalizer, Labels, Normalizer, SpanInText, SpanReader
from models.options import NormalizerChoice, PrecisionChoice
from models.predictions import Candidate, Mention, TweetPrediction
from models.runtime import Engine, Precision, TweetScores, resolve_precision
from models.scoring.assembly import assemble_normalizer, span_reader_on
from models.scoring.decode import ExtractedSpan, decode_spans


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
        engine: runs the network.
        tokenizer: of the encoder.
        labels: the classes of the network's own Normalizer.
        thresholds: from which the outputs of Classifier and Normalizer are used.
        options: lines 10 and 12 of Algorithm 2.
        version: written to every prediction's row.
        decision: vote of an ensemble, and calibration; by default a majority and no calibration.
        normalizer: codes the spans; by default the classifier over `labels`.
    """

    def __init__(
        self,
        engine: Engine,
        tokenizer: TweetTokenizer,
        labels: Labels,
        *,
        thresholds: Thresholds,
        options: Options,
        version: str,
        decision: Decision | None = None,
        normalizer: Normalizer | None = None,
    ) -> None:
        self._engine = engine
        self._tokenizer = tokenizer
        self._thresholds = thresholds
        self._options = options
        self._version = version
        self._decision = decision or Decision()
        reader = SpanReader(engine, tokenizer, context=options.context)
        self._normalizer = normalizer or ClassifierNormalizer(reader, labels.classes)

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
            path: the bundle's folder.
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
        pipeline = cls.of(
            load_bundle(path, trunk=trunk),
            device=resolved,
            precision=resolve_precision(precision, resolved),
            lanes=threads if resolved.type == "cpu" else None,
            graphs=True,
            normalizer=normalizer,
        )
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

        Raises:
            BundleError: the bundle has no retriever, which the choice needs.
        """
        config = bundle.config.with_normalizer(normalizer, bundle.path)
        engine = Engine(
            bundle.weights, device=device, precision=precision, lanes=lanes, graphs=graphs, body=bundle.body
        )
        reader = span_reader_on(bundle, engine)
        return cls(
            engine,
            reader.tokenizer,
            bundle.labels,
            thresholds=thresholds or config.effective_thresholds,
            options=config.options,
            version=config.version,
            decision=config.decision,
            normalizer=assemble_normalizer(reader, bundle.labels, bundle.dictionary, config.retrieval),
        )

    @property
    def version(self) -> str:
        """The bundle's version."""
        return self._version

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        """Run Algorithm 2 on each text; the result has the order of `texts`."""
        encodings = self._tokenizer.encode(texts)
        scores = self._engine.score(  # lines 6 to 8
            encodings, threshold=self._thresholds.classifier, decision=self._decision
        )
        spans = [
            _SpanOfTweet(tweet, span, texts[tweet][span.start : span.end])
            for tweet, tweet_scores in enumerate(scores)
            if tweet_scores.token_probabilities is not None
            for span in decode_spans(texts[tweet], encodings[tweet], tweet_scores.token_probabilities)
        ]
        rankings = self._normalizer.rank([SpanInText(span.text, texts[span.tweet]) for span in spans])
        mentions: dict[int, list[Mention]] = {}
        for span, candidates in zip(spans, rankings, strict=True):
            mentions.setdefault(span.tweet, []).append(self._mention(span, candidates))  # line 10
        return [
            self._prediction(tweet_scores, mentions.get(tweet, ()))
            for tweet, tweet_scores in enumerate(scores)
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

    def _prediction(self, scores: TweetScores, mentions: Sequence[Mention]) -> TweetPrediction:
        is_positive = scores.token_probabilities is not None
        if is_positive and not mentions and self._options.feedback:  # line 12
            is_positive = False
        return TweetPrediction("ADE" if is_positive else "NoADE", scores.probability, tuple(mentions))
