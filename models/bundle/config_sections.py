"""The sections of `config.json`: each describes one thing about a bundle."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.network import Vote
from models.normalizer import Fusion
from models.options import NormalizerChoice
from models.terminology import LONGEST_VERSION


def _is_false(value: object) -> bool:
    """Return True for the default of an option that older bundles lack, so that their version stays."""
    return value is False


LARGEST_RANK: Final = 1_024
Probability = Annotated[float, Field(ge=0, le=1)]
SpanChoice = Literal["first", "second", "mean", "union"]
CodeChoice = Literal["first", "mean"]


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
    """The options of Algorithm 2.

    Attributes:
        feedback: line 12: a tweet without a span becomes NoADE.
        context: line 10: the Normalizer reads the tweet along with the span.
        drop_uncoded: a span without a code is dropped before line 12.
        reads_context: Classifier and Extractor read the context of a post before its text; they were trained
            to.
    """

    feedback: bool = True
    context: bool = False
    drop_uncoded: bool = Field(default=False, exclude_if=_is_false)
    reads_context: bool = Field(default=False, exclude_if=_is_false)


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


class Adapters(ConfigSection):
    """Low-rank adapters (LoRA, Hu et al. 2021) in place of the weights of the trained layers.

    `model.safetensors` then has, for each linear layer with an adapter, `A` `[rank, in]` and `B`
    `[out, rank]`. Loading computes `W + alpha / rank · B A`, where `W` comes from the encoder. So the digest
    of the trunk covers all layers of the encoder.

    Attributes:
        rank: of the largest adapter.
        alpha: their scale is `alpha / rank`.
    """

    rank: int = Field(ge=1, le=LARGEST_RANK)
    alpha: float = Field(gt=0, allow_inf_nan=False)


class SecondReader(ConfigSection):
    """A second, unlike encoder with its own heads, which reads only the posts that the first finds likeliest.

    It is a bundle of its own in the folder `second`. All numbers are fitted on validation texts. The log-odds
    of both readers together are `first · log-odds of the first + second · log-odds of the second + bias`.

    Attributes:
        version: of the bundle in `second`.
        reads_from: the first reader's probability from which the second reads a post. Posts below are NoADE.
        first: weight of the first reader's log-odds.
        second: weight of the second reader's log-odds.
        bias: added to both.
        alone: weight of the first reader's log-odds in a post that the second does not read.
        alone_bias: added to them.
        spans: whose words become spans: those of one reader, the mean of their log-odds, or the words of
            either.
        codes: what codes the spans: the first reader's Normalizer, or both by the mean of their
            log-probabilities.
    """

    version: str = Field(min_length=1, max_length=80)
    reads_from: Probability
    first: float = Field(ge=0, allow_inf_nan=False)
    second: float = Field(gt=0, allow_inf_nan=False)
    bias: float = Field(default=0.0, allow_inf_nan=False)
    alone: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    alone_bias: float = Field(default=0.0, allow_inf_nan=False)
    spans: SpanChoice = "mean"
    codes: CodeChoice = "first"


class EarlyExit(ConfigSection):
    """A small head after a lower layer, which settles clear negatives; its tensors are in `exit.safetensors`.

    Attributes:
        layer: number of layers below the head.
        leaves_below: log-odds of the head below which a post is NoADE without the layers above.
        shown_for: log-odds of the whole network, before calibration, from which a post was a positive. With
            a lower threshold of the Classifier, no post leaves.
        positives: number of validation texts that the whole network finds positive.
        kept: how many of them go on.
        least_share: lower end of the one-sided 95% interval of `kept / positives` (Clopper and Pearson 1934).
        leaving: share of the other validation texts that leave.
    """

    layer: int = Field(ge=1, le=100)
    leaves_below: float = Field(allow_inf_nan=False)
    shown_for: float = Field(allow_inf_nan=False)
    positives: int = Field(ge=1)
    kept: int = Field(ge=0)
    least_share: Probability
    leaving: Probability

    @model_validator(mode="after")
    def _leaves_negatives_only(self) -> EarlyExit:
        if self.leaves_below > self.shown_for:
            raise ValueError("leaves_below is above shown_for: positives would leave")
        if self.kept > self.positives:
            raise ValueError(f"kept is {self.kept}, more than the {self.positives} positives")
        return self
