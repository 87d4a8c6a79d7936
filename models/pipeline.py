"""Algorithm 2 of the paper: Classifier, then Extractor, then Normalizer, for many tweets at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Encoding, Tokenizer

from models.assembly import normalizer_of
from models.bundle import Bundle, Options, Thresholds, load_bundle
from models.bundle.choosing import choosing
from models.decode import Span, spans_of
from models.device import resolve_device
from models.forward import TweetScores, classify_and_extract
from models.labels import Labels
from models.network import MultiTaskNetwork
from models.normalizer.choice import Choice
from models.normalizer.ranking import ClassifierNormalizer, Normalizer
from models.normalizer.reading import TOKEN_BUDGET, SpanInText, SpanReader
from models.predictions import Candidate, Mention, TweetPrediction
from models.tokenization import TokenBatch, TweetTokenizer, batches
from models.vote import Decision


@dataclass(frozen=True)
class _FoundSpan:
    row: int
    span: Span
    text: str


class Pipeline:
    """Judges tweets with a trained network; a `Scorer`.

    Args:
        network: it is put in eval mode and on the device.
        tokenizer: the encoder's.
        labels: the classes of the network's own Normalizer.
        max_tokens: where texts are cut.
        thresholds: probabilities from which the Classifier and the Normalizer are believed.
        options: lines 10 and 12 of Algorithm 2.
        version: written to every prediction's row.
        decision: vote of an ensemble, and calibration; by default a majority and none.
        device: where the network runs.
        token_budget: tokens of a forward pass, padding included.
        normalizer: what codes the spans; by default the classifier over `labels`.
    """

    def __init__(
        self,
        network: MultiTaskNetwork,
        tokenizer: Tokenizer,
        labels: Labels,
        *,
        max_tokens: int,
        thresholds: Thresholds,
        options: Options,
        version: str,
        decision: Decision | None = None,
        device: torch.device | None = None,
        token_budget: int = TOKEN_BUDGET,
        normalizer: Normalizer | None = None,
    ) -> None:
        self._device = device or torch.device("cpu")
        self._network = network.to(self._device).eval()
        self._tokenizer = TweetTokenizer(tokenizer, max_tokens)
        self._thresholds = thresholds
        self._options = options
        self._version = version
        self._decision = decision or Decision()
        self._token_budget = token_budget
        reader = SpanReader(
            self._network, self._tokenizer, self._device, options.context, token_budget=token_budget
        )
        self._normalizer = normalizer or ClassifierNormalizer(reader, labels.classes)

    @classmethod
    def from_bundle(
        cls,
        path: str | Path,
        *,
        device: str = "auto",
        threads: int = 1,
        trunk: str | Path | None = None,
        normalizer: Choice | None = None,
    ) -> Pipeline:
        """Load a bundle and make it ready.

        Args:
            path: the bundle's folder.
            device: `auto`, `cpu`, `cuda` or `cuda:N`.
            threads: CPU threads of the forward pass, for the whole process.
            trunk: folder of the pretrained encoder, instead of where the bundle says.
            normalizer: which one codes the spans, instead of the bundle's choice.

        Raises:
            ModelError: BundleError, TrunkError, or there is no such device.
        """
        torch.set_num_threads(threads)
        chosen = resolve_device(device)
        return cls.of(load_bundle(path, trunk=trunk), device=chosen, normalizer=normalizer)

    @classmethod
    def of(
        cls,
        bundle: Bundle,
        *,
        device: torch.device | None = None,
        thresholds: Thresholds | None = None,
        normalizer: Choice | None = None,
    ) -> Pipeline:
        """Make a pipeline of a bundle that is already loaded.

        Args:
            bundle: its network is used, not copied.
            device: where it runs; the CPU by default.
            thresholds: instead of those of the bundle; the version stays the bundle's.
            normalizer: instead of the bundle's choice; the version is that of a bundle with this choice.

        Raises:
            BundleError: the bundle has no retriever, which the choice needs.
        """
        config = choosing(bundle.config, normalizer, bundle.path)
        device = device or torch.device("cpu")
        return cls(
            bundle.network,
            bundle.tokenizer,
            bundle.labels,
            max_tokens=config.max_tokens,
            thresholds=thresholds or config.believed_from,
            options=config.options,
            version=config.version,
            decision=config.decision,
            device=device,
            normalizer=normalizer_of(bundle, device, config),
        )

    @property
    def version(self) -> str:
        """The bundle's version."""
        return self._version

    def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
        """Run Algorithm 2 on each text; the result has the order of `texts`."""
        encodings = self._tokenizer.encode(texts)
        scores = self._classify_and_extract(encodings)  # lines 6 to 8
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
        return [self._prediction(tweet, mentions.get(row, [])) for row, tweet in enumerate(scores)]

    def _classify_and_extract(self, encodings: Sequence[Encoding]) -> list[TweetScores]:
        scores: dict[int, TweetScores] = {}
        for batch in self._batches(encodings):
            judged = classify_and_extract(
                self._network, batch, threshold=self._thresholds.classifier, decision=self._decision
            )
            scores.update(zip(batch.rows, judged, strict=True))
        return [scores[row] for row in range(len(encodings))]

    def _batches(self, encodings: Sequence[Encoding]) -> Iterator[TokenBatch]:
        for batch in batches(encodings, token_budget=self._token_budget):
            yield batch.to(self._device)

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
