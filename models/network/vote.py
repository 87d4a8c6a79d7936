"""From the logits of one or several classifiers to one calibrated probability (subtask 1a)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from torch import Tensor
from torch.nn.functional import logsigmoid

Vote = Literal["majority", "mean"]


@dataclass(frozen=True)
class Decision:
    """How the Classifier's probability is computed from the logits.

    Attributes:
        vote: of an ensemble (paper, section 4). `majority` is the median of the probabilities, the lower one
            of two: it reaches a threshold where more than half of the classifiers do. `mean` is their mean.
            A single classifier is its own majority and mean.
        temperature: more than 0; the log-odds are divided by it (Guo et al. 2017).
        bias: added to the log-odds after that.
    """

    vote: Vote = "majority"
    temperature: float = 1.0
    bias: float = 0.0

    def probability(self, votes: Tensor) -> Tensor:
        """Return the probability of ADE, `[batch]`, in [0, 1], fp64.

        Args:
            votes: logits `[classifiers, batch, 2]` of NoADE and ADE, as `PackedNetwork.votes` returns them.
        """
        return (combined_log_odds(votes, self.vote) / self.temperature + self.bias).sigmoid()

    def log_odds_at(self, probability: float) -> float:
        """Return the log-odds before calibration that have this probability; infinite at 0 and 1."""
        if probability <= 0:
            return -math.inf
        if probability >= 1:
            return math.inf
        return (math.log(probability) - math.log1p(-probability) - self.bias) * self.temperature


def combined_log_odds(votes: Tensor, vote: Vote) -> Tensor:
    """Return the log-odds of ADE that several classifiers have together, `[batch]`, fp64.

    This works with log-odds because probabilities are rounded to 0 and 1 where a classifier is sure.

    Args:
        votes: logits `[classifiers, batch, 2]` of NoADE and ADE.
        vote: see `Decision`.
    """
    log_odds = votes[..., 1].double() - votes[..., 0].double()
    if vote == "majority":
        return log_odds.median(0).values
    # log(mean p) - log(mean (1 - p)); the number of classifiers cancels out.
    return logsigmoid(log_odds).logsumexp(0) - logsigmoid(-log_odds).logsumexp(0)
