"""Algorithm 2 of the paper: Classifier, then Extractor, then Normalizer, for many tweets at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from models.bundle import Bundle, Options, Thresholds, load_bundle
from models.bundle.revise import choosing
from models.device import give_back_memory, resolve_device
from models.encoder.tokenization import TweetTokenizer
from models.network.vote import Decision
from models.normalizer.labels import Labels
from models.normalizer.ranking import ClassifierNormalizer, Normalizer
from models.normalizer.reading import SpanInText, SpanReader
from models.options import Choice, PrecisionChoice
from models.predictions import Candidate, Mention, TweetPrediction
from models.runtime import Engine, Precision, TweetScores, precision_of
from models.scoring.assembly import assembled, reader_over
from models.scoring.decode import Span, spans_of


@dataclass(frozen=True)
class _FoundSpan:
    row: int
    span: Span
    text: str


class Pipeline:
    """Judges tweets with a trained network; a `Scorer`.

    Several calls of `score` may be under way at once: one tokenizes or reads spans while the engine computes
    for another.

    Args:
        engine: runs the network.
        tokenizer: the encoder's.
        labels: the classes of the network's own Normalizer.
        thresholds: probabilities from which the Classifier and the Normalizer are believed.
        options: lines 10 and 12 of Algorithm 2.
        version: written to every prediction's row.
        decision: vote of an ensemble, and calibration; by default a majority and none.
        normalizer: what codes the spans; by default the classifier over `labels`.
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
        normalizer: Choice | None = None,
    ) -> Pipeline:
        """Load a bundle and make it ready to serve: as fast as the device can, in little memory.

        The engine has threads of its own, and so those of torch itself are set to one, for the whole process.
        On a CPU the tokenizer keeps to the thread that calls it, too, unless TOKENIZERS_PARALLELISM is set; a
        GPU is fed by several.

        Args:
            path: the bundle's folder.
            device: `auto`, `cpu`, `cuda` or `cuda:N`.
            threads: of the CPU that the engine may keep busy.
            precision: `auto` multiplies in bfloat16 where the device gains by it; or `fp32` or `bf16`.
            trunk: folder of the pretrained encoder, instead of where the bundle says.
            normalizer: which one codes the spans, instead of the bundle's choice.

        Raises:
            ModelError: BundleError, TrunkError, or there is no such device.
        """
        torch.set_num_threads(1)
        chosen = resolve_device(device)
        if chosen.type == "cpu":
            os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        ready = cls.of(
            load_bundle(path, trunk=trunk),
            device=chosen,
            precision=precision_of(precision, chosen),
            lanes=threads if chosen.type == "cpu" else None,
            graphs=True,
            normalizer=normalizer,
        )
        give_back_memory()
        return ready

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
        normalizer: Choice | None = None,
    ) -> Pipeline:
        """Make a pipeline of a bundle that is already loaded; exact by default, as evaluation wants it.

        Args:
            bundle: its network is used, and copied in part.
            device: where it runs; the CPU by default.
            precision: of products.
            lanes: micro-batches computed at a time, see `Engine`.
            graphs: capture CUDA graphs where it runs on a GPU, see `Engine`.
            thresholds: instead of those of the bundle; the version stays the bundle's.
            normalizer: instead of the bundle's choice; the version is that of a bundle with this choice.

        Raises:
            BundleError: the bundle has no retriever, which the choice needs.
        """
        config = choosing(bundle.config, normalizer, bundle.path)
        engine = Engine(
            bundle.weights, device=device, precision=precision, lanes=lanes, graphs=graphs, body=bundle.body
        )
        reader = reader_over(bundle, engine)
        return cls(
            engine,
            reader.tokenizer,
            bundle.labels,
            thresholds=thresholds or config.believed_from,
            options=config.options,
            version=config.version,
            decision=config.decision,
            normalizer=assembled(reader, bundle.labels, bundle.dictionary, config.retrieval),
        )

    @property
    def version(self) -> str:
        """The bundle's version."""
        return self._version

    def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
        """Run Algorithm 2 on each text; the result has the order of `texts`."""
        encodings = self._tokenizer.encode(texts)
        scores = self._engine.judge(  # lines 6 to 8
            encodings, threshold=self._thresholds.classifier, decision=self._decision
        )
        found = [
            _FoundSpan(row, span, texts[row][span.start : span.end])
            for row, tweet in enumerate(scores)
            if tweet.adverse is not None
            for span in spans_of(texts[row], encodings[row], tweet.adverse)
        ]
        rankings = self._normalizer.rank([SpanInText(one.text, texts[one.row]) for one in found])  # line 10
        mentions: dict[int, list[Mention]] = {}
        for one, ranking in zip(found, rankings, strict=True):
            mentions.setdefault(one.row, []).append(self._mention(one, ranking))
        return [self._prediction(tweet, mentions.get(row, ())) for row, tweet in enumerate(scores)]

    def _mention(self, found: _FoundSpan, candidates: Sequence[Candidate]) -> Mention:
        believed = candidates and candidates[0].score >= self._thresholds.normalizer
        best = candidates[0] if believed else None
        return Mention(
            start=found.span.start,
            end=found.span.end,
            text=found.text,
            score=found.span.score,
            ptid=best.ptid if best else None,
            pt_name=best.pt_name if best else None,
            pt_score=best.score if best else None,
            runners_up=tuple(candidates[1:] if best else candidates),
        )

    def _prediction(self, tweet: TweetScores, mentions: Sequence[Mention]) -> TweetPrediction:
        positive = tweet.adverse is not None
        if positive and not mentions and self._options.feedback:  # line 12
            positive = False
        return TweetPrediction("ADE" if positive else "NoADE", tweet.probability, tuple(mentions))
