"""How trainings are judged: Algorithm 2 on the validation texts, and the Classifier by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from models.bundle import Options, Thresholds
from models.encoder.tokenization import TweetTokenizer
from models.network.heads import Task
from models.network.multitask import MultiTaskNetwork
from models.network.vote import Decision
from models.normalizer import Labels, Normalizer
from models.predictions import TweetPrediction
from models.runtime import Engine
from models.scoring import Pipeline
from training.evaluation import choose_threshold, evaluate, score_predictions
from training.examples import Example
from training.loop.multitask_training import Validation
from training.presets import Method
from training.scorer import Counts, Scores

HALF = 0.5
_TOKEN_BUDGET = 4_096  # of a micro-batch


@dataclass(frozen=True)
class Evaluation:
    """What a network is worth on the validation texts.

    Attributes:
        threshold: of the Classifier, chosen as the method says.
        scores: of the three subtasks with it, by relaxed match.
    """

    threshold: float
    scores: Scores


@dataclass(frozen=True)
class Evaluator:
    """Judges networks in training; the states that `KeptStates` serves spare it the trunk.

    Attributes:
        method: whose options of Algorithm 2 hold.
        examples: the validation texts.
        tokenizer: of the encoder.
        labels: classes of the Normalizer.
        prevalence: share of positives in the stream that the threshold is for; None for that of the texts.
    """

    method: Method
    examples: Sequence[Example]
    tokenizer: Tokenizer
    labels: Labels
    prevalence: float | None = None

    def probabilities(self, network: MultiTaskNetwork, texts: Sequence[str]) -> list[float]:
        """Give the probability of ADE of each text, by the Classifier or the vote of the ensemble."""
        return [
            said.probability for said in self.pipeline(network, threshold=1.0, feedback=False).score(texts)
        ]

    def decisions(self, network: MultiTaskNetwork, texts: Sequence[str]) -> list[int]:
        """Let the Classifier by itself decide, without the feedback of line 12: 1 from one half on."""
        return [int(probability >= HALF) for probability in self.probabilities(network, texts)]

    def judge(self, network: MultiTaskNetwork, normalizer: Normalizer | None = None) -> Evaluation:
        """Choose the threshold, and score the network with it; by default its classifier codes the spans.

        No text goes through the network twice: where the threshold is chosen, spans are looked for in all.
        """
        gold = [example.label for example in self.examples]
        if self.method.threshold == "half" or len(set(gold)) < 2:
            pipeline = self.pipeline(network, threshold=HALF, normalizer=normalizer)
            return Evaluation(HALF, evaluate(pipeline, self.examples))
        pipeline = self.pipeline(network, threshold=0.0, feedback=False, normalizer=normalizer)
        said = pipeline.score([example.text for example in self.examples])
        chances = [one.probability for one in said]
        threshold = choose_threshold(chances, gold, prevalence=self.prevalence).threshold
        return Evaluation(
            threshold, score_predictions([self._decided(one, threshold) for one in said], self.examples)
        )

    def _decided(self, said: TweetPrediction, threshold: float) -> TweetPrediction:
        """Give what Algorithm 2 says with a threshold (lines 7 and 12), when spans were looked for anyway."""
        if said.probability < threshold or (self.method.feedback and not said.mentions):
            return TweetPrediction("NoADE", said.probability)
        return said

    def whole(self, network: MultiTaskNetwork) -> Validation:
        """Judge all three subtasks after an epoch; a `Validate`."""
        judged = self.judge(network)
        scores = judged.scores.to_json()
        return Validation(
            {task: scores[task]["f1"] for task in self.subtasks},
            {"threshold": judged.threshold, "validation": {task: scores[task] for task in self.subtasks}},
        )

    def classifier_alone(self, network: MultiTaskNetwork) -> Validation:
        """Judge subtask 1a alone, as for a further classifier of an ensemble; a `Validate`."""
        said = self.decisions(network, [example.text for example in self.examples])
        pairs = list(zip(said, (example.label for example in self.examples), strict=True))
        counts = Counts(
            sum(yes and label for yes, label in pairs),
            sum(yes and not label for yes, label in pairs),
            sum(label and not yes for yes, label in pairs),
        )
        return Validation(
            {"1a": round(counts.f1, 4)}, {"threshold": HALF, "validation": {"1a": counts.to_json()}}
        )

    @property
    def subtasks(self) -> tuple[Task, ...]:
        """What the texts can judge: 1b where there are spans, 1c where one has a code, and classes."""
        spans = [span for example in self.examples for span in example.spans]
        coded = len(self.labels) and any(span.ptid is not None for span in spans)
        return ("1a", *(("1b",) if spans else ()), *(("1c",) if coded else ()))

    def pipeline(
        self,
        network: MultiTaskNetwork,
        *,
        threshold: float,
        feedback: bool | None = None,
        normalizer: Normalizer | None = None,
    ) -> Pipeline:
        """Give Algorithm 2 with the options of the method, on the device where the network is."""
        return Pipeline(
            Engine(network, device=next(network.parameters()).device, token_budget=_TOKEN_BUDGET),
            TweetTokenizer(self.tokenizer, self.method.training.max_tokens),
            self.labels,
            thresholds=Thresholds(classifier=threshold, normalizer=0.0),
            options=Options(
                feedback=self.method.feedback if feedback is None else feedback, context=self.method.context
            ),
            version="in-training",
            decision=Decision(vote=self.method.vote),
            normalizer=normalizer,
        )
