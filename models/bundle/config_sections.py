"""The sections of `config.json`: each describes one thing about a bundle."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.network import Vote
from models.normalizer import Fusion
from models.options import NormalizerChoice
from models.terminology import LONGEST_VERSION

Probability = Annotated[float, Field(ge=0, le=1)]


class ConfigSection(BaseModel):
    """A part of `config.json`: validated as a whole, without unknown keys, and immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Thresholds(ConfigSection):
    """The probabilities from which the output of a head is used, chosen on validation data.

    Attributes:
        classifier: of the Classifier.
        normalizer: of the Normalizer `classifier`; `retrieval` and `hybrid` have theirs in `Fusion`.
    """

    classifier: Probability = 0.5
    normalizer: Probability = 0.0


class Options(ConfigSection):
    """The two options of Algorithm 2.

    Attributes:
        feedback: line 12: a tweet without a span becomes NoADE.
        context: line 10: the Normalizer reads the tweet along with the span.
    """

    feedback: bool = True
    context: bool = False


class Ensemble(ConfigSection):
    """Several classifiers on one trunk (paper, section 4).

    Attributes:
        classifiers: how many there are, including the first.
        vote: how they decide, see `models.network.vote.Decision`.
    """

    classifiers: int = Field(ge=2, le=99)
    vote: Vote = "majority"


class Calibration(ConfigSection):
    """Calibrated log-odds of the Classifier = log-odds / temperature + bias; fitted on validation data."""

    temperature: float = Field(gt=0, allow_inf_nan=False)
    bias: float = Field(default=0.0, allow_inf_nan=False)


class Retrieval(ConfigSection):
    """The Normalizers that search the names of a dictionary, in addition to the paper's classifier.

    Attributes:
        layers: of the retriever.
        context: whether the retriever reads the tweet along with the span.
        choice: which Normalizer codes the spans, unless a setting overrides it.
        fusions: how candidates are scored, without and with the classifier.
        release: version of the MedDRA release whose names are searched, empty if unknown; None if the names
            of the labels are searched.
    """

    layers: int = Field(ge=1, le=100)
    context: bool = False
    choice: NormalizerChoice = "hybrid"
    fusions: dict[Literal["retrieval", "hybrid"], Fusion]
    release: str | None = Field(default=None, max_length=LONGEST_VERSION)

    @model_validator(mode="after")
    def _has_both_fusions(self) -> Retrieval:
        if len(self.fusions) != 2:
            raise ValueError("fusions must have both retrieval and hybrid")
        return self


class Quantization(ConfigSection):
    """The body in 8-bit integers, in `body.xml` and `body.bin`: all layers below the last one, on a CPU.

    Attributes:
        scheme: of the numbers.
        texts: number of texts that it was calibrated on.
        judged_on: number of other texts that its scores were measured on.
        before: F1 in [0, 1] of the bundle that was quantized: "1a", and "1b" by relaxed match.
        after: F1 of the quantized bundle.
    """

    scheme: Literal["int8"] = "int8"
    texts: int = Field(ge=1)
    judged_on: int = Field(ge=1)
    before: dict[Literal["1a", "1b"], Probability]
    after: dict[Literal["1a", "1b"], Probability]
