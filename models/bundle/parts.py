"""The parts of `config.json`, each of which says one thing about a bundle."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.network.vote import Vote
from models.normalizer.fusion import Fusion
from models.options import Choice
from models.terminology.terms import LONGEST_VERSION

Probability = Annotated[float, Field(ge=0, le=1)]


class Part(BaseModel):
    """Checked as a whole, and never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Thresholds(Part):
    """Probabilities from which a head is believed, found on validation data.

    Attributes:
        classifier: of the Classifier.
        normalizer: of the Normalizer as a classifier; retrieval and hybrid have theirs in `Fusion`.
    """

    classifier: Probability = 0.5
    normalizer: Probability = 0.0


class Options(Part):
    """The two options of Algorithm 2.

    Attributes:
        feedback: line 12: a tweet without a span becomes NoADE.
        context: line 10: the Normalizer reads the tweet beside the span.
    """

    feedback: bool = True
    context: bool = False


class Ensemble(Part):
    """Several classifiers on one trunk (paper, section 4).

    Attributes:
        classifiers: how many there are, the first one included.
        vote: how they decide, see `models.network.vote.Decision`.
    """

    classifiers: int = Field(ge=2, le=99)
    vote: Vote = "majority"


class Calibration(Part):
    """Calibrated log-odds of the Classifier = log-odds / temperature + bias; found on validation data."""

    temperature: float = Field(gt=0, allow_inf_nan=False)
    bias: float = Field(default=0.0, allow_inf_nan=False)


class Retrieval(Part):
    """The Normalizer over the names of a dictionary, beside the paper's classifier.

    Attributes:
        layers: of the retriever.
        context: whether it reads the tweet beside the span.
        choice: which Normalizer codes the spans, unless a setting says otherwise.
        fusions: how a candidate's score is made, without and with the classifier's word.
        release: version of the MedDRA release whose names are searched, empty where that is not known;
            None where the names of the labels serve.
    """

    layers: int = Field(ge=1, le=100)
    context: bool = False
    choice: Choice = "hybrid"
    fusions: dict[Literal["retrieval", "hybrid"], Fusion]
    release: str | None = Field(default=None, max_length=LONGEST_VERSION)

    @model_validator(mode="after")
    def _has_both(self) -> Retrieval:
        if len(self.fusions) != 2:
            raise ValueError("fusions must have both retrieval and hybrid")
        return self


class Quantization(Part):
    """A body in 8-bit integers, in `body.xml` and `body.bin`: all below the last layer, on a processor.

    Attributes:
        scheme: of the numbers.
        texts: how many it was calibrated on.
        judged_on: how many others its scores are of.
        before: F1 in [0, 1] of the bundle that it was made of: "1a", and "1b" by relaxed match.
        after: the same of this one.
    """

    scheme: Literal["int8"] = "int8"
    texts: int = Field(ge=1)
    judged_on: int = Field(ge=1)
    before: dict[Literal["1a", "1b"], Probability]
    after: dict[Literal["1a", "1b"], Probability]
