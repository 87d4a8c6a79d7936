"""Scoring networks during training: Algorithm 2 on the validation texts, or the Classifier alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tokenizers import Tokenizer

from models.bundle import Options, Thresholds
from models.encoder import TweetTokenizer
from models.network import CLASSIFIER, EXTRACTOR, NORMALIZER, Decision, MultiTaskNetwork, Task
from models.normalizer import ClassifierNormalizer, Labels, Normalizer, SpanReader
from models.predictions import TweetPrediction
from models.runtime import Engine
from models.scoring import Pipeline, Reader
from training.evaluation import choose_threshold, predict_examples, score_predictions
from training.examples import Example, digest_of
from training.loop import Validation
from training.presets import Method
from training.scorer import Counts, Scores

HALF: Final = 0.5
_TOKENS_PER_BATCH: Final = 4_096


@dataclass(frozen=True)
class Evaluation:
    """The scores of a network on the validation texts.

    Attributes:
        threshold: the Classifier's, chosen as the method specifies.
        scores: of the three subtasks at this threshold, by relaxed match.
        drop_uncoded: whether spans without a code are dropped before line 12 of Algorithm 2.
    """

    threshold: float
    scores: Scores
    drop_uncoded: bool = False


@dataclass(frozen=True)
class Evaluator:
    """Scores networks on the validation texts. Its pipelines use the states that `KeptStates` serves.

    Attributes:
        method: supplies the options of Algorithm 2 and how the threshold is chosen.
        examples: the validation texts.
        tokenizer: the encoder's.
        labels: classes of the Normalizer.
        prevalence: share of positives in the stream that the threshold is chosen for; by default their share
            in the texts.
    """

    method: Method
    examples: Sequence[Example]
    tokenizer: Tokenizer
    labels: Labels
    prevalence: float | None = None

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The subtasks that the texts can score: 1b needs spans, 1c needs coded spans and classes."""
        spans = [span for example in self.examples for span in example.spans]
        coded = len(self.labels) and any(span.ptid is not None for span in spans)
        can_score = {CLASSIFIER.task: True, EXTRACTOR.task: bool(spans), NORMALIZER.task: bool(coded)}
        return tuple(task for task, possible in can_score.items() if possible)

    @property
    def fingerprint(self) -> str:
        """Identify the texts and how they are scored, as a part of a training's identity."""
        digest = digest_of(self.examples)
        if self.prevalence is not None:
            return f"{digest} at {self.prevalence}"
        method = self.method
        options = f"threshold {method.threshold}, feedback {method.feedback}, context {method.context}"
        options += ", reads context" if method.reads_context else ""
        options += f", drop uncoded {method.drop_uncoded}" if method.drop_uncoded != "never" else ""
        return " ".join([digest, options, *(label.ptid for label in self.labels.classes)])

    def probabilities(self, network: MultiTaskNetwork, examples: Sequence[Example]) -> list[float]:
        """Return the probability of ADE of each text, by the Classifier or by the vote of the ensemble."""
        pipeline = self.make_pipeline(network, threshold=1.0, feedback=False)
        return [prediction.probability for prediction in predict_examples(pipeline, examples)]

    def decisions(self, network: MultiTaskNetwork, examples: Sequence[Example]) -> list[int]:
        """Return 1 for each text with a probability of at least one half, without the feedback of line 12."""
        return [int(probability >= HALF) for probability in self.probabilities(network, examples)]

    def evaluate(
        self,
        network: MultiTaskNetwork,
        normalizer: Normalizer | None = None,
        *,
        normalizer_threshold: float = 0.0,
    ) -> Evaluation:
        """Choose the threshold, and whether uncoded spans are dropped; score the network with both.

        No text goes through the network twice: if the threshold is to be chosen, spans are extracted from all
        texts.

        Args:
            network: in eval mode.
            normalizer: codes the spans; by default the network's classifier.
            normalizer_threshold: the probability from which a span gets a code.
        """
        is_fixed = self.method.threshold == "half" or len({example.label for example in self.examples}) < 2
        pipeline = self.make_pipeline(
            network,
            threshold=HALF if is_fixed else 0.0,
            feedback=False,
            normalizer=normalizer,
            normalizer_threshold=normalizer_threshold,
        )
        predictions = predict_examples(pipeline, self.examples)
        evaluations = [
            self._evaluation(predictions, drop_uncoded=drop, is_fixed=is_fixed)
            for drop in self._choices_of_dropping()
        ]
        return max(evaluations, key=self._selected_f1)  # of equal ones the first, which drops nothing

    def _choices_of_dropping(self) -> tuple[bool, ...]:
        """Return the values of `Options.drop_uncoded` to choose from."""
        if not len(self.labels):  # then no span can have a code
            return (False,)
        return self.method.choices_of_dropping

    def _evaluation(
        self, predictions: Sequence[TweetPrediction], *, drop_uncoded: bool, is_fixed: bool
    ) -> Evaluation:
        """Score predictions that were made without a threshold, or with one half, and without feedback."""
        kept = [_without_uncoded(prediction) if drop_uncoded else prediction for prediction in predictions]
        threshold = HALF
        if not is_fixed:
            threshold = choose_threshold(
                [prediction.probability for prediction in kept],
                [example.label for example in self.examples],
                prevalence=self.prevalence,
                reachable=[bool(prediction.mentions) or not self.method.feedback for prediction in kept],
            ).threshold
        decided = [self._at_threshold(prediction, threshold) for prediction in kept]
        return Evaluation(threshold, score_predictions(decided, self.examples), drop_uncoded)

    def _selected_f1(self, evaluation: Evaluation) -> float:
        """Return the F1 by which the best epoch is chosen, too."""
        scores, select = evaluation.scores.to_json(), self.method.training.select
        chosen = [task for task in self.tasks if task == select] or self.tasks
        return sum(scores[task]["f1"] for task in chosen) / len(chosen)

    def _at_threshold(self, prediction: TweetPrediction, threshold: float) -> TweetPrediction:
        """Apply a threshold and the feedback (Algorithm 2, lines 7 and 12) to a prediction made without."""
        has_no_span = self.method.feedback and not prediction.mentions
        if prediction.probability < threshold or has_no_span:
            return TweetPrediction("NoADE", prediction.probability)
        return prediction

    def validate(self, network: MultiTaskNetwork) -> Validation:
        """Score all subtasks after an epoch; a `Validate`."""
        evaluation = self.evaluate(network)
        scores = evaluation.scores.to_json()
        return Validation(
            {task: scores[task]["f1"] for task in self.tasks},
            {"threshold": evaluation.threshold, "validation": {task: scores[task] for task in self.tasks}},
        )

    def validate_classifier(self, network: MultiTaskNetwork) -> Validation:
        """Score subtask 1a alone, as for a further classifier of an ensemble; a `Validate`."""
        decisions = self.decisions(network, self.examples)
        pairs = list(zip(decisions, (example.label for example in self.examples), strict=True))
        counts = Counts(
            sum(decision and label for decision, label in pairs),
            sum(decision and not label for decision, label in pairs),
            sum(label and not decision for decision, label in pairs),
        )
        task = CLASSIFIER.task
        return Validation(
            {task: round(counts.f1, 4)}, {"threshold": HALF, "validation": {task: counts.to_json()}}
        )

    def make_pipeline(
        self,
        network: MultiTaskNetwork,
        *,
        threshold: float,
        feedback: bool | None = None,
        normalizer: Normalizer | None = None,
        normalizer_threshold: float = 0.0,
    ) -> Pipeline:
        """Return Algorithm 2 with the method's options, on the network's device."""
        device = next(network.parameters()).device
        engine = Engine(network, device=device, token_budget=_TOKENS_PER_BATCH)
        tokenizer = TweetTokenizer(self.tokenizer, self.method.training.max_tokens)
        if normalizer is None:
            spans = SpanReader(engine, tokenizer, context=self.method.context)
            normalizer = ClassifierNormalizer(spans, self.labels.classes)
        return Pipeline(
            Reader(
                engine,
                tokenizer,
                Decision(vote=self.method.vote),
                reads_context=self.method.reads_context,
            ),
            normalizer,
            thresholds=Thresholds(classifier=threshold, normalizer=normalizer_threshold),
            options=Options(
                feedback=self.method.feedback if feedback is None else feedback,
                context=self.method.context,
                reads_context=self.method.reads_context,
            ),
            version="in-training",
        )


def _without_uncoded(prediction: TweetPrediction) -> TweetPrediction:
    coded = tuple(mention for mention in prediction.mentions if mention.ptid is not None)
    return replace(prediction, mentions=coded)
