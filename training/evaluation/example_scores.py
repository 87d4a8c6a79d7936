"""Official scores of predictions on annotated examples, for validation during a training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from models.predictions import Scorer, TweetPrediction
from models.scoring.readings import Reading, TextReader
from training.examples import Example
from training.scorer import OfficialSpan, Scores, TweetAnnotation, score_annotations


def evaluate(scorer: Scorer, examples: Sequence[Example]) -> Scores:
    """Score the texts with `scorer`, and its predictions by the official rules."""
    return score_predictions(predict_examples(scorer, examples), examples)


def predict_examples(scorer: Scorer, examples: Sequence[Example]) -> list[TweetPrediction]:
    """Score the texts with their contexts, which a bundle reads if it was trained to."""
    return scorer.score([example.text for example in examples], [example.context for example in examples])


def read_examples(
    reader: TextReader,
    examples: Sequence[Example],
    *,
    threshold: float = 0.0,
    advance: Callable[[int], None] = lambda texts: None,
) -> list[Reading]:
    """Read the texts with their contexts.

    Args:
        reader: one reader of a bundle, or both together.
        examples: the texts.
        threshold: probability from which words are extracted; by default those of all texts are.
        advance: as for the reader.
    """
    return reader.read(
        [example.text for example in examples],
        [example.context for example in examples],
        threshold=threshold,
        advance=advance,
    )


def score_predictions(predictions: Sequence[TweetPrediction], examples: Sequence[Example]) -> Scores:
    """Score predictions against the annotations, in the same order; ids need not be unique.

    Raises:
        ValueError: the two differ in length.
    """
    gold, predicted = {}, {}
    for row, (prediction, example) in enumerate(zip(predictions, examples, strict=True)):
        gold[str(row)] = annotation_of_example(example)
        predicted[str(row)] = annotation_of_prediction(prediction)
    return score_annotations(gold, predicted)


def annotation_of_example(example: Example) -> TweetAnnotation:
    """Return an example's annotation for the scorer; a span that occurs twice counts once (rule 4)."""
    spans = dict.fromkeys(OfficialSpan(span.start, span.end, span.ptid) for span in example.spans)
    return TweetAnnotation(example.label == 1, tuple(spans))


def annotation_of_prediction(prediction: TweetPrediction) -> TweetAnnotation:
    """Return a prediction for the scorer."""
    return TweetAnnotation(
        prediction.label == "ADE",
        tuple(OfficialSpan(mention.start, mention.end, mention.ptid) for mention in prediction.mentions),
    )


def lift_annotation(annotation: TweetAnnotation, lift: Mapping[str, str]) -> TweetAnnotation:
    """Replace LLT codes by those of their PTs; a span that then occurs twice counts once.

    Args:
        annotation: of one tweet.
        lift: LLT code to PT code. A code that it does not have is taken for a PT.
    """
    spans = (
        OfficialSpan(span.start, span.end, lift.get(span.code, span.code) if span.code else None)
        for span in annotation.spans
    )
    return TweetAnnotation(annotation.adverse, tuple(dict.fromkeys(spans)))
